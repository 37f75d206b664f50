import { describe, expect, it } from "vitest";
import type { Injection } from "#bpf-vm/injection.ts";
import { type MapDefinition, MapType } from "#bpf-vm/maps/definition.ts";
import { REGION_LOW } from "#bpf-vm/memory/memory.ts";
import { helperId } from "#isa/helpers.ts";
import { call, exit, type Line, op, run, type Setting, symbol } from "../support/assemble.ts";

const helper = (name: string) => call("helper", helperId(name) ?? -1);
const set = (dst: number, imm: number) => op("mov", { dst, imm });
const copy = (dst: number, src: number) => op("mov", { dst, src });
const ring = (size: number): MapDefinition => ({
  name: "ring",
  type: MapType.RINGBUF,
  keySize: 0,
  valueSize: 0,
  maxEntries: size,
  flags: 0,
  frozen: false,
});
const errno = (code: number) => BigInt.asUintN(64, BigInt(-code));

const reserve = (size: number) => [
  symbol(1, "map-fd", 0),
  set(2, size),
  set(3, 0),
  helper("bpf_ringbuf_reserve"),
];
const discard = (from: number) => [copy(1, from), set(2, 0), helper("bpf_ringbuf_discard")];

describe("bpf_ringbuf_reserve", () => {
  /** How many of these sizes can be reserved one after the other. */
  function reserved(ringSize: number, sizes: readonly number[]): number {
    const lines = sizes.flatMap((size) => [
      ...reserve(size),
      op("jeq", { dst: 0, imm: 0, offset: 4 }),
      op("add", { dst: 6, imm: 1 }),
      ...discard(0),
    ]);
    const { result, fault } = run([set(6, 0), ...lines, copy(0, 6), exit], { maps: [ring(ringSize)] });
    expect(fault).toBeUndefined();
    return Number(result);
  }

  it("has room for a record, its header and rounding to 8, with a byte of the ring left over", () => {
    expect(reserved(4096, [4096 - 8 - 8])).toBe(1);
    expect(reserved(4096, [4096 - 8 - 7])).toBe(0);
    expect(reserved(4096, [4096 - 8])).toBe(0);
    expect(reserved(4096, [0])).toBe(1);
  });

  it("gets nothing back from a discard, and loses nothing by a refusal", () => {
    expect(reserved(4096, [2000, 2000])).toBe(2);
    expect(reserved(4096, [2000, 2040, 3000, 2032, 8])).toBe(3);
    expect(reserved(4096, [2000, 2000, 64])).toBe(3);
    expect(reserved(4096, [2000, 2000, 72])).toBe(2);
  });

  it("refuses flags, and what is no ring buffer", () => {
    const flagged = [symbol(1, "map-fd", 0), set(2, 8), set(3, 1), helper("bpf_ringbuf_reserve"), exit];
    expect(run(flagged, { maps: [ring(4096)] }).result).toBe(0n);
    const array = { ...ring(1), type: MapType.ARRAY, keySize: 4, valueSize: 8 };
    expect(run([...reserve(8), exit], { maps: [array] }).fault).toMatchObject({
      reason: "bad-argument",
      callee: "bpf_ringbuf_reserve",
      instruction: 4,
    });
    expect(run([copy(1, 10), set(2, 8), set(3, 0), helper("bpf_ringbuf_reserve"), exit]).fault).toMatchObject(
      {
        reason: "bad-argument",
        detail: "argument 1 of bpf_ringbuf_reserve: not a map",
      },
    );
  });

  it("fails at the call that the injection names", () => {
    const two = [...reserve(8), copy(6, 0), ...reserve(8), copy(7, 0), ...discard(6), copy(0, 7), exit];
    const { result, leaks } = run(two, { maps: [ring(4096)], injection: { failReserve: 2 } });
    expect(result).toBe(0n);
    expect(leaks).toEqual([]);
  });
});

