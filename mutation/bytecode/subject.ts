import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Revision } from "../../src/abi/revisions.ts";
import { loadParser } from "../../src/bpf-vm/load-parser.ts";
import type { LoadedProgram } from "../../src/bpf-vm/program.ts";
import { profileBtf } from "../../src/bpf-vm/target/profile-btf.ts";
import { type Theorem, waysThrough } from "../../src/prove/paths/paths.ts";
import { specificationFor } from "../../src/prove/specification/for-reference.ts";
import { hostileCorpus } from "../../src/verify/mutations/corpus.ts";
import { type ParserUnderTest, parsersUnderTest } from "../../src/verify/subject.ts";

export const PARSERS = ["zboot", "uki", "plain"] as const;

export type ParserName = (typeof PARSERS)[number];

/** Where a built parser is, and which it is. */
export type Parser = { readonly folder: string; readonly revision: Revision; readonly name: ParserName };

/** A parser that mutants are made of. */
export type Original = {
  readonly subject: ParserUnderTest;
  readonly program: LoadedProgram;
  readonly images: readonly (() => Uint8Array)[];
};

/** The outermost parser of a container in `folder`, with the limits of its records. */
export async function originalOf({ folder, revision, name }: Parser): Promise<Original> {
  const file = `${name}.bpf`;
  const loaded = loadParser(await readFile(join(folder, revision, file)), { target: profileBtf(revision) });
  if (!loaded.ok) throw new Error(`${file} of ${revision}: ${JSON.stringify(loaded.failure)}`);
  // What its records have room for; the virtual machine asks no more of it.
  const room = { kernel: 0, initrd: 0, cmdline: 0 };
  const subjects = parsersUnderTest(loaded.value, { name: file, revision, limits: room });
  if (!subjects.ok) throw new Error(`${file} of ${revision}: ${JSON.stringify(subjects.failure)}`);
  const [subject] = subjects.value;
  const [program] = subject?.programs ?? [];
  if (subject === undefined || program === undefined) throw new Error(`${file} of ${revision} has no parser`);
  const { limits } = waysThrough(theoremOf(subject, program));
  const images = hostileCorpus(revision, name, subject.arch).map(({ image }) => image);
  return { subject: { ...subject, limits }, program, images };
}

/** What is to be proven of a program in the parser's place; without limits, for what its own records have room for. */
export function theoremOf(
  { reference, revision, arch, context, header }: ParserUnderTest,
  program: LoadedProgram,
  limits?: ParserUnderTest["limits"],
): Theorem {
  const specification = specificationFor(reference, revision, arch);
  if (specification === undefined) throw new Error("nothing is specified of this parser");
  return { program, context, header, specification, limits };
}
