import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { VerifyRequest } from "#api/verify/request.ts";
import { verify } from "#api/verify/verify.ts";
import type { Event } from "#core/events.ts";
import { buildParsers } from "../../bpf-vm/support/parsers.ts";
import { IMAGES } from "../../fixtures/wrong-parsers/images.ts";
import { ENVIRONMENT } from "../../support/cli.ts";
import { newFolder, write } from "../../support/kernel-tree.ts";

const folder = newFolder("api");
const named = (name: string) => ({ name, file: join(folder, name) });

beforeAll(async () => {
  write(join(folder, "zboot.bpf"), (await buildParsers("v7")).file("zboot.bpf"));
  write(join(folder, "images/zboot.img"), IMAGES.zboot);
});

const REQUEST: VerifyRequest = {
  parsers: [named("zboot.bpf")],
  images: [named("images")],
  reference: undefined,
  expected: undefined,
  abi: undefined,
  arch: undefined,
  btf: undefined,
  comparison: "exact",
  faultPaths: true,
  expect: undefined,
  limits: { kernel: undefined, initrd: undefined, cmdline: undefined },
  include: [],
  clang: undefined,
  libbpfHeaders: undefined,
  keep: false,
  coverage: false,
};

async function verified(request: VerifyRequest, signal = new AbortController().signal) {
  const events: Event[] = [];
  const context = { env: ENVIRONMENT, cwd: "/nowhere", signal, emit: (event: Event) => events.push(event) };
  return { result: await verify(request, context), events };
}

describe("the api's verify", () => {
  it("gives the record, a time for each verdict, and no coverage that was not asked for", async () => {
    const { result } = await verified(REQUEST);
    if (!result.ok) throw new Error(JSON.stringify(result.failure));
    const { verification, times, coverage } = result.value;
    expect(verification.verdicts).toMatchObject([
      { parser: "zboot.bpf", image: "images/zboot.img", ok: true },
    ]);
    expect(times.seconds).toHaveLength(1);
    expect(coverage).toBeUndefined();
  });

  it("gives the coverage of each program", async () => {
    const { result } = await verified({ ...REQUEST, coverage: true });
    expect(result).toMatchObject({ ok: true, value: { coverage: [{ program: "zboot.bpf parse_pe" }] } });
  });

  it("tells what it depends on before it is judged, folders in which images are found, too", async () => {
    const { events } = await verified(REQUEST);
    const kinds = events.map(({ kind }) => kind);
    expect(kinds.lastIndexOf("input")).toBeLessThan(kinds.indexOf("progress"));
    expect(events.flatMap((event) => (event.kind === "input" ? [event.file] : []))).toEqual([
      join(folder, "zboot.bpf"),
      join(folder, "images/zboot.img"),
      join(folder, "images"),
    ]);
    const { events: single } = await verified({ ...REQUEST, images: [named("images/zboot.img")] });
    expect(single.flatMap((event) => (event.kind === "input" ? [event.file] : []))).not.toContain(
      join(folder, "images"),
    );
  });

  it("tells each run that is under way", async () => {
    const { events } = await verified(REQUEST);
    const progress = events.filter(({ kind }) => kind === "progress");
    expect(progress[0]).toEqual({
      kind: "progress",
      what: expect.stringMatching(/^zboot\.bpf on images\/zboot\.img: run 1 of \d+$/),
      done: 1,
      total: 1,
    });
    expect(progress).toHaveLength(12);
  });

  it("judges by the hostile corpus where no images are named", async () => {
    const { result } = await verified({ ...REQUEST, images: [], faultPaths: false });
    if (!result.ok) throw new Error(JSON.stringify(result.failure));
    const { images } = result.value.verification;
    expect(images.length).toBeGreaterThan(30);
    expect(images.every(({ file }) => file.startsWith("kexec-bpf:"))).toBe(true);
  });

  it("is cancelled by its signal", async () => {
    const interrupt = new AbortController();
    interrupt.abort("SIGTERM");
    const { result } = await verified(REQUEST, interrupt.signal);
    expect(result).toEqual({ ok: false, failure: { reason: "cancelled", signal: "SIGTERM" } });
  });
});