describe("a record", () => {
  const maps = [ring(4096)];

  it("that is still held at the exit is a leak, named with where it came from", () => {
    expect(run([...reserve(8), set(0, 0), exit], { maps }).leaks).toEqual([
      { kind: "record", name: "record 1 of ring", acquiredAt: 4 },
    ]);
  });

  it.each(["bpf_ringbuf_submit", "bpf_ringbuf_discard"])("is gone after %s", (name) => {
    const given = [...reserve(8), copy(6, 0), copy(1, 0), set(2, 0), helper(name)];
    expect(run([...given, set(0, 0), exit], { maps })).toMatchObject({ fault: undefined, leaks: [] });
    expect(run([...given, op("stdw", { dst: 6, offset: 0, imm: 1 }), exit], { maps }).fault).toMatchObject({
      reason: "use-after-release",
      access: { region: { name: "record 1 of ring", offset: 0 } },
    });
    const twice = [...given, copy(1, 6), set(2, 0), helper(name), exit];
    expect(run(twice, { maps }).fault).toMatchObject({ reason: "use-after-release", callee: name });
  });

  it("ends at its size, and is given back by its first byte only", () => {
    const outside = [...reserve(10), op("sth", { dst: 0, offset: 9, imm: 1 }), exit];
    expect(run(outside, { maps }).fault).toMatchObject({
      reason: "out-of-bounds",
      access: { kind: "write", size: 2, region: { offset: 9, size: 10 } },
    });
    const middle = [...reserve(16), op("add", { dst: 0, imm: 8 }), ...discard(0), exit];
    expect(run(middle, { maps }).fault).toMatchObject({ reason: "bad-argument" });
  });
});

/** R1 is the address of these bytes, which only helpers reach. */
function image(bytes: readonly number[]): Setting {
  return {
    prepare: ({ memory }) => {
      const region = memory.add({
        kind: "kernel-buffer",
        name: "image",
        size: bytes.length,
        bytes: Uint8Array.from(bytes),
        access: "none",
      });
      return { high: region.high, low: REGION_LOW };
    },
  };
}

/** Lines that read from R1, `offset` bytes on, to the last eight bytes of the stack, which are all ones before. */
const reader =
  (name: string) =>
  (size: number, offset = 0): Line[] => [
    copy(3, 1),
    op("add", { dst: 3, imm: offset }),
    op("stdw", { dst: 10, offset: -8, imm: -1 }),
    copy(1, 10),
    op("add", { dst: 1, imm: -8 }),
    set(2, size),
    helper(name),
  ];

/** The eight bytes as the program's result. */
const bytesRead = [op("ldxdw", { dst: 0, src: 10, offset: -8 }), exit];

describe("bpf_probe_read_kernel", () => {
  const read = reader("bpf_probe_read_kernel");
  const data = image([1, 2, 3, 4, 5, 6, 7, 8]);

  it("copies", () => {
    expect(run([...read(3, 2), exit], data).result).toBe(0n);
    expect(run([...read(3, 2), ...bytesRead], data).result).toBe(0xffffffffff050403n);
  });

  it.each([
    ["a byte past the end", 3, 6],
    ["the byte before", 1, -1],
    ["far away", 4, 0x70000000],
  ])("gives -EFAULT and zeroes all that was asked for: %s", (_, size, offset) => {
    expect(run([...read(size, offset), exit], data).result).toBe(errno(14));
    const left = BigInt.asUintN(64, -1n << BigInt(8 * size));
    expect(run([...read(size, offset), ...bytesRead], data).result).toBe(left);
  });

  it.each([
    ["over the end", 3, 6],
    ["over the start", 3, -2],
    ["far away", 4, 0x70000000],
  ])("is noted as a stray where it reaches beyond the image: %s", (_, size, offset) => {
    const stray = { region: "image", regionSize: 8, offset, size, instruction: 6 };
    expect(run([...read(size, offset), exit], data).strayReads).toEqual([stray]);
  });

  it("is no stray inside the image, of no bytes, or of memory that no image is near to", () => {
    const lines = [copy(7, 1), ...read(8, 0), copy(1, 7), ...read(0, 100), set(1, 0), ...read(4, 16), exit];
    expect(run(lines, data).strayReads).toEqual([]);
  });

  it("gives -ERANGE below the kernel's half of the addresses", () => {
    const user = [set(1, 0), ...read(4, 16)];
    expect(run([...user, exit], data).result).toBe(errno(34));
    expect(run([...user, ...bytesRead], data).result).toBe(0xffffffff00000000n);
  });

  it("does nothing for a size of 0, and faults where the destination is too small", () => {
    expect(run([...read(0, 100), exit], data).result).toBe(0n);
    expect(run([...read(9, 0), exit], data).fault).toMatchObject({
      reason: "out-of-bounds",
      callee: "bpf_probe_read_kernel",
      access: { kind: "write", size: 9, region: { name: "stack frame 0", offset: 504 } },
    });
  });

  it("makes stack bytes readable by writing them, even by failing", () => {
    const lines = [
      copy(3, 1),
      copy(1, 10),
      op("add", { dst: 1, imm: -8 }),
      set(2, 8),
      helper("bpf_probe_read_kernel"),
    ];
    const injection: Injection = { failProbeCall: 1 };
    expect(run([...lines, ...bytesRead], { ...data, injection }).result).toBe(0n);
    expect(run([...lines.slice(0, 3), ...bytesRead], data).fault?.reason).toBe("uninitialised");
  });

  it("fails at the call, or at the call site, that the injection names", () => {
    const twice = [
      copy(7, 1),
      ...read(1, 0),
      copy(6, 0),
      copy(1, 7),
      ...read(1, 0),
      op("lsh", { dst: 0, imm: 8 }),
      op("and", { dst: 6, imm: 255 }),
      op("or", { dst: 0, src: 6 }),
      exit,
    ];
    const failing = (injection: Injection) =>
      BigInt.asUintN(16, run(twice, { ...data, injection }).result ?? 1n);
    expect(failing({})).toBe(0n);
    expect(failing({ failProbeCall: 1 })).toBe(0xf2n);
    expect(failing({ failProbeCall: 2 })).toBe(0xf200n);
    expect(failing({ failProbeSite: 7 })).toBe(0xf2n);
    expect(run(twice, data).calls.probes).toBe(2);
  });

  it("is the only way to the image: a load faults", () => {
    expect(run([op("ldxb", { dst: 0, src: 1, offset: 0 }), exit], data).fault?.reason).toBe(
      "no-direct-access",
    );
  });
});

