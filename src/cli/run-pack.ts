import { resolve } from "node:path";
import { err, ok, type Result } from "#core/result.ts";
import type { WriteOptions } from "#files/pieces.ts";
import { ARCHITECTURES } from "#kernel/architecture.ts";
import { type Packed, ZBOOT_COMPRESSIONS } from "#pack/types.ts";
import type { Unpacked } from "#pack/unpack.ts";
import { EXIT } from "#report/exit-code.ts";
import { table } from "#report/table.ts";
import type { Io } from "./io.ts";
import { DEFAULT_ENVELOPE, PACK_COMMANDS, UNPACK_COMMAND } from "./pack-words.ts";
import { progressBar } from "./progress.ts";
import { read } from "./read-file.ts";
import { report } from "./report-failure.ts";
import { formatSize } from "./sizes.ts";
import { type CommandWords, parseWords, type Words } from "./words.ts";

type What = keyof typeof PACK_COMMANDS;
type Pack = (words: Words, path: (name: string) => string, options: WriteOptions) => Promise<Result<Packed>>;

/** Runs `kexec-bpf pack …` or `unpack …`. Each loads its own work. */
export async function runPack(argv: readonly string[], io: Io): Promise<number> {
  const [first, second = ""] = argv;
  if (first === "unpack") return runUnpack(argv.slice(1), io);
  const what = Object.keys(PACK_COMMANDS).find((name): name is What => name === second);
  if (what === undefined) {
    const detail = `pack ${second}`.trimEnd();
    return report(io, {
      reason: "usage",
      detail: `${detail}: ${Object.keys(PACK_COMMANDS).join(", ")} are known`,
    });
  }
  return carryOut(PACK_COMMANDS[what], argv.slice(2), io, PACKERS[what], packedText);
}

function runUnpack(words: readonly string[], io: Io): Promise<number> {
  const unpackInto = async (given: Words, path: (name: string) => string, options: WriteOptions) => {
    const { unpack } = await import("#pack/unpack.ts");
    return unpack(
      { file: path(given.positional("file")), folder: path(given.value("output") ?? "") },
      options,
    );
  };
  return carryOut(UNPACK_COMMAND, words, io, unpackInto, unpackedText);
}

async function carryOut<T extends { readonly notes: readonly string[] }>(
  command: CommandWords,
  argv: readonly string[],
  io: Io,
  work: (words: Words, path: (name: string) => string, options: WriteOptions) => Promise<Result<T>>,
  text: (done: T) => string,
): Promise<number> {
  const words = parseWords(command, argv);
  if (!words.ok) return report(io, words.failure);
  const progress = progressBar(io);
  const path = (name: string): string => resolve(io.cwd, name);
  const done = await work(words.value, path, {
    digests: words.value.flag("json"),
    signal: io.signal,
    ...(progress.update === undefined ? {} : { progress: progress.update }),
  });
  progress.end();
  if (!done.ok) return report(io, done.failure);
  for (const note of done.value.notes) io.stderr(`kexec-bpf: ${note}\n`);
  io.stdout(words.value.flag("json") ? `${JSON.stringify(done.value)}\n` : text(done.value));
  return EXIT.ok;
}

