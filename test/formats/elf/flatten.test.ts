import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeElf } from "#formats/elf/elf-file.ts";
import { flattenElf } from "#formats/elf/flatten.ts";
import { buildElf, edited, type TestProgram, type TestSection } from "../../support/elf-builder.ts";
import { expectValue } from "../../support/expect-value.ts";
import { flatBytes } from "../../support/flat-image.ts";
import { judgedBy, output, withFile } from "../../support/tools.ts";

function flat(bytes: Uint8Array, limit?: number): Uint8Array {
  const elf = expectValue(decodeElf(bytes));
  return expectValue(flatBytes(elf, limit === undefined ? {} : { limit }));
}

/**
 * What `objcopy -O binary` makes of the file. It copies bytes for every machine alike, but only opens files for those that it was
 * built for: hence the copy that says x86-64.
 */
function judged(bytes: Uint8Array): Buffer {
  return withFile(
    edited(bytes, (view) => view.setUint16(0x12, 62, true)),
    (path, folder) => {
      const out = join(folder, "flat");
      output("objcopy", ["-O", "binary", path, out]);
      return readFileSync(out);
    },
  );
}

function sameAsObjcopy(bytes: Uint8Array): void {
  expect(Buffer.compare(flat(bytes), judged(bytes))).toBe(0);
}

const SOURCE = `
const char rodata[] __attribute__((section(".rodata"))) = "read only";
int data[500] = { 1, 2, 3 };
int init[10] __attribute__((section(".init.data"))) = { 7 };
int bss[3000];
int tail __attribute__((section(".tail"))) = 5;
void _start(void) { for (;;) data[0]++; }
`;

/** Like arch/arm64's: virtual addresses far from load addresses, gaps, .bss before something that is loaded. */
const SCRIPT = `
ENTRY(_start)
PHDRS { text PT_LOAD; data PT_LOAD; tail PT_LOAD; note PT_NOTE; }
SECTIONS {
  . = 0x40200000;
  .text : AT(0x200000) { *(.text*) } :text
  .rodata : AT(ADDR(.rodata) - 0x40000000) ALIGN(4096) { *(.rodata*) } :text
  .note.gnu.property : { *(.note*) } :text :note
  . = ALIGN(0x10000);
  .data : AT(ADDR(.data) - 0x40000000) { *(.data) } :data
  .init.data : AT(ADDR(.init.data) - 0x40000000) ALIGN(0x1000) { *(.init.data) } :data
  .bss : AT(ADDR(.bss) - 0x40000000) { *(.bss) } :data
  .tail 0x50000000 : AT(0x240000) { *(.tail) } :tail
  .comment 0 : { *(.comment) } :NONE
  /DISCARD/ : { *(.eh_frame*) }
}
`;

judgedBy(["gcc", "ld", "objcopy"], "a linked vmlinux, judged by objcopy,", () => {
  function linked(...flags: readonly string[]): Uint8Array {
    return withFile(Buffer.from(SOURCE), (_, folder) => {
      const [source, script, elf] = ["a.c", "a.ld", "vmlinux"].map((name) => join(folder, name)) as [
        string,
        string,
        string,
      ];
      writeFileSync(source, SOURCE);
      writeFileSync(script, SCRIPT);
      output("gcc", [
        "-ffreestanding",
        "-nostdlib",
        "-static",
        "-no-pie",
        `-Wl,-T,${script}`,
        "-Wl,-z,max-page-size=4096",
        ...flags,
        "-o",
        elf,
        source,
      ]);
      return readFileSync(elf);
    });
  }

  test("flattens to the same bytes, by load addresses, .bss left out and gaps zero", () => {
    const bytes = linked();
    sameAsObjcopy(bytes);
    expect(flat(bytes).length).toBe(0x4_0004);
  });

  test("flattens to the same bytes with debug information and build id", () => {
    sameAsObjcopy(linked("-g", "-Wl,--build-id"));
  });

  test("flattens to the same bytes without section headers, from its segments", () => {
    const whole = linked();
    const bare = Uint8Array.from(whole);
    const view = new DataView(bare.buffer);
    view.setBigUint64(0x28, 0n, true);
    view.setUint32(0x3c, 0, true);
    const bytes = flat(bare);
    // The segments begin where the sections do, or before them in the page.
    expect(bytes.length).toBeGreaterThanOrEqual(0x4_0004);
    const start = bytes.length - flat(whole).length;
    expect(Buffer.compare(bytes.subarray(bytes.length - 4), flat(whole).subarray(-4))).toBe(0);
    expect(start % 4096).toBe(0);
  });
});