describe("bpf_probe_read_kernel_str", () => {
  const read = reader("bpf_probe_read_kernel_str");
  const text = image([..."abcd\0xy"].map((c) => c.charCodeAt(0)));

  it("copies up to the NUL and counts it", () => {
    expect(run([...read(8), exit], text).result).toBe(5n);
    expect(run([...read(8), ...bytesRead], text).result).toBe(0xffffff0064636261n);
  });

  it("cuts what is too long, with a NUL in the last byte", () => {
    expect(run([...read(3), exit], text).result).toBe(3n);
    expect(run([...read(3), ...bytesRead], text).result).toBe(0xffffffffff006261n);
  });

  it("gives -EFAULT and zeroes where the text runs out of its memory", () => {
    expect(run([...read(4, 5), exit], text).result).toBe(errno(14));
    expect(run([...read(4, 5), ...bytesRead], text).result).toBe(0xffffffff00000000n);
    expect(run([...read(4, 5), exit], text).strayReads).toMatchObject([{ offset: 5, size: 4 }]);
    expect(run([...read(8), exit], text).strayReads).toEqual([]);
  });
});

describe("the parser's kfuncs", () => {
  const [GET, PUT, BUFFER] = [101, 102, 103];
  const lineage = [GET, PUT, BUFFER];
  const names = ["bpf_get_parser_context", "bpf_put_parser_context", "bpf_buffer_parser"];

  function runParser(lines: readonly Line[], setting: Setting = {}) {
    const kfuncs = new Map<number, string>();
    let slot = 0;
    for (const { form, imm } of lines) {
      const at = lineage.indexOf(imm ?? 0);
      if (form.does.kind === "call" && form.does.target === "kfunc") kfuncs.set(slot, names[at] ?? "");
      slot += form.slots;
    }
    return run(lines, { ...setting, kfuncs });
  }
  const get = [set(1, 1), call("kfunc", GET), copy(6, 0)];
  const put = [copy(1, 6), call("kfunc", PUT)];
  const buffer = (size: number) => [
    copy(1, 10),
    op("add", { dst: 1, imm: -8 }),
    set(2, size),
    copy(3, 6),
    call("kfunc", BUFFER),
  ];
  const fill = op("stdw", { dst: 10, offset: -8, imm: 0x41424344 });

  it("record a copy of each buffer, and what was refused as refused", () => {
    const lines = [
      ...get,
      fill,
      ...buffer(4),
      op("stdw", { dst: 10, offset: -8, imm: 1 }),
      ...buffer(8),
      copy(7, 0),
      ...put,
      copy(0, 7),
      exit,
    ];
    const outcome = runParser(lines, { injection: { refuseBuffer: 2 } });
    expect(outcome.result).toBe(errno(12));
    expect(outcome.leaks).toEqual([]);
    expect(outcome.buffers).toEqual([
      { bytes: Uint8Array.of(0x44, 0x43, 0x42, 0x41), accepted: true, instruction: 8 },
      { bytes: Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0), accepted: false, instruction: 14 },
    ]);
  });

  it("give NULL for another id, and when they are told to", () => {
    expect(runParser([set(1, 2), call("kfunc", GET), exit]).result).toBe(0n);
    expect(runParser([set(1, 2), call("kfunc", GET), exit], { parserId: 2 }).result).not.toBe(0n);
    expect(runParser([...get, exit], { injection: { noContext: true } }).result).toBe(0n);
  });

  it("see a context that is not put, put twice, or used after it was put", () => {
    expect(runParser([...get, set(0, 0), exit]).leaks).toEqual([
      { kind: "parser-context", name: "parser context 1", acquiredAt: 1 },
    ]);
    expect(runParser([...get, ...put, ...put, exit]).fault).toMatchObject({ reason: "use-after-release" });
    expect(runParser([...get, fill, ...put, ...buffer(4), exit]).fault).toMatchObject({
      reason: "use-after-release",
      callee: "bpf_buffer_parser",
    });
    const another = [
      ...get,
      copy(7, 6),
      ...get,
      copy(1, 7),
      call("kfunc", PUT),
      fill,
      copy(6, 7),
      ...buffer(4),
      exit,
    ];
    expect(runParser(another).fault?.reason).toBe("use-after-release");
  });

  it("refuse a size that is not above 0, without a look at the memory", () => {
    expect(runParser([...get, ...buffer(0), copy(7, 0), ...put, copy(0, 7), exit]).result).toBe(errno(22));
    expect(runParser([...get, ...buffer(-5), copy(7, 0), ...put, copy(0, 7), exit]).result).toBe(errno(22));
  });

  it("take no byte that the program never wrote, and none beyond its memory", () => {
    const half = op("stw", { dst: 10, offset: -8, imm: 1 });
    expect(runParser([...get, half, ...buffer(8), exit]).fault?.reason).toBe("uninitialised");
    expect(runParser([...get, fill, ...buffer(9), exit]).fault?.reason).toBe("out-of-bounds");
    const record = [
      ...reserve(8),
      copy(8, 0),
      op("stw", { dst: 0, offset: 0, imm: 1 }),
      ...get,
      copy(1, 8),
      set(2, 8),
      copy(3, 6),
      call("kfunc", BUFFER),
      exit,
    ];
    expect(runParser(record, { maps: [ring(4096)] }).fault).toMatchObject({
      reason: "uninitialised",
      callee: "bpf_buffer_parser",
      access: { region: { name: "record 1 of ring" } },
    });
  });
});

