import { describe, expect, it } from "vitest";
import { loadParser } from "#bpf-vm/load-parser.ts";
import { asFailure } from "#bpf-vm/loader/failure.ts";
import { loadSkeleton } from "#bpf-vm/loader/light-skeleton.ts";
import { profileBtf } from "#bpf-vm/target/profile-btf.ts";
import { ByteWriter } from "#bytes/writer.ts";
import { helperId } from "#isa/helpers.ts";
import { encodeProgram } from "#isa/instruction.ts";
import { FORMS } from "#isa/table.ts";
import { skeletonText } from "../../formats/light-skeleton/skeleton-text.ts";
import { expectFailure, expectValue } from "../../support/expect-value.ts";
import { assemble, call, exit, type Line, op } from "../support/assemble.ts";

const target = profileBtf("v7");
const SYS_BPF = call("helper", helperId("bpf_sys_bpf") ?? 0);
const MAP_CREATE = 0;
const MAP_UPDATE = 2;
const PROG_LOAD = 5;
const MAP_FREEZE = 22;

/** dst = the address of a byte of the blob. */
function blob(dst: number, offset: number): Line {
  const form = FORMS.find(({ does }) => does.kind === "load-imm64" && does.meaning === "map-index-value");
  if (form === undefined) throw new Error("no such form");
  return { form, dst, imm: 0, imm64: BigInt(offset) << 32n };
}

/** R0 = the command's answer for the attributes at an offset of the blob. */
const command = (number: number, at: number, size: number) => [
  op("mov", { dst: 1, imm: number }),
  blob(2, at),
  op("mov", { dst: 3, imm: size }),
  SYS_BPF,
];
const storePointer = (at: number, to: number) => [
  blob(1, at),
  blob(2, to),
  op("stxdw", { dst: 1, src: 2, offset: 0 }),
];
/** The context gets R0 as the descriptor of map `n`, which ends the loader where it is negative. */
const keepMap = (n: number) => [
  op("jsge", { dst: 0, imm: 0, offset: 1 }),
  exit,
  op("stxw", { dst: 6, src: 0, offset: 24 + 16 * n }),
];
const start = op("mov", { dst: 6, src: 1 });

function load(lines: readonly Line[], data: Uint8Array) {
  return loadSkeleton({ insns: encodeProgram(assemble(lines)), data }, { target });
}

const array = (out: ByteWriter, at: number, valueSize: number) =>
  out
    .u32(at, 2)
    .u32(at + 4, 4)
    .u32(at + 8, valueSize)
    .u32(at + 12, 1)
    .put(at + 28, Buffer.from("numbers"));

