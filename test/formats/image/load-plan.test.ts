import { describe, expect, test } from "vitest";
import { decodeElf } from "#formats/elf/elf-file.ts";
import { type LoadPlan, loadPlan } from "#formats/image/load-plan.ts";
import { buildElf, type TestProgram } from "../../support/elf-builder.ts";
import { expectValue } from "../../support/expect-value.ts";

const BASE = 0xffff_8000_0800_0000n;
const HEADER_INTO = 0x40;

/** The first segment's bytes: something, then an arm64 Image header. */
function text(imageSize: bigint, flags: bigint, magic = 0x644d5241): Uint8Array {
  const bytes = new Uint8Array(HEADER_INTO + 80).fill(0xee);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(HEADER_INTO + 8, 0x1_0000n, true);
  view.setBigUint64(HEADER_INTO + 16, imageSize, true);
  view.setBigUint64(HEADER_INTO + 24, flags, true);
  view.setUint32(HEADER_INTO + 0x38, magic, true);
  return bytes;
}

const TEXT = text(0x20_0000n, 0b1010n);
const DATA = Uint8Array.of(1, 2, 3, 4, 5);
// elf-builder puts the first section's data at 64, and the next at a multiple of 8.
const TEXT_AT = 64;
const DATA_AT = TEXT_AT + TEXT.length;

const FIRST: TestProgram = {
  type: 1,
  offset: BigInt(TEXT_AT),
  filesz: BigInt(TEXT.length),
  vaddr: BASE,
  memsz: 0x1000n,
  align: 0x1_0000n,
};
const SECOND: TestProgram = {
  type: 1,
  offset: BigInt(DATA_AT),
  filesz: 5n,
  vaddr: BASE + 0x2000n,
  memsz: 0x800n,
  align: 8n,
};
const NOTE: TestProgram = { type: 4, offset: 64n, filesz: 4n };

type Options = { text?: Uint8Array; machine?: number; entry?: bigint; littleEndian?: boolean };

function built(programs: readonly TestProgram[], options: Options = {}) {
  const sections = [
    { name: ".text", data: options.text ?? TEXT },
    { name: ".data", data: DATA },
  ];
  return buildElf(sections, { type: 2, entry: BASE + BigInt(HEADER_INTO), ...options, programs });
}

function planned(programs: readonly TestProgram[], options: Options = {}) {
  const elf = expectValue(decodeElf(built(programs, options).bytes, { base: 500 }));
  return loadPlan(elf);
}

function good(programs: readonly TestProgram[], options: Options = {}): LoadPlan {
  return expectValue(planned(programs, options));
}

describe("the load plan of an arm64 vmlinux", () => {
  test("has the PT_LOAD segments in order, each at its distance from the first", () => {
    const plan = good([NOTE, FIRST, NOTE, SECOND]);
    expect(plan.segments).toEqual([
      {
        index: 1,
        virtualAddress: BASE,
        offsetFromFirst: 0n,
        data: TEXT,
        memorySize: 0x1000,
        alignment: 0x1_0000n,
      },
      {
        index: 3,
        virtualAddress: BASE + 0x2000n,
        offsetFromFirst: 0x2000n,
        data: DATA,
        memorySize: 0x800,
        alignment: 8n,
      },
    ]);
    expect(plan).toMatchObject({
      entry: BASE + 0x40n,
      memorySize: 0x2800n,
      headerOffset: 500 + TEXT_AT + HEADER_INTO,
    });
  });

  test("takes text offset, page size, endianness and placement from the Image header at the entry point", () => {
    const plan = good([FIRST]);
    expect(plan.textOffset).toBe(0x1_0000n);
    expect(plan.header).toMatchObject({ arch: "arm64", pageSize: 4096, bigEndian: false, anywhere: true });
  });

  test("takes 0x80000 for the text offset where the header has no image_size (3.16 and older)", () => {
    expect(good([FIRST], { text: text(0n, 0n) }).textOffset).toBe(0x8_0000n);
  });

  test("reads a big-endian kernel's Image header, which is little-endian all the same", () => {
    const plan = good([FIRST], { text: text(1n, 0b0111n), littleEndian: false });
    expect(plan.header).toMatchObject({ bigEndian: true, pageSize: 65536, textOffset: 0x1_0000n });
  });

  test("copies no more than a segment has memory for", () => {
    const plan = good([FIRST, { ...SECOND, memsz: 3n }]);
    expect(plan.segments[1]).toMatchObject({ data: DATA.subarray(0, 3), memorySize: 3 });
  });

  test("may have a segment out of order, but not before the first", () => {
    const between = { ...SECOND, vaddr: BASE + 0x1000n };
    expect(good([FIRST, SECOND, between]).segments.map((segment) => segment.offsetFromFirst)).toEqual([
      0n,
      0x2000n,
      0x1000n,
    ]);
  });
});