describe("maps", () => {
  const array: MapDefinition = {
    name: "numbers",
    type: MapType.ARRAY,
    keySize: 4,
    valueSize: 6,
    maxEntries: 2,
    flags: 0,
    content: Uint8Array.of(1, 2, 3, 4, 5, 6, 0, 0, 7, 8, 9, 10, 11, 12, 0, 0),
    frozen: false,
  };
  const lookup = (key: number) => [
    op("stw", { dst: 10, offset: -4, imm: key }),
    symbol(1, "map-fd", 0),
    copy(2, 10),
    op("add", { dst: 2, imm: -4 }),
    helper("bpf_map_lookup_elem"),
  ];

  it("give an element's address, which ends with the element", () => {
    const maps = [array];
    expect(run([...lookup(1), op("ldxh", { dst: 0, src: 0, offset: 4 }), exit], { maps }).result).toBe(
      0x0c0bn,
    );
    expect(run([...lookup(2), exit], { maps }).result).toBe(0n);
    expect(
      run([...lookup(0), op("ldxw", { dst: 0, src: 0, offset: 4 }), exit], { maps }).fault,
    ).toMatchObject({
      reason: "out-of-bounds",
      access: { region: { name: "map numbers[0]", offset: 4, size: 6 } },
    });
  });

  it("keep each run's writes to itself, and refuse them where the program may not write", () => {
    const maps = [{ ...array, maxEntries: 1 }];
    const write = [
      symbol(1, "map-fd-value", 0),
      op("stb", { dst: 1, offset: 0, imm: 99 }),
      op("ldxb", { dst: 0, src: 1, offset: 0 }),
      exit,
    ];
    const readBack = [symbol(1, "map-fd-value", 0), op("ldxb", { dst: 0, src: 1, offset: 0 }), exit];
    expect(run(write, { maps }).result).toBe(99n);
    expect(run(readBack, { maps }).result).toBe(1n);
    expect(run(write, { maps: [{ ...array, maxEntries: 1, flags: 0x80 }] }).fault?.reason).toBe("read-only");
  });

  it("refuse to be looked into through their own address", () => {
    expect(
      run([symbol(1, "map-fd", 0), op("ldxb", { dst: 0, src: 1, offset: 0 }), exit], { maps: [array] }).fault
        ?.reason,
    ).toBe("no-direct-access");
  });
});

it.each(["bpf_ktime_get_ns", "bpf_ktime_get_boot_ns", "bpf_ktime_get_coarse_ns"])(
  "%s says the same in every run",
  (name) => {
    expect([1, 2].map(() => run([helper(name), exit]).result)).toEqual([1_000_000_000n, 1_000_000_000n]);
  },
);