const PACKERS: Readonly<Record<What, Pack>> = {
  envelope: async (words, path, options) => {
    const cmdline = await textOrFile(words.positional("cmdline"), path);
    if (!cmdline.ok) return cmdline;
    const { packEnvelope } = await import("#pack/envelope.ts");
    return packEnvelope(
      {
        kernel: path(words.positional("kernel")),
        initrd: path(words.positional("initrd")),
        output: path(words.value("output") ?? DEFAULT_ENVELOPE),
        cmdline: cmdline.value,
        arch: architecture(words),
        force: words.flag("force"),
      },
      options,
    );
  },
  pe: async (words, path, options) => {
    const { packPe } = await import("#pack/pe.ts");
    return packPe(
      {
        image: path(words.positional("image")),
        bytecode: path(words.positional("bytecode")),
        output: path(words.value("output") ?? ""),
        replace: words.flag("replace"),
        certificates: words.value("certificates") === "keep" ? "keep" : "strip",
      },
      options,
    );
  },
  container: async (words, path, options) => {
    const sections: { name: string; file: string }[] = [];
    for (const { name, value } of words.ordered) {
      if (name !== "section") continue;
      const section = assignment(value);
      if (!section.ok) return section;
      sections.push({ name: section.value.name, file: path(section.value.file) });
    }
    const { packContainer } = await import("#pack/container.ts");
    const output = path(words.value("output") ?? "");
    return packContainer({ sections, output, arch: architecture(words) }, options);
  },
  zboot: async (words, path, options) => {
    const { packZboot } = await import("#pack/zboot.ts");
    const compression = ZBOOT_COMPRESSIONS.find((name) => name === words.value("compress"));
    if (compression === undefined) throw new Error("the grammar has other compressions than the packer");
    const stub = words.value("stub");
    return packZboot(
      {
        image: path(words.positional("image")),
        compression,
        output: path(words.value("output") ?? ""),
        arch: architecture(words),
        stub: stub === undefined ? undefined : path(stub),
      },
      options,
    );
  },
  uki: async (words, path, options) => {
    const sections: { name: string; content: Uint8Array | string }[] = [];
    for (const option of words.ordered) {
      const section = await ukiSection(option, path);
      if (!section.ok) return section;
      if (section.value !== undefined) sections.push(section.value);
    }
    const { packUki } = await import("#pack/uki.ts");
    const stub = words.value("stub");
    return packUki(
      {
        sections,
        output: path(words.value("output") ?? ""),
        arch: architecture(words),
        stub: stub === undefined ? undefined : path(stub),
      },
      options,
    );
  },
};

async function ukiSection(
  { name, value }: { readonly name: string; readonly value: string },
  path: (name: string) => string,
): Promise<Result<{ readonly name: string; readonly content: Uint8Array | string } | undefined>> {
  switch (name) {
    case "linux":
    case "initrd":
      return ok({ name: `.${name}`, content: path(value) });
    case "cmdline":
    case "profile": {
      const text = await textOrFile(value, path);
      return text.ok ? ok({ name: `.${name}`, content: text.value }) : text;
    }
    case "section": {
      const section = assignment(value);
      return section.ok ? ok({ name: section.value.name, content: path(section.value.file) }) : section;
    }
    default:
      return ok(undefined);
  }
}

/** Text as it is, or of a file behind `@` without the newlines and NULs at its end. */
async function textOrFile(word: string, path: (name: string) => string): Promise<Result<Uint8Array>> {
  if (!word.startsWith("@")) return ok(Buffer.from(word));
  const bytes = await read(path(word.slice(1)));
  if (!bytes.ok) return bytes;
  return ok(bytes.value.subarray(0, bytes.value.findLastIndex((byte) => byte !== 0 && byte !== 0x0a) + 1));
}

/** `NAME=FILE`. */
function assignment(word: string): Result<{ readonly name: string; readonly file: string }> {
  const at = word.indexOf("=");
  if (at > 0 && at < word.length - 1) return ok({ name: word.slice(0, at), file: word.slice(at + 1) });
  return err({ reason: "usage", detail: `--section ${word}: NAME=FILE is expected` });
}

function architecture(words: Words) {
  return ARCHITECTURES.find((name) => name === words.value("arch"));
}

function packedText({ output, size, parts }: Packed): string {
  const rows = parts.map((part) => [`  ${part.name}`, formatSize(part.size), `at ${part.offset}`]);
  return `${output}: ${formatSize(size)}\n${table(rows)}\n`;
}

function unpackedText({ parts }: Unpacked): string {
  return `${table(parts.map((part) => [part.name, formatSize(part.size), part.file]))}\n`;
}
