import { basename, resolve } from "node:path";
import { type PackRequest, pack, type Text, type UkiPart } from "#api/pack.ts";
import { besideOutput } from "#commands/beside-output.ts";
import { normalCommand } from "#commands/normal-command.ts";
import { err, ok, type Result } from "#core/result.ts";
import type { Read } from "#grammar/read.ts";
import type { CommandRow } from "#grammar/rows.ts";
import { EXIT } from "#report/exit-code.ts";
import type { Io } from "#report/io.ts";
import { drawingProgress } from "#report/progress.ts";
import { report } from "#report/report-failure.ts";
import {
  CONTAINER,
  type ContainerWords,
  ENVELOPE,
  type EnvelopeWords,
  PE,
  type PeWords,
  UKI,
  type UkiWords,
  ZBOOT,
  type ZbootWords,
} from "./options.ts";
import { packText } from "./text.ts";

export function runEnvelope(words: EnvelopeWords, io: Io): Promise<number> {
  const { cmdline, ...given } = words.given;
  return run(ENVELOPE, words, { kind: "envelope", ...given, cmdline: textOf(cmdline, io.cwd) }, io);
}

export function runPe(words: PeWords, io: Io): Promise<number> {
  return run(PE, words, { kind: "pe", ...words.given }, io);
}

export async function runContainer(words: ContainerWords, io: Io): Promise<number> {
  const { section, ...given } = words.given;
  const sections = section.map((word) => assignment(word, io.cwd));
  const odd = sections.find((one) => !one.ok);
  if (odd?.ok === false) return report(io, odd.failure);
  const request = { ...given, sections: sections.flatMap((one) => (one.ok ? [one.value] : [])) };
  return run(CONTAINER, words, { kind: "container", ...request }, io);
}

export function runZboot(words: ZbootWords, io: Io): Promise<number> {
  const { compress, ...given } = words.given;
  return run(ZBOOT, words, { kind: "zboot", ...given, compression: compress }, io);
}

export async function runUki(words: UkiWords, io: Io): Promise<number> {
  const { output, arch, stub } = words.given;
  const sections: UkiPart[] = [];
  for (const { name, value } of words.said) {
    const part = value === undefined ? ok(undefined) : ukiPart(name, value, io.cwd);
    if (!part.ok) return report(io, part.failure);
    if (part.value !== undefined) sections.push(part.value);
  }
  return run(UKI, words, { kind: "uki", output, arch, stub, sections }, io);
}

/** The section that an option stands for; undefined for one that stands for none. */
function ukiPart(name: string, value: string, cwd: string): Result<UkiPart | undefined> {
  switch (name) {
    case "linux":
    case "initrd":
      return ok({ name: `.${name}`, content: { file: resolve(cwd, value) } });
    case "cmdline":
    case "profile":
      return ok({ name: `.${name}`, content: textOf(value, cwd) });
    case "section": {
      const section = assignment(value, cwd);
      return section.ok ? ok({ name: section.value.name, content: section.value }) : section;
    }
    default:
      return ok(undefined);
  }
}

type Words = Pick<Read<CommandRow>, "said" | "positionals"> & {
  readonly given: { readonly json: boolean; readonly manifest: boolean };
};

async function run(
  row: CommandRow,
  { given, said, positionals }: Words,
  request: PackRequest,
  io: Io,
): Promise<number> {
  const { output } = request;
  const { json, manifest } = given;
  const beside = besideOutput(io, output, json);
  if (!beside.ok) return report(io, beside.failure);
  const complete = said.some(({ name }) => name === "output")
    ? said
    : [...said, { name: "output", value: basename(output) }];
  const command = (nameOf: (file: string) => string) =>
    normalCommand(["kexec-bpf", "pack", request.kind], row, { said: complete, positionals }, io.cwd, nameOf);
  const packed = await drawingProgress(io, (progress) =>
    pack(
      request,
      { digests: json, command: manifest ? command : undefined },
      { signal: io.signal, env: io.env, progress },
    ),
  );
  if (!packed.ok) return report(io, packed.failure);
  for (const note of packed.value.notes) io.stderr(`kexec-bpf: ${note}\n`);
  beside.value.stdout(json ? `${JSON.stringify(packed.value)}\n` : packText(packed.value));
  return EXIT.ok;
}

/** Text as it is, or the name of its file after `@`. */
function textOf(word: string, cwd: string): Text {
  return word.startsWith("@") ? { textOf: resolve(cwd, word.slice(1)) } : { text: word };
}

/** `NAME=FILE`. */
function assignment(word: string, cwd: string): Result<{ readonly name: string; readonly file: string }> {
  const at = word.indexOf("=");
  if (at > 0 && at < word.length - 1)
    return ok({ name: word.slice(0, at), file: resolve(cwd, word.slice(at + 1)) });
  return err({ reason: "usage", detail: `--section ${word}: NAME=FILE is expected` });
}
