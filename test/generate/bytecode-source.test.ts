import { describe, expect, test } from "vitest";
import { type LightSkeleton, parseLightSkeleton } from "#formats/light-skeleton/light-skeleton.ts";
import { bytecodeSymbols, renderBytecodeSource } from "#generate/bytecode-source.ts";
import { checkSkeletonShape } from "#generate/skeleton-shape.ts";
import { MAPS, skeletonText } from "../formats/light-skeleton/skeleton-text.ts";
import { expectValue } from "../support/expect-value.ts";
import { COMPILERS, output, writingMain } from "./host-compiler.ts";

const FILE = "hello.lskel.h";

function parsed(text: string): LightSkeleton {
  return expectValue(parseLightSkeleton(text));
}

describe("a skeleton's shape", () => {
  const check = (parts: Parameters<typeof skeletonText>[0]) =>
    checkSkeletonShape(parsed(skeletonText(parts)), FILE);

  test("is good as the kernel has it, whatever the program is called", () =>
    expect(check({ programs: ["anything"] })).toEqual({ ok: true, value: undefined }));

  test.each([
    ["in the order of the v6 mail's prose", [...MAPS.slice(0, 6), "bss", "rodata_str1_1"]],
    ["with one missing", MAPS.slice(0, 7)],
    ["with one too many", [...MAPS, "kconfig"]],
    ["with two swapped", ["ringbuf_2", "ringbuf_1", ...MAPS.slice(2)]],
    ["of which there are none", []],
  ])("is refused for maps %s, with both lists", (_, maps) =>
    expect(check({ maps })).toEqual({
      ok: false,
      failure: { reason: "skeleton-mismatch", what: "maps", expected: MAPS, found: maps, file: FILE },
    }),
  );

  test.each([[["parse_pe", "second"]], [[]]])("is refused for the programs %j", (programs) =>
    expect(check({ programs })).toEqual({
      ok: false,
      failure: {
        reason: "skeleton-mismatch",
        what: "programs",
        expected: ["one program"],
        found: programs,
        file: FILE,
      },
    }),
  );
});

describe("the bytecode's C", () => {
  const all = Uint8Array.from({ length: 256 }, (_, i) => i);
  const skeleton: LightSkeleton = {
    optsData: Buffer.concat([all, Buffer.from('0123456789abcdef??/"\\'), Uint8Array.of(0, 0)]),
    optsInsn: Buffer.concat([all.slice().reverse(), all]),
    maps: MAPS,
    programs: ["parse_pe"],
  };

  test("has a licence, and read again it is the same bytes", () => {
    const text = renderBytecodeSource(skeleton);
    expect(text).toMatch(/^\/\* SPDX-License-Identifier: GPL-2\.0-only \*\/\n/);
    const again = parsed(text);
    expect([[...again.optsData], [...again.optsInsn]]).toEqual([
      [...skeleton.optsData],
      [...skeleton.optsInsn],
    ]);
  });

  test("stands for symbols with one NUL at the end, as the loader expects", () =>
    expect(bytecodeSymbols(skeleton)).toEqual([
      { name: "opts_data", bytes: Buffer.concat([skeleton.optsData, Uint8Array.of(0)]) },
      { name: "opts_insn", bytes: Buffer.concat([skeleton.optsInsn, Uint8Array.of(0)]) },
    ]));

  for (const compiler of COMPILERS) {
    test(`is compiled by ${compiler} to the same bytes with a NUL behind each array, eight-aligned`, () => {
      const symbols = bytecodeSymbols(skeleton);
      const aligned =
        "extern const char opts_data[], opts_insn[];\nint misaligned(void) { return ((long)opts_data | (long)opts_insn) & 7; }\n";
      const main = writingMain(symbols.map(({ name, bytes }) => [name, bytes.length]));
      const program = main.replace("{\n", "{\n\tif (misaligned()) return 2;\n");
      const sizes = symbols.map(
        ({ name, bytes }) => `_Static_assert(sizeof(${name}) == ${bytes.length}, "");\n`,
      );
      const files = {
        "bytecode.c": renderBytecodeSource(skeleton) + sizes.join(""),
        "aligned.c": aligned,
        "main.c": `int misaligned(void);\n${program}`,
      };
      expect(output(compiler, files)).toEqual(Buffer.concat(symbols.map(({ bytes }) => bytes)));
    });
  }
});
