import { beforeAll, describe, expect, it } from "vitest";
import type { Revision } from "#abi/revisions.ts";
import { probeReadSites } from "#bpf-vm/helpers/probe-read.ts";
import type { Injection } from "#bpf-vm/injection.ts";
import { loadParser } from "#bpf-vm/load-parser.ts";
import { sourceOf } from "#bpf-vm/program.ts";
import { contextLayout, runLoaded } from "#bpf-vm/run-parser.ts";
import type { Executor, RunOutcome } from "#bpf-vm/run-program.ts";
import { profileBtf } from "#bpf-vm/target/profile-btf.ts";
import { encodeElf } from "#formats/elf/encode.ts";
import { expectValue } from "../support/expect-value.ts";
import { buildPe } from "../support/pe-builder.ts";
import { buildZboot } from "../support/zboot-builder.ts";
import { type BuiltParsers, buildParsers } from "./support/parsers.ts";
import { runParser } from "./support/run-parser.ts";

const REVISIONS: readonly Revision[] = ["v6", "v7"];
const PAYLOAD = Uint8Array.from({ length: 3000 }, (_, i) => (i * 7) & 0xff);
const INITRD = new Uint8Array(500).fill(0x49);
const CMDLINE = Buffer.from("console=ttyS0\0");
const UKI = buildPe([
  { name: ".text", data: new Uint8Array(100) },
  { name: ".linux", data: PAYLOAD },
  { name: ".cmdline", data: CMDLINE },
  { name: ".initrd", data: INITRD },
]).bytes;

/** The v7 envelope, from `kernel` on without padding (docs/spec.md). */
function envelope(kernel: Uint8Array): Uint8Array {
  const section = (name: string, data: Uint8Array, fileAlign: number) => ({
    name,
    type: 1,
    flags: 2n,
    data,
    fileAlign,
  });
  return encodeElf({
    type: 2,
    machine: 183,
    layout: "headers-first",
    sections: [section(".kernel", kernel, 1), section(".initrd", INITRD, 1), section(".cmdline", CMDLINE, 8)],
    sectionNamesFileAlign: 8,
  });
}

/** What a command looks like on the wire: the revision's header, then the payload. */
function command(revision: Revision, cmd: number, subcmd: number, payload: Uint8Array, flag = 0): Uint8Array {
  const size = revision === "v6" ? 8 : 10;
  const bytes = new Uint8Array(size + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, cmd, true);
  if (revision === "v6") view.setUint16(2, subcmd, true);
  else bytes.set([subcmd, flag], 2);
  view.setUint32(4, payload.length, true);
  bytes.set(payload, size);
  return bytes;
}

/** Not a skip: without DONE commands and envelopes there is nothing to test. */
function itOnlyWhere(applies: boolean, name: string, work: () => void): void {
  if (applies) it(name, work);
}

const DONE = command("v7", 1, 0, new Uint8Array(0));
const done = (revision: Revision) => (revision === "v7" ? [DONE] : []);