describe("a hostile vmlinux", () => {
  const failure = (programs: readonly TestProgram[], options: Options = {}) => {
    const plan = planned(programs, options);
    if (plan.ok) return "ok";
    const { failure: f } = plan;
    return f.reason === "malformed" ? [f.section, f.offset - 500, f.detail] : [f.reason, f.detail];
  };
  /** Where a field of program header n stands. */
  const at = (programs: readonly TestProgram[], index: number, field: number) => {
    const { shoff } = built(programs);
    return shoff + 4 * 64 + index * 56 + field;
  };

  test.each([62, 243, 0])("for machine %i is not planned", (machine) =>
    expect(failure([FIRST], { machine })).toEqual([
      "unsupported",
      `e_machine ${machine}; a load plan is made for arm64 (183) only`,
    ]),
  );

  test("without PT_LOAD, or with empty ones only", () => {
    expect(failure([NOTE])).toEqual(["file header", 0x38, "no PT_LOAD segment"]);
    expect(failure([{ ...FIRST, memsz: 0n }])).toEqual(["file header", 0x38, "no PT_LOAD segment"]);
    expect(failure([])).toEqual(["file header", 0x38, "no PT_LOAD segment"]);
  });

  test.each([
    ["before the first segment", BASE - 1n],
    ["behind the first segment's bytes", BASE + BigInt(TEXT.length)],
    ["of 0", 0n],
    ["of 2^64 - 1", (1n << 64n) - 1n],
  ])("with an entry point %s", (_, entry) =>
    expect(failure([FIRST], { entry })).toEqual([
      "file header",
      0x18,
      `e_entry 0x${entry.toString(16)} is not in the first segment's bytes`,
    ]),
  );

  test("whose Image header is cut by the end of the segment", () => {
    const entry = BASE + BigInt(TEXT.length - 63);
    const offset = TEXT_AT + TEXT.length - 63;
    expect(failure([FIRST], { entry })).toEqual(["header", offset + 0x3c, "4 bytes wanted, 3 left"]);
  });

  test("without an Image header at its entry point", () =>
    expect(failure([FIRST], { text: text(1n, 0n, 0) })).toEqual([
      "header",
      TEXT_AT + HEADER_INTO + 0x38,
      "no magic of an arm64, RISC-V or LoongArch image",
    ]));

  test("with a RISC-V header at its entry point", () =>
    expect(failure([FIRST], { text: text(1n, 0n, 0x05435352) })).toEqual([
      "Image header",
      TEXT_AT + HEADER_INTO,
      "the Image header at the entry point is one of riscv",
    ]));

  test.each([3n, 0x1001n, (1n << 64n) - 1n])("with p_align %i", (align) => {
    const programs = [FIRST, { ...SECOND, align }];
    expect(failure(programs)).toEqual([
      "program header 1",
      at(programs, 1, 0x30),
      `p_align ${align} is no power of two`,
    ]);
  });

  test("with a segment before the first", () => {
    const programs = [FIRST, { ...SECOND, vaddr: BASE - 0x1000n }];
    expect(failure(programs)).toEqual([
      "program header 1",
      at(programs, 1, 0x10),
      "segment starts before the first one",
    ]);
  });

  test.each([
    ["the first one's last byte", BASE + 0xfffn],
    ["the first one's start", BASE],
  ])("with a segment that overlaps %s", (_, vaddr) => {
    const programs = [FIRST, { ...SECOND, vaddr }];
    expect(failure(programs)).toEqual([
      "program header 1",
      at(programs, 1, 0x10),
      "segment overlaps that of program header 0 in memory",
    ]);
  });

  test("with a segment that ends behind the last address", () => {
    const programs = [FIRST, { ...SECOND, vaddr: (1n << 64n) - 8n, memsz: 9n }];
    expect(failure(programs)).toEqual([
      "program header 1",
      at(programs, 1, 0x28),
      "segment ends behind the last address",
    ]);
  });
});
