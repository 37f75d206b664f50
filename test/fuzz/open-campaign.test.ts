import { beforeAll, expect, it } from "vitest";
import { type CampaignInput, loadInput, openCampaign, subjectOf } from "#fuzz/campaign-input.ts";
import { goodFiles } from "#verify/mutations/good-files.ts";
import { buildParsers } from "../bpf-vm/support/parsers.ts";
import { expectFailure, expectValue } from "../support/expect-value.ts";

const image = goodFiles("v7").find(({ name }) => name === "zboot")?.image ?? expect.fail();

let input: CampaignInput = {
  parser: {
    name: "z.bpf",
    bytes: new Uint8Array(),
    revision: "v7",
    limits: { kernel: 1 << 20, initrd: 1 << 20, cmdline: 2048 },
    reference: undefined,
    arch: undefined,
  },
  seeds: [{ name: "s.img", image }],
  seed: 1,
  first: 5,
  stride: 2,
  known: [],
  queue: [{ image, injection: undefined, origin: 0 }],
};

beforeAll(async () => {
  const bytes = (await buildParsers("v7")).file("zboot.bpf");
  input = { ...input, parser: { ...input.parser, bytes } };
});

it("a campaign is opened from plain data alone: parser, seeds, queue and the first case", async () => {
  const campaign = expectValue(await openCampaign(input));
  expect(campaign.queue.map((entry) => entry.image)).toEqual([image]);
  expect(campaign.coverage.some((one) => one.some((seen) => seen > 0))).toBe(true);
  expect([campaign.step().discoveries, campaign.next]).toEqual([[], 7]);
});

it("with the reference that it is told to judge by, and else the parser's own", () => {
  const { parser } = expectValue(loadInput("z.bpf", input.parser.bytes, "v7"));
  expect(expectValue(subjectOf(parser, input.parser, undefined))).toMatchObject({
    name: "z.bpf",
    reference: "zboot",
  });
  expect(expectValue(subjectOf(parser, input.parser, "uki")).reference).toBe("uki");
});

it("not of bytes that are no parser, and not with a seed of none of the formats", async () => {
  const broken = await openCampaign({ ...input, parser: { ...input.parser, bytes: Uint8Array.of(1, 2, 3) } });
  expect(expectFailure(broken)).toMatchObject({ file: "z.bpf" });
  expect(
    expectFailure(await openCampaign({ ...input, seeds: [{ name: "odd.img", image: Uint8Array.of(1, 2) }] })),
  ).toMatchObject({
    reason: "unsupported",
    file: "odd.img",
  });
});