describe.each(REVISIONS)("the parsers of %s, built and loaded as the kernel loads them,", (revision) => {
  let built: BuiltParsers;
  beforeAll(async () => {
    built = await buildParsers(revision);
  });

  /** A run of `uki.bpf` or `zboot.bpf` (or another file of the build) that must end well and leave nothing held. */
  function ran(name: string, image: Uint8Array, injection: Injection = {}): RunOutcome {
    const result = expectValue(runParser(built.file(name), image, revision, { injection }));
    expect(result.fault).toBeUndefined();
    expect(result.leaks).toEqual([]);
    return result;
  }
  const stream = (outcome: RunOutcome) => outcome.buffers.map(({ bytes }) => bytes);
  const [decompress, copy] = revision === "v6" ? [1, 2] : [2, 3];
  const ukiStream = [
    command(revision, copy, 1, PAYLOAD, 1),
    command(revision, copy, 2, INITRD),
    command(revision, copy, 3, CMDLINE),
    ...done(revision),
  ];

  it.each(["zboot.bpf", "zboot_bytecode.o", "zboot_parser_bpf.o", "zboot_parser_bpf.lskel.h"])(
    "%s sends a zboot image's payload",
    (name) => {
      const outcome = ran(name, buildZboot(PAYLOAD));
      expect(stream(outcome)).toEqual([command(revision, decompress, 1, PAYLOAD), ...done(revision)]);
      expect(outcome.trace).toEqual([]);
      expect(outcome.result).toBe(0n);
    },
  );

  it.each(["uki.bpf", "uki_parser_bpf.o"])("%s sends a unified kernel image's parts", (name) => {
    expect(stream(ran(name, UKI))).toEqual(ukiStream);
  });

  itOnlyWhere(revision === "v7", "zboot.bpf sends an envelope's parts", () => {
    expect(stream(ran("zboot.bpf", envelope(buildZboot(PAYLOAD))))).toEqual([
      command(revision, decompress, 1, PAYLOAD),
      command(revision, copy, 2, INITRD),
      command(revision, copy, 3, CMDLINE),
      DONE,
    ]);
  });

  it.each([
    ["zboot.bpf", UKI, "kexec zboot: not a zboot image"],
    ["zboot.bpf", buildZboot(PAYLOAD).subarray(0, 3000), "kexec zboot: zboot payload outside the file"],
    ["uki.bpf", buildZboot(PAYLOAD), "kexec uki: not a PE32 or PE32+ file"],
    ["uki.bpf", UKI.subarray(0, 1000), "kexec uki: section data outside the image"],
  ])("%s says why it sends nothing", (name, image, why) => {
    const outcome = ran(name, image);
    expect(outcome.trace).toEqual([why]);
    expect(outcome.buffers).toEqual([]);
  });

  it("hold nothing on any path where a reserve or a read fails", () => {
    const { calls } = ran("uki.bpf", UKI);
    expect(calls.reserves).toBe(4);
    for (let n = 1; n <= calls.reserves; n++)
      expect(ran("uki.bpf", UKI, { failReserve: n }).buffers).toEqual([]);
    expect(calls.probes).toBeGreaterThan(5);
    for (let n = 1; n <= calls.probes; n++)
      expect(ran("uki.bpf", UKI, { failProbeCall: n }).buffers).toEqual([]);
    expect(ran("uki.bpf", UKI, { noContext: true }).trace).toEqual(["kexec uki: no parser context"]);
    expect(ran("uki.bpf", UKI, { noImage: true }).trace).toEqual(["kexec uki: no image"]);
  });

  it("hold nothing and send nothing where one of their calls of probe_read always fails", () => {
    const target = profileBtf(revision);
    const loaded = loadParser(built.file("uki.bpf"), { target });
    const layout = contextLayout(target, revision);
    const [program] = loaded.ok ? loaded.value.programs : [];
    if (program === undefined || layout === undefined) throw new Error("no program");
    const sites = probeReadSites(program);
    expect(sites.length).toBeGreaterThan(4);
    for (const failProbeSite of sites) {
      const outcome = runLoaded(program, UKI, layout, { injection: { failProbeSite } });
      expect(outcome, String(failProbeSite)).toMatchObject({ fault: undefined, leaks: [], buffers: [] });
      expect(outcome.trace).toHaveLength(1);
    }
  });

  it("come to the same with both executors, whatever the image and whatever fails", () => {
    const target = profileBtf(revision);
    const layout = contextLayout(target, revision);
    if (layout === undefined) throw new Error("no layout");
    const whole = [buildZboot(PAYLOAD), UKI, envelope(buildZboot(PAYLOAD))];
    const images = [...whole, ...whole.map((image) => image.subarray(0, 700)), new Uint8Array(3)];
    for (const name of ["zboot.bpf", "uki.bpf"]) {
      const loaded = loadParser(built.file(name), { target });
      const [program] = loaded.ok ? loaded.value.programs : [];
      if (program === undefined) throw new Error("no program");
      for (const [i, image] of images.entries()) {
        const same = (injection: Injection) => {
          const run = (executor: Executor) => runLoaded(program, image, layout, { injection, executor });
          const interpreted = run("interpreter");
          expect(run("wasm"), `${name}, image ${i}, ${JSON.stringify(injection)}`).toEqual(interpreted);
          return interpreted.calls;
        };
        const { reserves, probes, buffers } = same({});
        const each = (count: number, make: (n: number) => Injection) => {
          for (let n = 1; n <= count; n++) same(make(n));
        };
        same({ noContext: true });
        each(reserves, (failReserve) => ({ failReserve }));
        each(Math.min(probes, 40), (failProbeCall) => ({ failProbeCall }));
        each(buffers, (refuseBuffer) => ({ refuseBuffer }));
        for (const failProbeSite of probeReadSites(program)) same({ failProbeSite });
      }
    }
  });

  it("stop at the command that the kernel refuses", () => {
    for (let k = 1; k <= 3; k++) {
      const outcome = ran("uki.bpf", UKI, { refuseBuffer: k });
      expect(stream(outcome)).toEqual(ukiStream.slice(0, k));
      expect(outcome.buffers.map(({ accepted }) => accepted)).toEqual([...Array(k - 1).fill(true), false]);
      expect(outcome.trace).toEqual(["kexec uki: command refused by the kernel"]);
    }
  });

  it("are loaded to the same program from the light skeleton and from the object that it was made of", () => {
    const target = profileBtf(revision);
    const [skeleton, object] = ["zboot_bytecode.o", "zboot_parser_bpf.o"].map((name) => {
      const loaded = expectValue(loadParser(built.file(name), { target }));
      return loaded.programs[0];
    });
    if (skeleton === undefined || object === undefined) throw new Error("no program");
    // Immediates name maps in two ways; what they come to is compared below.
    const plain = (program: typeof skeleton) =>
      program.instructions.map((i) =>
        program.immediates.has(i.index) ? { index: i.index, opcode: i.opcode } : i,
      );
    expect(plain(object)).toEqual(plain(skeleton));
    expect(object.immediates).toEqual(skeleton.immediates);
    expect(object.kfuncs).toEqual(skeleton.kfuncs);
    expect([skeleton.attachedTo, skeleton.type, skeleton.name]).toEqual([
      "kexec_image_parser_anchor",
      26,
      "parse_pe",
    ]);
    expect(skeleton.maps.map(({ type, maxEntries }) => [type, maxEntries])).toEqual(
      object.maps.map(({ type, maxEntries }) => [type, maxEntries]),
    );
    expect(skeleton.maps.map(({ content }) => content)).toEqual(object.maps.map(({ content }) => content));
    expect(object.lines).toHaveLength(skeleton.lines.length);
    expect(sourceOf(object, 3)).toMatchObject({ file: expect.stringContaining("zboot_parser_bpf.c") });
    expect(sourceOf(object, 3)?.text).toBe(sourceOf(skeleton, 3)?.text);
  });

  it("have, of a container, the parser of the next layer too", () => {
    const loaded = expectValue(loadParser(built.file("uki.bpf"), { target: profileBtf(revision) }));
    expect(loaded.form).toBe("container");
    expect(loaded.programs).toHaveLength(1);
    const inner = loaded.nested?.programs[0];
    const layout = contextLayout(profileBtf(revision), revision);
    if (inner === undefined || layout === undefined) throw new Error("nothing nested");
    expect(stream(runLoaded(inner, buildZboot(PAYLOAD), layout))).toHaveLength(revision === "v6" ? 1 : 2);
  });

  it("are refused by a kernel without the interface, with the name that it lacks", () => {
    const other = revision === "v6" ? "v7" : "v6";
    const target = profileBtf(revision);
    const hidden = Object.create(target, {
      find: { value: (name: string) => (name === "bpf_buffer_parser" ? undefined : target.find(name)) },
    });
    expect(loadParser(built.file("zboot_bytecode.o"), { target: hidden })).toMatchObject({
      ok: false,
      failure: {
        reason: "load-refused",
        errno: 2,
        details: ["the kernel's BTF has no func bpf_buffer_parser"],
      },
    });
    // CO-RE: the other revision's context has not the same members, so the loads are poisoned.
    const wrong = runParser(built.file("zboot.bpf"), buildZboot(PAYLOAD), other);
    expect(wrong.ok && wrong.value.fault).toMatchObject({
      reason: "unknown-call",
      detail: "helper 195896080 is none that kernels have",
    });
  });

  it("do not load where a ring is no multiple of the page", () => {
    expect(
      loadParser(built.file("zboot_bytecode.o"), { target: profileBtf(revision), pageSize: 0x40000 }),
    ).toMatchObject({
      ok: false,
      failure: {
        reason: "load-refused",
        errno: 22,
        details: [expect.stringContaining("MAP_CREATE: map ringbuf_")],
      },
    });
  });
});
