import { beforeAll, describe, expect, it } from "vitest";
import { loadParser } from "#bpf-vm/load-parser.ts";
import { profileBtf } from "#bpf-vm/target/profile-btf.ts";
import { type CrosscheckPlan, type Exhibit, jobOf, planCases } from "#crosscheck/plan.ts";
import { type ProgramOptions, programsUnderTest } from "#crosscheck/subject.ts";
import { parserInterface } from "#verify/subject.ts";
import { type BuiltParsers, buildParsers } from "../bpf-vm/support/parsers.ts";
import { expectValue } from "../support/expect-value.ts";
import { buildPe } from "../support/pe-builder.ts";

const UKI = {
  name: "image",
  bytes: buildPe([
    { name: ".linux", data: Buffer.from("kernel") },
    { name: ".cmdline", data: Buffer.from("quiet\0") },
  ]).bytes,
};
const BAD: Exhibit = { name: "bad", bytes: Buffer.from("MZ") };

describe("a plan for the uki parser of v7", () => {
  let built: BuiltParsers;
  beforeAll(async () => {
    built = await buildParsers("v7");
  });

  async function plan(
    images: readonly Exhibit[],
    changes: Partial<ProgramOptions> = {},
  ): Promise<CrosscheckPlan> {
    const parser = expectValue(loadParser(built.file("uki.bpf"), { target: profileBtf("v7") }));
    const known = expectValue(parserInterface("v7"));
    const limits = { kernel: 1 << 20, initrd: 1 << 20, cmdline: 4096 };
    const options = { name: "uki.bpf", container: 0, sha256: "", known, limits, ...changes };
    const made = await planCases("v7", programsUnderTest(parser, options).slice(0, 1), images);
    if (made === undefined) throw new Error("nobody ended it");
    return made;
  }

  it("denies all that the guest can deny, and tells it how", async () => {
    const { cases } = await plan([UKI]);
    const end = "at the end of its memory";
    expect(cases.map(({ name, injection }) => [name, injection])).toEqual([
      ["image", {}],
      [`image, ${end}`, { atEnd: true }],
      [`image, no image, ${end}`, { noImage: true, atEnd: true }],
      [`image, no parser context, ${end}`, { noContext: true, atEnd: true }],
      [`image, 1st reserve fails, ${end}`, { fullRing: 3, atEnd: true }],
      [`image, 2nd reserve fails, ${end}`, { fullRing: 0, atEnd: true }],
      [`image, 3rd reserve fails, ${end}`, { fullRing: 1, atEnd: true }],
      [`image, 4th reserve fails, ${end}`, { fullRing: 2, atEnd: true }],
      [`image, command 0 refused, ${end}`, { refuseBuffer: 1, atEnd: true }],
      [`image, command 1 refused, ${end}`, { refuseBuffer: 2, atEnd: true }],
      [`image, command 2 refused, ${end}`, { refuseBuffer: 3, atEnd: true }],
    ]);
    expect(cases.map(({ vm }) => vm.buffers.length)).toEqual([3, 3, 0, 0, 0, 0, 0, 0, 1, 2, 3]);
    expect(cases.every(({ expected }) => expected?.ok && expected.value.length === 3)).toBe(true);
  });

  it("shows corpus cases to parsers of their reference only, with what their description denies", async () => {
    const common = { schema: 1, revision: "v7", why: "a test" } as const;
    const description = {
      ...common,
      reference: "uki",
      injection: { refuseBuffer: 1, noContext: true },
    } as const;
    const named = async (images: readonly Exhibit[]) => (await plan(images)).cases.map(({ name }) => name);
    expect(await named([{ ...BAD, description }])).toContain(
      "bad, no parser context, command 0 refused, at the end of its memory",
    );
    expect(await named([{ ...BAD, description: { ...common, reference: "zboot" } }])).toEqual([]);
    expect(await named([{ ...BAD, description: { ...description, revision: "v6" } }])).toEqual([]);
  });

  it("leaves out what the guest cannot deny", async () => {
    const injection = { failProbeCall: 1 };
    const description = { schema: 1, reference: "uki", revision: "v7", injection, why: "a test" } as const;
    const { cases } = await plan([{ ...BAD, description }]);
    expect(cases.some(({ name }) => name.includes("probe"))).toBe(false);
  });

  it("expects nothing where no reference is to judge", async () => {
    const { cases, subjects } = await plan([UKI], { reference: "none" });
    expect(subjects[0]?.reference).toBeUndefined();
    expect(cases.every(({ expected }) => expected === undefined)).toBe(true);
  });

  it("is a job with the same numbers", async () => {
    const made = await plan([BAD, UKI]);
    const job = jobOf(made, [{ name: "uki.bpf", bytes: built.file("uki.bpf") }], 4);
    expect(job.cases).toHaveLength(made.cases.length);
    expect(job.cases.at(-1)).toEqual({ subject: 0, image: 1, injection: { refuseBuffer: 3, atEnd: true } });
    expect(job).toMatchObject({ revision: "v7", logLevel: 4, subjects: [{ container: 0, path: ".bpf.1" }] });
    expect(job.mapMemory).toBeGreaterThan(1 << 20);
  });
});
