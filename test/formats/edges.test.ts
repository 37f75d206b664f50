import { describe, expect, it, test } from "vitest";
import { decodeElf } from "#formats/elf/elf-file.ts";
import { flattenElf } from "#formats/elf/flatten.ts";
import { isElf } from "#formats/elf/header.ts";
import { decodeImage } from "#formats/image/image.ts";
import { loadPlan } from "#formats/image/load-plan.ts";
import { coffSymbols, longSectionNames } from "#formats/pe/coff-symbols.ts";
import { peFacts } from "#formats/pe/facts.ts";
import { decodePe, isPe } from "#formats/pe/pe-file.ts";
import { buildElf, edited } from "../support/elf-builder.ts";
import { expectFailure, expectValue } from "../support/expect-value.ts";
import { buildPe, type TestPe } from "../support/pe-builder.ts";

/** Values just below, at and just above what a rule allows. */

const DATA = new Uint8Array(16).fill(0x61);

function pe(change: (view: DataView, file: TestPe) => void, more = 0) {
  const file = buildPe([
    { name: ".text", data: DATA },
    { name: ".data", data: DATA },
  ]);
  const bytes = new Uint8Array(file.bytes.length + more);
  bytes.set(file.bytes);
  return expectValue(decodePe(edited(bytes, (view) => change(view, file))));
}

describe("of a PE file it is odd", () => {
  const kinds = (...given: Parameters<typeof pe>) => peFacts(pe(...given)).map(({ kind }) => kind);

  it("not as it is built", () => expect(kinds(() => undefined)).toEqual([]));

  it.each([
    [0x100, 0x1000, true],
    [0x200, 0x1000, false],
    [0x1000, 0x1000, false],
    [0x1000, 0x800, true],
    [0x20, 0x20, false],
    [0x1_0000, 0x2_0000, false],
    [0x1_0000, 0x1_0000, false],
    [0x2_0000, 0x2_0000, true],
    [0x2_0000, 0x4_0000, true],
  ])("to align the file to 0x%x and memory to 0x%x: %s", (file, memory, odd) => {
    const found = kinds((view, { optional }) => {
      view.setUint32(optional + 0x20, memory, true);
      view.setUint32(optional + 0x24, file, true);
    });
    expect(found.includes("file-alignment")).toBe(odd);
  });

  it.each([
    [7, 0, false],
    [8, 0, true],
    [7, 1, true],
    [1, 1, true],
  ])("to have %i bytes of %i behind the sections: %s", (count, value, odd) => {
    const { bytes } = pe(() => undefined, count);
    bytes.fill(value, bytes.length - count);
    const found = peFacts(expectValue(decodePe(bytes)));
    expect(found).toEqual(odd ? [{ kind: "overlay", offset: bytes.length - count, size: count }] : []);
  });

  it.each([
    [0xff0, 0, false],
    [0x1000, 0, true],
    [1, 1, true],
  ])("to be filled up by 0x%x bytes of %i: %s", (size, value, odd) => {
    const found = peFacts(
      pe((view, file) => {
        const last = file.dataOffsets[1] ?? 0;
        view.setUint32(file.table + 40 + 0x10, 16 + size, true);
        new Uint8Array(view.buffer).fill(value, last + 16, last + 16 + size);
      }, 0x1000),
    );
    const padding = found.filter(({ kind }) => kind === "padding");
    expect(padding).toEqual(odd ? [{ kind: "padding", section: 1, size, zero: value === 0 }] : []);
  });

  it("to leave a gap between sections, or before the certificates", () => {
    const gap = peFacts(
      pe(
        (view, { table, dataOffsets }) =>
          view.setUint32(table + 40 + 0x14, (dataOffsets[1] ?? 0) + 0x200, true),
        512,
      ),
    );
    expect(gap.filter(({ kind }) => kind === "gap")).toEqual(
      [{ kind: "gap", offset: 0x600, size: 0x200 }].map((one) => ({ ...one, offset: expect.any(Number) })),
    );
  });
});

describe("COFF symbols", () => {
  /** A table without symbols, 64 bytes before the end, whose string table says that it has `size` bytes. */
  const withStrings = (size: number, name: string, text: string, at = 64) =>
    pe((view, file) => {
      const start = view.byteLength - at;
      view.setUint32(file.pe + 12, start, true);
      view.setUint32(start, size, true);
      const bytes = new Uint8Array(view.buffer);
      bytes.set(Buffer.from(text, "latin1"), start + 4);
      bytes.set(Buffer.from(name.padEnd(8, "\0"), "latin1"), file.table);
    }, 64);

  it("need room for the size of their strings: four bytes", () => {
    expect(coffSymbols(withStrings(4, ".text", "", 4))).toMatchObject({ size: 4 });
    const cut = pe((view, file) => view.setUint32(file.pe + 12, view.byteLength - 3, true));
    expect(coffSymbols(cut)).toBeUndefined();
    expect(coffSymbols(pe(() => undefined))).toBeUndefined();
  });

  it("end with the file at the latest, and have at least their size", () => {
    expect(coffSymbols(withStrings(1000, ".text", ""))?.size).toBe(64);
    expect(coffSymbols(withStrings(20, ".text", ""))?.size).toBe(20);
    expect(coffSymbols(withStrings(0, ".text", ""))?.size).toBe(4);
  });

  it.each([
    ["/4", "a long section name\0", "a long section name"],
    ["/6", "a long section name\0", "long section name"],
    ["/24", "a long section name\0", undefined],
    ["/23", "a long section name\0", undefined],
    ["/4", "", undefined],
    ["/x", "a long section name\0", undefined],
    [".text", "a long section name\0", undefined],
  ])("name the section %s of %j: %s", (name, text, long) => {
    expect(longSectionNames(withStrings(4 + text.length, name, text)).get(0)).toBe(long);
  });
});

