import { beforeAll, describe, expect, it } from "vitest";
import { programListing } from "#bpf-vm/disassembly.ts";
import { loadedPrograms, loaderPrograms } from "#bpf-vm/load-parser.ts";
import { asFailure } from "#bpf-vm/loader/failure.ts";
import { openParser } from "#bpf-vm/open-parser.ts";
import { profileBtf } from "#bpf-vm/target/profile-btf.ts";
import { extent } from "../support/extent.ts";
import { RandomSource } from "../support/random-cases.ts";
import { type BuiltParsers, buildParsers } from "./support/parsers.ts";

const target = profileBtf("v7");
const FORMS = [
  ["zboot.bpf", "container"],
  ["zboot_bytecode.o", "bytecode object"],
  ["zboot_parser_bpf.o", "BPF object"],
  ["zboot_parser_bpf.lskel.h", "light skeleton"],
] as const;
const EDGES = [0n, 1n, 0x7fn, 0xffn, 0xffffn, 0xffff_ffffn, 1n << 63n, (1n << 64n) - 1n] as const;

let built: BuiltParsers;
beforeAll(async () => {
  built = await buildParsers("v7");
});

/** A few fields anywhere at an edge; now and then only the beginning. */
function damaged(good: Uint8Array, seed: number): Uint8Array {
  const random = new RandomSource(seed);
  const bytes = Uint8Array.from(good);
  for (let changes = 1 + random.below(3); changes > 0; changes--) {
    const at = random.below(bytes.length);
    const value = random.pick(EDGES);
    const width = Math.min(random.pick([1, 1, 2, 4, 8]), bytes.length - at);
    for (let i = 0; i < width; i++) bytes[at + i] = Number((value >> BigInt(8 * i)) & 0xffn);
  }
  return random.below(10) === 0 ? bytes.subarray(0, random.below(bytes.length)) : bytes;
}

describe("a parser's file", () => {
  it.each(FORMS)("%s is known for what it is", (name, form) => {
    const opened = openParser(built.file(name));
    expect(opened.ok && opened.value.form).toBe(form);
  });

  it.each([
    ["text of another kind", "int opts;\n", { reason: "malformed", format: "ELF", offset: 0 }],
    ["a skeleton that is cut", 'char opts_insn[] = "x', { reason: "malformed", format: "C", offset: 19 }],
    [
      "a skeleton without data",
      'char opts_insn[] = "12345678";',
      { reason: "missing-array", array: "opts_data" },
    ],
    ["nothing", "", { reason: "malformed", format: "ELF", offset: 0 }],
  ])("is refused where it is %s", (_, text, failure) => {
    expect(openParser(Buffer.from(text))).toMatchObject({ ok: false, failure });
  });

  it.each(FORMS)("%s is loaded and listed, or refused, whatever is wrong with it", (name) => {
    const good = built.file(name);
    const reasons = new Set<string>();
    for (let seed = 0; seed < extent(60, 400); seed++) {
      const opened = openParser(damaged(good, seed));
      if (!opened.ok) {
        reasons.add(opened.failure.reason);
        continue;
      }
      for (const load of [loadedPrograms, loaderPrograms]) {
        const programs = load(opened.value, { target });
        if (programs.ok) for (const program of programs.value) programListing(program);
        reasons.add(programs.ok ? "loaded" : asFailure(programs.failure).reason);
      }
    }
    expect(reasons).toContain("loaded");
    expect(reasons).toContain("malformed");
  });
});