judgedBy(["objcopy"], "a handmade ELF for arm64, judged by objcopy,", () => {
  const one: TestSection = {
    name: ".head.text",
    flags: 6,
    data: Buffer.from("head"),
    address: 0xffff_8000_0008_0000n,
  };
  const two: TestSection = {
    name: ".data",
    flags: 3,
    data: Buffer.from("data!"),
    address: 0xffff_8000_0008_0020n,
  };
  const load = (offset: bigint, filesz: bigint, vaddr: bigint, paddr: bigint): TestProgram => ({
    type: 1,
    offset,
    filesz,
    vaddr,
    paddr,
    memsz: filesz,
    align: 8n,
  });

  test("flattens to the same bytes without program headers, also if it is big-endian", () => {
    const { bytes } = buildElf([one, two], { type: 2 });
    sameAsObjcopy(bytes);
    expect(flat(buildElf([one, two], { type: 2, littleEndian: false }).bytes)).toEqual(flat(bytes));
  });

  test("goes by the load addresses of its segments, in any order", () => {
    const programs = [
      load(64n, 4n, 0xffff_8000_0008_0000n, 0x4020_0100n),
      load(72n, 5n, 0xffff_8000_0008_0020n, 0x4020_0000n),
    ];
    const { bytes } = buildElf([one, two], { type: 2, programs });
    sameAsObjcopy(bytes);
    expect(flat(bytes).length).toBe(0x104);
  });

  test("takes no notice of physical addresses that are all 0, unless there is but one segment", () => {
    const programs = [load(64n, 4n, 0xffff_8000_0008_0000n, 0n), load(72n, 5n, 0xffff_8000_0008_0020n, 0n)];
    sameAsObjcopy(buildElf([one, two], { type: 2, programs }).bytes);
    // A section's place in its segment is the one in the file: .data then follows after 8 bytes, not after 32.
    for (const paddr of [0n, 0x1000n]) {
      const single = [{ ...load(64n, 13n, 0xffff_8000_0008_0000n, paddr), memsz: 0x25n }];
      const { bytes } = buildElf([one, two], { type: 2, programs: single });
      sameAsObjcopy(bytes);
      expect(flat(bytes).length).toBe(13);
    }
  });

  test("leaves out what is not loaded: NOBITS, no SHF_ALLOC, and empty sections however far away", () => {
    const bytes = buildElf(
      [
        one,
        { name: ".bss", type: 8, flags: 3, address: 0xffff_9000_0000_0000n, size: 64n },
        { name: ".comment", data: Buffer.from("not loaded") },
        { name: ".empty", flags: 2, data: new Uint8Array(0), address: 1n },
        two,
      ],
      { type: 2 },
    ).bytes;
    sameAsObjcopy(bytes);
    expect(flat(bytes).length).toBe(0x25);
  });

  test("takes the later of two sections that overlap", () => {
    sameAsObjcopy(buildElf([one, { ...two, address: 0xffff_8000_0008_0002n }], { type: 2 }).bytes);
  });
});

describe("a hostile ELF file", () => {
  const section = (address: bigint): TestSection => ({
    name: ".a",
    flags: 2,
    data: Buffer.from("abc"),
    address,
  });
  const failure = (bytes: Uint8Array, limit?: number) => {
    const elf = expectValue(decodeElf(bytes, { base: 70 }));
    const result = flattenElf(elf, limit === undefined ? {} : { limit });
    return result.ok ? "ok" : result.failure;
  };

  test("whose sections are more than 512 MiB apart is refused before anything is allocated", () => {
    expect(failure(buildElf([section(0n), section(0x2000_0000n)]).bytes)).toEqual({
      reason: "size-exceeded",
      what: "flat image",
      size: 0x2000_0003,
      limit: 0x2000_0000,
    });
    expect(failure(buildElf([section(0n), section(0xffff_ffff_ffff_ff00n)]).bytes)).toMatchObject({
      reason: "size-exceeded",
      limit: 0x2000_0000,
    });
  });

  test("over the limit by one byte is refused, at the limit is not", () => {
    const { bytes } = buildElf([section(0n), section(97n)]);
    expect(flat(bytes, 100).length).toBe(100);
    expect(failure(bytes, 99)).toMatchObject({ reason: "size-exceeded", size: 100, limit: 99 });
  });

  test("with nothing to load", () => {
    const file = buildElf([{ name: ".comment", data: Buffer.from("c") }]);
    expect(failure(file.bytes)).toEqual({
      reason: "malformed",
      format: "ELF",
      section: "section header table",
      offset: 70 + file.shoff,
      detail: "nothing to load",
    });
  });
});

test("flattening is total on a good file with arbitrary bytes of its headers changed", () => {
  const good = buildElf(
    [
      { name: ".a", flags: 2, data: Buffer.from("abc"), address: 0x1000n },
      { name: ".b", flags: 2, data: Buffer.from("def"), address: 0x1010n },
    ],
    { programs: [{ type: 1, offset: 64n, filesz: 3n, vaddr: 0x1000n, paddr: 0x2000n, memsz: 3n }] },
  ).bytes;
  const change = fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 0, max: 255 }));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
      const bytes = Uint8Array.from(good);
      for (const [at, value] of changes) bytes[at] = value;
      const elf = decodeElf(bytes);
      if (elf.ok) void flatBytes(elf.value, { limit: 1 << 20 });
    }),
    { numRuns: 2000 },
  );
});