test("a PE file is one whose signature stands where its DOS header says, to the last byte", () => {
  const { bytes, pe: at } = buildPe([{ name: ".text", data: DATA }]);
  expect(isPe(bytes)).toBe(true);
  expect(isPe(bytes.slice(0, at + 4))).toBe(true);
  expect(isPe(bytes.slice(0, at + 3))).toBe(false);
  expect(isPe(bytes.slice(0, 63))).toBe(false);
  for (const place of [0, 1, at, at + 1, at + 2, at + 3]) {
    expect(isPe(edited(bytes, (view) => view.setUint8(place, view.getUint8(place) ^ 0x20)))).toBe(false);
  }
});

test("an ELF file is one that begins with all four bytes", () => {
  const magic = [0x7f, 0x45, 0x4c, 0x46];
  expect(isElf(Uint8Array.from(magic))).toBe(true);
  for (const at of [0, 1, 2, 3]) {
    expect(isElf(Uint8Array.from(magic.map((byte, i) => (i === at ? byte ^ 1 : byte))))).toBe(false);
    expect(isElf(Uint8Array.from(magic.slice(0, at)))).toBe(false);
  }
});

test("a kernel's header needs 64 bytes, and its arm64 flags tell the size of pages", () => {
  const image = (flags: number, length = 64) => {
    const bytes = edited(new Uint8Array(64), (view) => {
      view.setUint32(0x38, 0x644d5241, true);
      view.setBigUint64(0x18, BigInt(flags), true);
    });
    return decodeImage(bytes.slice(0, length), { base: 5 });
  };
  expect([0, 2, 4, 6].map((flags) => expectValue(image(flags)))).toMatchObject(
    [undefined, 4096, 16384, 65536].map((pageSize) => ({ arch: "arm64", pageSize })),
  );
  expect(expectFailure(image(0, 63))).toMatchObject({ reason: "malformed" });
});

describe("segments", () => {
  const START = 0xffff_8000_0800_0000n;
  type Segment = { readonly vaddr: bigint; readonly memsz: bigint; readonly align?: bigint };
  /** All of them begin with an arm64 kernel's header. */
  const kernel = (segments: readonly Segment[], entry = START, data = 96) => {
    const text = edited(new Uint8Array(data), (view) => view.setUint32(0x38, 0x644d5241, true));
    const { bytes } = buildElf([{ name: ".text", data: text, flags: 2, address: START }], {
      type: 2,
      machine: 183,
      programs: segments.map((segment) => ({
        type: 1,
        offset: 64n,
        filesz: BigInt(data),
        align: 8n,
        ...segment,
      })),
    });
    return expectValue(decodeElf(edited(bytes, (view) => view.setBigUint64(0x18, entry, true))));
  };
  const first = { vaddr: START, memsz: 96n };
  const faultOf = (...segments: readonly Segment[]) => {
    const { section, detail } = expectFailure(loadPlan(kernel(segments))) as {
      section: string;
      detail: string;
    };
    return `${section}: ${detail}`;
  };

  it("may touch one another and the end of memory, and not overlap by a byte", () => {
    const last = { vaddr: 2n ** 64n - 16n, memsz: 16n };
    const plan = loadPlan(kernel([first, { vaddr: START + 96n, memsz: 8n }, last]));
    expect(expectValue(plan).memorySize).toBe(2n ** 64n - START);
    expect(faultOf(first, { vaddr: START + 95n, memsz: 8n })).toBe(
      "program header 1: segment overlaps that of program header 0 in memory",
    );
    expect(faultOf(first, { vaddr: START + 200n, memsz: 8n }, { vaddr: START + 200n, memsz: 4n })).toBe(
      "program header 2: segment overlaps that of program header 1 in memory",
    );
    expect(faultOf(first, { vaddr: 2n ** 64n - 16n, memsz: 17n })).toBe(
      "program header 1: segment ends behind the last address",
    );
    expect(faultOf(first, { vaddr: START - 1n, memsz: 1n })).toBe(
      "program header 1: segment starts before the first one",
    );
  });

  it.each([
    [0n, true],
    [1n, true],
    [2n, true],
    [3n, false],
    [4096n, true],
    [4097n, false],
  ])("are aligned to a power of two or not at all: %d is allowed: %s", (align, allowed) => {
    expect(loadPlan(kernel([{ ...first, align }])).ok).toBe(allowed);
  });

  it.each([
    [0n, true],
    [32n, true],
    [33n, false],
    [95n, false],
    [96n, false],
    [-1n, false],
  ])("have the entry in the first one's bytes, with room for the header: %d: %s", (into, allowed) => {
    const text = 96;
    const bytes = kernel([first], START, text);
    const moved = edited(bytes.bytes, (view) => {
      view.setBigUint64(0x18, START + into, true);
      const at = 64 + Number(into) + 0x38;
      if (at + 4 <= 64 + text) view.setUint32(at, 0x644d5241, true);
    });
    expect(loadPlan(expectValue(decodeElf(moved))).ok).toBe(allowed);
  });

  it("are laid out flat up to the limit, and not beyond it", () => {
    const elf = kernel([first, { vaddr: START + 200n, memsz: 8n }]);
    const { size } = expectValue(flattenElf(elf, { limit: 1 << 20 }));
    expect(flattenElf(elf, { limit: size }).ok).toBe(true);
    expect(flattenElf(elf, { limit: size - 1 })).toMatchObject({ ok: false });
  });
});
