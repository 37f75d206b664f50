import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { planForOwn } from "#api/kernel-test/plan.ts";
import { profileBtf } from "#bpf-vm/target/profile-btf.ts";
import type { Event } from "#core/events.ts";
import { decodePe, peSection } from "#formats/pe/pe-file.ts";
import { type BuiltParsers, buildParsers } from "../../bpf-vm/support/parsers.ts";
import { expectValue } from "../../support/expect-value.ts";
import { newFolder, write } from "../../support/kernel-tree.ts";
import { buildPe } from "../../support/pe-builder.ts";
import { buildZboot } from "../../support/zboot-builder.ts";

const UKI = buildPe([
  { name: ".linux", data: Buffer.from("kernel") },
  { name: ".cmdline", data: Buffer.from("quiet\0") },
]).bytes;
const NO_UKI = buildPe([{ name: ".text", data: Buffer.from("text") }]).bytes;

type Images = Readonly<Record<string, Uint8Array | string>>;

/** What kernel-test plans for a kernel that has a revision itself. */
async function planIn(
  revision: "v6" | "v7",
  built: BuiltParsers,
  images: Images,
  containers: readonly string[] = ["uki.bpf"],
) {
  const folder = newFolder("own");
  const said: string[] = [];
  const kinds: Event["kind"][] = [];
  const { signal } = new AbortController();
  const emit = (event: Event) => {
    kinds.push(event.kind);
    if (event.kind === "note") said.push(event.text);
  };
  const request = {
    containers: containers.map((name) => write(join(folder, name), built.file("uki.bpf"))),
    images: Object.entries(images).map(([name, bytes]) => write(join(folder, name), bytes)),
    ...{ kernels: [], abi: undefined, reference: undefined, timeout: 1, output: undefined },
    ...{ limits: { kernel: undefined, initrd: undefined, cmdline: undefined }, logLevel: 4 },
  };
  const own = { revision, btf: profileBtf(revision) };
  return { result: await planForOwn(request, own, { signal, emit }), said: said.join(""), kinds };
}

describe("the plan for a kernel that has the interface of v6", () => {
  let built: BuiltParsers;
  beforeAll(async () => {
    built = await buildParsers("v6");
  });
  const plan = (images: Images, containers?: readonly string[]) => planIn("v6", built, images, containers);

  it("puts the parser into each image, and shows that image to no other", async () => {
    const { result } = await plan({ "a.efi": UKI });
    const { plan: made, job } = expectValue(result);
    expect(made.cases.map(({ name, injection }) => [name, injection])).toEqual([["a.efi with uki.bpf", {}]]);
    expect(made.cases[0]?.vm.buffers).toHaveLength(2);
    const pe = expectValue(decodePe(job.images[0] ?? UKI));
    expect(peSection(pe, ".bpf")?.sizeOfRawData).toBeGreaterThan(1000);
    expect(job.own).toEqual({ target: profileBtf("v6").find("bpf_buffer_parser", ["func"]) });
  });

  it("tells containers, and images, of the same base name apart by their folders", async () => {
    const images = { "x/a.efi": UKI, "y/a.efi": UKI };
    const { result } = await plan(images, ["old/uki.bpf", "new/uki.bpf"]);
    const { subjects, cases } = expectValue(result).plan;
    expect(subjects.map(({ name }) => name)).toEqual(["old/uki.bpf .bpf.1", "new/uki.bpf .bpf.1"]);
    expect(cases.map(({ name }) => name).sort()).toEqual(
      ["x", "y"].flatMap((at) => ["new", "old"].map((of) => `${at}/a.efi with ${of}/uki.bpf`)),
    );
  });

  it("says how far it is, and when that is over", async () => {
    const { kinds } = await plan({ "a.efi": UKI, "b.efi": UKI }, ["old/uki.bpf", "new/uki.bpf"]);
    expect(kinds).toEqual([...Array.from({ length: 8 }, () => "progress"), "progress-end"]);
  });

  it("leaves out what the kernel's loader would run for ever, and what is no PE image, and says how many", async () => {
    const { result, said } = await plan({ "a.efi": UKI, "b.efi": NO_UKI, "c.txt": "text" });
    expect(result.ok && result.value.plan.cases.map(({ name }) => name)).toEqual(["a.efi with uki.bpf"]);
    expect(said).toMatch(/^2 of 3 pairs of parser and image are left out: /);
  });

  it("is a failure where nothing is left", async () => {
    expect((await plan({ "b.efi": NO_UKI })).result).toMatchObject({
      ...{ ok: false, failure: { reason: "input-not-found", what: "image for these parsers" } },
    });
  });
});

describe("the plan for a kernel that has the interface of v7", () => {
  let built: BuiltParsers;
  beforeAll(async () => {
    built = await buildParsers("v7");
  });
  const plan = (images: Images, containers?: readonly string[]) => planIn("v7", built, images, containers);

  const uki = (linux: Uint8Array) =>
    buildPe([
      { name: ".linux", data: linux },
      { name: ".initrd", data: Buffer.from("initrd") },
      { name: ".cmdline", data: Buffer.from("quiet") },
    ]).bytes;
  const IMAGE = Buffer.alloc(64);
  IMAGE.write("ARM\x64", 0x38, "latin1");

  it("loads every image by every container, and expects what the parsers of all layers send", async () => {
    const images = {
      "plain.efi": uki(IMAGE),
      "zboot.efi": uki(buildZboot(gzipSync(IMAGE))),
      "no.efi": NO_UKI,
    };
    const { result, said } = await plan(images, ["old/uki.bpf", "new/uki.bpf"]);
    const { plan: made, job } = expectValue(result);
    const sent = (of: string) => [
      [`plain.efi by ${of}/uki.bpf`, 5, 5],
      [`zboot.efi by ${of}/uki.bpf`, 6, 6],
      [`no.efi by ${of}/uki.bpf`, 0, 0],
    ];
    expect(
      made.cases.map(({ name, vm, expected }) => [
        name,
        vm.buffers.length,
        expected?.ok && expected.value.length,
      ]),
    ).toEqual([...sent("old"), ...sent("new")]);
    expect(made.cases.map(({ subject, injection }) => [made.subjects[subject]?.path, injection])).toEqual(
      made.cases.map(() => [".bpf.1", {}]),
    );
    expect(job.subjects.map(({ container, path }) => `${container} ${path}`)).toEqual(
      [0, 1].flatMap((container) =>
        [".bpf.1", ".bpf.nested/.bpf.1", ".bpf.nested/.bpf.2"].map((path) => `${container} ${path}`),
      ),
    );
    expect(job.images.map(({ length }) => length).sort()).toEqual(
      Object.values(images)
        .map(({ length }) => length)
        .sort(),
    );
    expect(said).toBe("");
  });

  it("leaves out a load in which the kernel refuses a command, not one in which no parser takes the image", async () => {
    const images = {
      "damaged.efi": uki(buildZboot(Buffer.from("no compression at all"))),
      "garbage.efi": uki(Buffer.from("garbage")),
    };
    const { result, said } = await plan(images);
    expect(result.ok && result.value.plan.cases.map(({ name, vm }) => [name, vm.buffers.length])).toEqual([
      ["garbage.efi by uki.bpf", 4],
    ]);
    expect(said).toMatch(/^1 of 2 pairs of parser and image are left out: the kernel refuses /);
  });
});