describe("a light skeleton's loader program", () => {
  const program = encodeProgram(assemble([op("mov", { dst: 0, imm: 7 }), exit]));
  /** 0: attributes of an array; 100: of its update; 140: its key; 144: its value; 200: of the program; 400: the program. */
  function goodBlob(): ByteWriter {
    const out = new ByteWriter(500);
    array(out, 0, 8).put(144, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
    return out
      .u32(200, 26)
      .u32(204, program.length / 8)
      .put(248, Buffer.from("small"))
      .put(400, program);
  }
  const create = [start, ...command(MAP_CREATE, 0, 72), ...keepMap(0)];
  const update = [
    blob(1, 100),
    op("stxw", { dst: 1, src: 0, offset: 0 }),
    ...storePointer(108, 140),
    ...storePointer(116, 144),
    ...command(MAP_UPDATE, 100, 32),
  ];
  const loadProgram = [
    ...storePointer(208, 400),
    ...command(PROG_LOAD, 200, 148),
    op("jsge", { dst: 0, imm: 0, offset: 1 }),
    exit,
    op("stxw", { dst: 6, src: 0, offset: 24 + 16 * 8 }),
  ];
  const end = [op("mov", { dst: 0, imm: 0 }), exit];

  it("creates and fills maps and loads the program", () => {
    const loaded = expectValue(load([...create, ...update, ...loadProgram, ...end], goodBlob().bytes));
    expect(loaded.maps).toEqual([
      {
        name: "numbers",
        type: 2,
        keySize: 4,
        valueSize: 8,
        maxEntries: 1,
        flags: 0,
        frozen: false,
        content: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
      },
    ]);
    expect(loaded.programs.map(({ name, type, instructions }) => [name, type, instructions.length])).toEqual([
      ["small", 26, 2],
    ]);
    expect(loaded.leakedDescriptors).toBe(0);
  });

  it("leaves the file's own bytes as they are", () => {
    // As files are read: a Buffer, whose slice() is no copy.
    const bytes = Buffer.from(goodBlob().bytes);
    const before = Uint8Array.from(bytes);
    expectValue(load([...create, ...update, ...loadProgram, ...end], bytes));
    expect(Uint8Array.from(bytes)).toEqual(before);
  });

  it("finds its descriptors where the header says how many there are", () => {
    const last = loadProgram.length - 1;
    const behindOneMap = [...loadProgram.slice(0, last), op("stxw", { dst: 6, src: 0, offset: 24 + 16 })];
    const insns = encodeProgram(assemble([...create, ...behindOneMap, ...end]));
    const text = skeletonText({ insns, data: goodBlob().bytes, maps: ["numbers"], programs: ["small"] });
    const loaded = expectValue(loadParser(Buffer.from(text), { target }));
    expect(loaded.form).toBe("light skeleton");
    expect(loaded.programs.map(({ name, maps }) => [name, maps.length])).toEqual([["small", 1]]);
    // With two maps said to be there, the program's descriptor is taken for a map's.
    const wrong = skeletonText({ insns, data: goodBlob().bytes, maps: ["numbers", "more"] });
    expect(loadParser(Buffer.from(wrong), { target })).toMatchObject({
      ok: false,
      failure: { reason: "nothing-loaded" },
    });
  });

  it("counts descriptors that it neither closes nor hands out", () => {
    const twice = [start, ...command(MAP_CREATE, 0, 72), ...command(MAP_CREATE, 0, 72), ...keepMap(0)];
    const loaded = load([...twice, ...loadProgram, ...end], goodBlob().bytes);
    expect(loaded.ok && loaded.value.leakedDescriptors).toBe(1);
  });

  it.each<[string, (out: ByteWriter) => void, number, string]>([
    [
      "a map type that there is not",
      (out) => out.u32(0, 99),
      22,
      "MAP_CREATE: map numbers: map type 99 is none that kernels have",
    ],
    [
      "keys of the wrong size",
      (out) => out.u32(4, 8),
      22,
      "MAP_CREATE: map numbers: an array with keys of 8 bytes",
    ],
    [
      "a program with an unknown opcode",
      (out) => out.u8(400, 0xff),
      22,
      "PROG_LOAD: instruction 0: opcode 0xff is not defined",
    ],
    [
      "a jump out of the program",
      (out) => out.u8(400, 0x05).u8(401, 0).u16(402, 9).u32(404, 0),
      22,
      "PROG_LOAD: instruction 0: the jump goes to 10, outside the program of 2 slots",
    ],
    [
      "a program of a BTF that is not open",
      (out) => out.u32(272, 55),
      9,
      "PROG_LOAD: descriptor 55 is not open",
    ],
    [
      "an attach target that is no function",
      (out) => out.u32(308, 1),
      22,
      "PROG_LOAD: attach target: type 1 is no function",
    ],
  ])("ends with the kernel's errno and the reason: %s", (_, edit, errno, detail) => {
    const out = goodBlob();
    edit(out);
    expect(load([...create, ...loadProgram, ...end], out.bytes)).toMatchObject({
      ok: false,
      failure: { reason: "load-refused", errno, details: [detail] },
    });
  });

  it("creates maps of the kernel's other types, and fills maps of maps without a look", () => {
    const out = goodBlob().u32(0, 12);
    const check = [op("jsge", { dst: 0, imm: 0, offset: 1 }), exit];
    const loaded = load([...create, ...update, ...check, ...loadProgram, ...end], out.bytes);
    expect(loaded.ok && loaded.value.maps).toMatchObject([{ name: "numbers", type: 12 }]);
  });

  it("takes a call of a weak kfunc that the kernel lacks, and a kernel variable", () => {
    const id = target.find("kexec_image_parser_anchor", ["func"]) ?? 0;
    const out = goodBlob().u32(204, 5);
    const address = FORMS.find(({ does }) => does.kind === "load-imm64" && does.meaning === "btf-id");
    if (address === undefined) throw new Error("no such form");
    const lines = [
      { form: address, dst: 1, imm: id, imm64: BigInt(id) },
      call("kfunc", 0),
      op("mov", { dst: 0, imm: 7 }),
      exit,
    ];
    out.put(400, encodeProgram(assemble(lines)));
    const loaded = expectValue(load([...create, ...loadProgram, ...end], out.bytes));
    const [program] = loaded.programs;
    expect(program?.immediates.get(0)).toEqual({ kind: "unmodelled", name: "kexec_image_parser_anchor" });
    expect(program?.kfuncs.size).toBe(0);
  });

  it("is attached to a tracepoint's typedef, and only as tp_btf", () => {
    const id = target.find("kexec_image_parser_anchor", ["func"]) ?? 0;
    expect(load([...create, ...loadProgram, ...end], goodBlob().u32(308, id).bytes).ok).toBe(true);
    const typed = Array.from({ length: target.typeCount }, (_, i) => i).find(
      (i) => i > 0 && target.kind(i) !== "func" && target.name(i) !== "",
    );
    const other = goodBlob().u32(308, typed ?? 0);
    expect(load([...create, ...loadProgram, ...end], other.bytes).ok).toBe(false);
    expect(load([...create, ...loadProgram, ...end], other.u32(268, 23).bytes).ok).toBe(true);
  });

  it.each([
    ["a command of bpf() that loaders may use", command(28, 0, 16), "bpf() command 28 is not modelled here"],
  ])("says of %s that it is not modelled", (_, lines, detail) => {
    const failure = expectFailure(load([start, ...lines, ...end], goodBlob().bytes));
    expect(asFailure(failure)).toMatchObject({
      reason: "not-loaded",
      detail: "it does what is not modelled here; a kernel may load it",
      causes: [detail],
    });
  });

  it("is refused an update of a frozen map", () => {
    const freeze = [
      blob(1, 100),
      op("stxw", { dst: 1, src: 0, offset: 0 }),
      op("mov", { dst: 7, src: 0 }),
      ...command(MAP_FREEZE, 100, 4),
      op("mov", { dst: 0, src: 7 }),
    ];
    expect(load([...create, ...freeze, ...update, exit], goodBlob().bytes)).toMatchObject({
      failure: { errno: 1, details: ["MAP_UPDATE_ELEM: map numbers is frozen"] },
    });
  });

  it("is refused attributes with a field that the command does not know", () => {
    const out = goodBlob().u8(90, 1);
    expect(load([start, ...command(MAP_CREATE, 0, 96), exit], out.bytes)).toMatchObject({
      failure: { errno: 7, details: ["MAP_CREATE: a field behind byte 88 of the attributes is set"] },
    });
  });

  it("faults like any program, for instance behind the context's end", () => {
    expect(load([start, op("stw", { dst: 6, offset: 156, imm: 1 }), ...end], goodBlob().bytes)).toMatchObject(
      {
        failure: {
          reason: "loader-faulted",
          fault: {
            reason: "out-of-bounds",
            instruction: 1,
            access: { region: { name: "loader context", size: 156 } },
          },
        },
      },
    );
  });

  it("must leave a program in the context", () => {
    expect(load([...create, ...end], goodBlob().bytes)).toMatchObject({
      failure: { reason: "nothing-loaded" },
    });
  });
});
