import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { ProofRecord } from "#core/proof-record.ts";
import { CLANGS } from "../formats/btf/clang.ts";
import { cli } from "../support/cli.ts";
import { newFolder, write } from "../support/kernel-tree.ts";
import { amd64Kernel } from "../support/real-inputs.ts";
import { foundIn } from "./wrong-parsers.ts";

const FIXTURE = fileURLToPath(new URL("../fixtures/series-style", import.meta.url));
const PARSER = "sections_parser_bpf.c";
const BOUND = "section.size > size - section.offset";

/** `kexec-bpf prove` of the parser with the loop of its own, with its bound as it is or another. */
async function prove(clang: string, bound = BOUND) {
  const cwd = newFolder();
  copyFileSync(join(FIXTURE, "template.c"), join(cwd, "template.c"));
  const source = readFileSync(join(FIXTURE, PARSER), "utf8");
  expect(source).toContain(BOUND);
  write(join(cwd, PARSER), source.replace(BOUND, bound));
  const argv = ["prove", PARSER, "--abi", "v7", "--btf", amd64Kernel().vmlinux, "--clang", clang, "--json"];
  const { status, stdout, stderr } = await cli(argv, { cwd });
  if (stdout === "") throw new Error(stderr);
  const { programs }: ProofRecord = JSON.parse(stdout);
  return { status, theorems: programs.map(({ theorem }) => theorem), ...foundIn(programs) };
}

describe("a parser with a loop of its own, of 96 turns, whose format no specification tells:", () => {
  it.each(CLANGS)("it is safe for every image, compiled by %s", async (clang) => {
    expect(await prove(clang)).toEqual({ status: 0, theorems: ["safety"], shown: [], open: [], gaps: [] });
  });

  it.each(CLANGS)("a bound without the offset is refuted by an image, compiled by %s", async (clang) => {
    const { status, shown, gaps } = await prove(clang, "section.size > size");
    expect({ status, gaps }).toEqual({ status: 1, gaps: [] });
    expect(shown).toContain("stray-read");
  });
});
