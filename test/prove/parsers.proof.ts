import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { REVISIONS, type Revision } from "#abi/revisions.ts";
import type { ProofRecord } from "#core/proof-record.ts";
import { buildParsers } from "../bpf-vm/support/parsers.ts";
import { because, installed } from "../build/judges.ts";
import { CLANGS } from "../formats/btf/clang.ts";
import { cli } from "../support/cli.ts";
import { newFolder, write } from "../support/kernel-tree.ts";

const PARSERS: Readonly<Record<Revision, readonly string[]>> = {
  v6: ["zboot.bpf", "uki.bpf"],
  v7: ["zboot.bpf", "uki.bpf", "plain.bpf"],
};
const BUILT = REVISIONS.flatMap((revision) => CLANGS.map((clang) => [revision, clang] as const));

/** `kexec-bpf prove` of all that a build makes. */
async function prove(revision: Revision, clang: string, ...more: readonly string[]) {
  const cwd = newFolder();
  const built = await buildParsers(revision, { clang });
  for (const name of PARSERS[revision]) write(join(cwd, name), built.file(name));
  const { status, stdout, stderr } = await cli(["prove", ...PARSERS[revision], ...more, "--json"], { cwd });
  if (stdout === "") throw new Error(stderr);
  const { programs, errors, solver }: ProofRecord = JSON.parse(stdout);
  const unproven = programs.filter(({ proven }) => !proven);
  const open = unproven.map(({ parser, open, gaps, paths, divergences }) => [
    parser.name,
    open,
    gaps,
    paths,
    divergences,
  ]);
  const files = new Set(programs.map(({ parser }) => parser.file));
  const theorems = new Set(programs.map(({ theorem }) => theorem));
  return { status, errors, open, files: [...files], theorems: [...theorems], solver: solver?.name };
}

const proven = (revision: Revision, solver: string) => ({
  ...{ status: 0, errors: [], open: [], files: PARSERS[revision], theorems: ["whole"], solver },
});

describe("for every image, every parser of a build is proven by z3 as npm has it:", () => {
  it.each(BUILT)("%s, compiled by %s", async (revision, clang) => {
    expect(await prove(revision, clang)).toEqual(proven(revision, "z3"));
  });
});

describe(`and by cvc5 as Debian has it:${because("cvc5")}`, () => {
  it.skipIf(!installed("cvc5")).each(BUILT)("%s, compiled by %s", async (revision, clang) => {
    expect(await prove(revision, clang, "--solver", "cvc5")).toEqual(proven(revision, "cvc5"));
  });
});
