import { join } from "node:path";
import type { Revision } from "#abi/revisions.ts";
import type { ProgramRecord, ProofRecord } from "#core/proof-record.ts";
import { patched, sourcesOf } from "../fixtures/wrong-parsers/sources.ts";
import { WRONG_PARSERS, type WrongParser } from "../fixtures/wrong-parsers/wrong-parsers.ts";
import { cli } from "../support/cli.ts";
import { newFolder, write } from "../support/kernel-tree.ts";

/** Each wrong parser, in each of its revisions. */
export const WRONG_CASES = WRONG_PARSERS.flatMap((wrong) =>
  (wrong.revisions ?? ["v7"]).map((revision) => [revision, wrong.name, wrong] as const),
);

/** `kexec-bpf prove` of a wrong parser. */
export async function proveWrong(revision: Revision, wrong: WrongParser, ...more: readonly string[]) {
  const { headers, of } = await sourcesOf(revision);
  const cwd = newFolder();
  const file = `${wrong.parser}_parser_bpf.c`;
  write(join(cwd, file), patched(wrong, of(wrong.parser)));
  const argv = ["prove", file, "-I", headers, "--abi", revision, "--json", ...more];
  const { status, stdout, stderr } = await cli(argv, { cwd });
  if (stdout === "") throw new Error(stderr);
  const { programs, errors }: ProofRecord = JSON.parse(stdout);
  return { status, programs, errors };
}

/** What a proof says is wrong: what was found in runs that refute something, and the kinds of what else is open. */
export function foundIn(programs: readonly ProgramRecord[]) {
  const open = programs.flatMap((program) => program.open);
  return {
    shown: open.flatMap(({ counterexample }) => counterexample?.findings.map(({ kind }) => kind) ?? []),
    open: open.map(({ kind, detail }) => `${kind}: ${detail}`),
    gaps: programs.flatMap(({ gaps }) => gaps.map(({ detail }) => detail)),
  };
}
