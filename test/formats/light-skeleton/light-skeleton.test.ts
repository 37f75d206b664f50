import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type LightSkeleton, parseLightSkeleton } from "#formats/light-skeleton/light-skeleton.ts";
import { expectValue } from "../../support/expect-value.ts";
import { MAPS, skeletonText } from "./skeleton-text.ts";

function parsed(text: string): LightSkeleton {
  return expectValue(parseLightSkeleton(text));
}

/** `array: detail` of what is missing; other failures as they are. */
function missing(text: string): unknown {
  const result = parseLightSkeleton(text);
  if (result.ok || result.failure.reason !== "missing-array") return result;
  return `${result.failure.array}: ${result.failure.detail}`;
}

describe("a light skeleton", () => {
  test("gives its arrays, maps and programs", () =>
    expect(parsed(skeletonText())).toEqual({
      optsData: Buffer.of(1, 0, 2),
      optsInsn: Buffer.of(0x95, 0, 0, 0, 0, 0, 0, 0),
      maps: MAPS,
      programs: ["parse_pe"],
    }));

  test("may have other arrays, before and behind, of names like the right ones'", () => {
    const others = 'static const char data[] = "x";\nconst char my_opts_data[] = "y", opts_data2[] = "z";\n';
    const text = skeletonText();
    const function_ = text.indexOf("static inline");
    const around =
      text.slice(0, function_) + others + text.slice(function_) + others.replaceAll("char ", "char b_");
    expect(parsed(around)).toEqual(parsed(text));
  });

  test("may speak of its arrays in comments and strings", () => {
    const talk = '/* opts_data[] = "x"; */ // opts_insn[] = "y";\nconst char *s = "opts_data[] = 1;";\n';
    expect(parsed(talk + skeletonText())).toEqual(parsed(skeletonText()));
  });

  test("may give an array's size, and its value as several literals", () => {
    const text = skeletonText().replace(
      /opts_data\[\][\s\S]*?;/,
      'opts_data[4] = "\\x01" /* , */ "\\0"\n"\\2";',
    );
    expect([...parsed(text).optsData]).toEqual([1, 0, 2]);
  });

  test("keeps the NUL bytes at the end of an array, but not the one that C appends", () =>
    expect([...parsed(skeletonText({ data: Uint8Array.of(0, 7, 0, 0) })).optsData]).toEqual([0, 7, 0, 0]));

  test("round-trips any bytes in bpftool's spelling", () => {
    const eights = fc
      .integer({ min: 1, max: 40 })
      .chain((n) => fc.uint8Array({ minLength: 8 * n, maxLength: 8 * n }));
    const zeros = fc.array(fc.constantFrom(0, 0, 0, 1, 0x30, 0x61, 0xff), { minLength: 1, maxLength: 500 });
    const data = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 500 }),
      zeros.map((all) => Uint8Array.from(all)),
    );
    fc.assert(
      fc.property(data, eights, (data, insns) => {
        const { optsData, optsInsn } = parsed(skeletonText({ data, insns }));
        expect(Buffer.from(data).equals(optsData)).toBe(true);
        expect(Buffer.from(insns).equals(optsInsn)).toBe(true);
      }),
    );
  });
});

describe("a hostile light skeleton", () => {
  test("without opts_data, as bpftool 7.1 of Debian 12 writes it: literals in place", () => {
    const text = `
struct hello_bpf {
	struct { struct bpf_map_desc rodata; } maps;
	struct { struct bpf_prog_desc parse_pe; } progs;
};
	opts.ctx = (struct bpf_loader_ctx *)skel;
	opts.data_sz = 3;
	opts.data = (void *)"\\
\\x01\\0\\x02";
	opts.insns_sz = 8;
	opts.insns = (void *)"\\
\\x95\\0\\0\\0\\0\\0\\0\\0";
	err = bpf_load_and_run(&opts);
`;
    expect(missing(text)).toBe(
      "opts_data: not in the light skeleton, which assigns opts.data and opts.insns as older bpftool (7.1 and before it) writes them: make it with a newer one",
    );
  });

  test.each([
    [
      "that is empty",
      "",
      "opts_data: not in the light skeleton: bpftool's libbpf is too old for programs with kfuncs",
    ],
    [
      "without opts_insn",
      skeletonText().replaceAll("opts_insn", "insn"),
      "opts_insn: not in the light skeleton: bpftool's libbpf is too old for programs with kfuncs",
    ],
    ["with an empty array", skeletonText({ data: new Uint8Array(0) }), "opts_data: empty"],
    [
      "with an array given twice",
      `char opts_data[] = "x";\n${skeletonText()}`,
      "opts_data: defined more than once",
    ],
    [
      "with an array declared only",
      skeletonText().replace(/opts_insn\[\][\s\S]*?;/, "opts_insn[];"),
      "opts_insn: declared without a value",
    ],
    ["cut behind an array's name", "char opts_data[", "opts_data: declared without a value"],
    ["cut behind an array's value", 'char opts_data[] = "x"', "opts_data: its value is no string literal"],
    ["with numbers in an array", "char opts_data[] = { 1, 2 };", "opts_data: its value is no string literal"],
    [
      "with a name in an array's value",
      'char opts_data[] = "x" MORE "y";',
      "opts_data: its value is no string literal",
    ],
    [
      "with no whole number of instructions",
      skeletonText({ insns: new Uint8Array(12) }),
      "opts_insn: 12 bytes are no whole instructions",
    ],
  ])("%s", (_, text, expected) => expect(missing(text)).toBe(expected));

  test("that is no C is refused with the place", () =>
    expect(parseLightSkeleton('char opts_data[] = "\\x";')).toEqual({
      ok: false,
      failure: {
        reason: "malformed",
        format: "C",
        section: "light skeleton",
        offset: 19,
        detail: "\\x without a digit",
      },
    }));

  test("cut at any byte is never taken for whole", () => {
    const text = skeletonText();
    const end = text.lastIndexOf('";', text.indexOf("opts.ctx")) + 2;
    for (let length = 0; length < end; length++) {
      expect(parseLightSkeleton(text.slice(0, length)).ok, `cut at ${length}`).toBe(false);
    }
    expect(parseLightSkeleton(text.slice(0, end)).ok).toBe(true);
  });
});
