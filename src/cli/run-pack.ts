import { resolve } from "node:path";
import { err, ok, type Result } from "#core/result.ts";
import { formatSize } from "#core/sizes.ts";
import { isStream } from "#files/deliver.ts";
import { readInput } from "#files/input-file.ts";
import type { WriteOptions } from "#files/pieces.ts";
import { ARCHITECTURES } from "#kernel-image/architecture.ts";
import { type Packed, ZBOOT_COMPRESSIONS } from "#pack/types.ts";
import type { Unpacked } from "#pack/unpack.ts";
import { EXIT } from "#report/exit-code.ts";
import { failureText } from "#report/failure-text.ts";
import type { Io } from "#report/io.ts";
import { progressBar } from "#report/progress.ts";
import { report, reportUsage } from "#report/report-failure.ts";
import { table } from "#report/table.ts";
import { besideOutput, outputComplaint, outputPath } from "./output-word.ts";
import { DEFAULT_ENVELOPE, PACK_COMMANDS, UNPACK_COMMAND } from "./pack-words.ts";
import { type CommandWords, parseWords, type Words } from "./words.ts";

type What = keyof typeof PACK_COMMANDS;
/** What a packer works with beside its words. */
type Surroundings = {
  /** The absolute path of a file that a word names. */
  readonly path: (name: string) => string;
  /** That of the output. */
  readonly output: (words: Words) => string;
  /** Text as it is, or of a file behind `@` without the newlines and NULs at its end. */
  readonly text: (word: string) => Promise<Result<Uint8Array>>;
};
type Pack = (words: Words, around: Surroundings, options: WriteOptions) => Promise<Result<Packed>>;

/** Runs `kexec-bpf pack …` or `unpack …`. Each loads its own work. */
export async function runPack(argv: readonly string[], io: Io): Promise<number> {
  const [first, second = ""] = argv;
  if (first === "unpack") return runUnpack(argv.slice(1), io);
  const what = Object.keys(PACK_COMMANDS).find((name): name is What => name === second);
  if (what === undefined) {
    const detail = `pack ${second}`.trimEnd();
    return reportUsage(io, `${detail}: ${Object.keys(PACK_COMMANDS).join(", ")} are known`);
  }
  const command: CommandWords = PACK_COMMANDS[what];
  const pack = (words: Words, options: WriteOptions): Promise<Result<Packed>> =>
    // Beside a pipe or device is no place for one.
    words.flag("no-manifest") || isStream(outputPath(io, words.value("output") ?? DEFAULT_ENVELOPE))
      ? PACKERS[what](words, surroundings(io, []), options)
      : packWithManifest(command, words, io, PACKERS[what], options);
  return carryOut(command, argv.slice(2), io, pack, packedText);
}

function runUnpack(argv: readonly string[], io: Io): Promise<number> {
  const unpackInto = async (words: Words, options: WriteOptions) => {
    const { unpack } = await import("#pack/unpack.ts");
    const { path } = surroundings(io, []);
    return unpack(
      { file: path(words.positional("file")), folder: path(words.value("output") ?? "") },
      options,
    );
  };
  return carryOut(UNPACK_COMMAND, argv, io, unpackInto, unpackedText);
}

async function packWithManifest(
  command: CommandWords,
  words: Words,
  io: Io,
  pack: Pack,
  options: WriteOptions,
): Promise<Result<Packed>> {
  const { manifestTime } = await import("#manifest/manifest.ts");
  const time = manifestTime(io.env["SOURCE_DATE_EPOCH"]);
  if (!time.ok) return time;
  const { withOutputSet } = await import("#files/output-set.ts");
  return withOutputSet(async (set) => {
    const texts: TextFile[] = [];
    const packed = await pack(words, surroundings(io, texts), { ...options, digests: true, set });
    if (!packed.ok) return packed;
    const { digest } = await import("#files/digest.ts");
    const inputs = texts.map(({ file, bytes }) => ({ file, sha256: digest(bytes) }));
    const { writePackManifest } = await import("./pack-manifest.ts");
    const written = await writePackManifest(command, words, packed.value, inputs, io, set);
    return written.ok ? packed : written;
  });
}

type TextFile = { readonly file: string; readonly bytes: Uint8Array };

/** @param texts gets the files that are read for `@FILE` */
function surroundings({ cwd }: Io, texts: TextFile[]): Surroundings {
  const path = (name: string): string => resolve(cwd, name);
  return {
    path,
    output: (words) => outputPath({ cwd }, words.value("output") ?? DEFAULT_ENVELOPE),
    text: async (word) => {
      if (!word.startsWith("@")) return ok(Buffer.from(word));
      const file = path(word.slice(1));
      const bytes = await readInput(file);
      if (!bytes.ok) return bytes;
      texts.push({ file, bytes: bytes.value });
      return ok(
        bytes.value.subarray(0, bytes.value.findLastIndex((byte) => byte !== 0 && byte !== 0x0a) + 1),
      );
    },
  };
}

async function carryOut<T extends { readonly notes: readonly string[] }>(
  command: CommandWords,
  argv: readonly string[],
  io: Io,
  work: (words: Words, options: WriteOptions) => Promise<Result<T>>,
  text: (done: T) => string,
): Promise<number> {
  const words = parseWords(command, argv);
  if (!words.ok) return reportUsage(io, failureText(words.failure));
  const output = words.value.value("output");
  const complaint = output === undefined ? undefined : outputComplaint(output, command === UNPACK_COMMAND);
  if (complaint !== undefined) return reportUsage(io, complaint);
  const beside = besideOutput(io, outputPath(io, output ?? DEFAULT_ENVELOPE), words.value.flag("json"));
  if (!beside.ok) return report(io, beside.failure);
  const progress = progressBar(io);
  const done = await work(words.value, {
    digests: words.value.flag("json"),
    signal: io.signal,
    ...(progress.update === undefined ? {} : { progress: progress.update }),
  });
  progress.end();
  if (!done.ok) return report(io, done.failure);
  for (const note of done.value.notes) io.stderr(`kexec-bpf: ${note}\n`);
  beside.value.stdout(words.value.flag("json") ? `${JSON.stringify(done.value)}\n` : text(done.value));
  return EXIT.ok;
}

const PACKERS: Readonly<Record<What, Pack>> = {
  envelope: async (words, { path, output, text }, options) => {
    const cmdline = await text(words.positional("cmdline"));
    if (!cmdline.ok) return cmdline;
    const { packEnvelope } = await import("#pack/envelope.ts");
    return packEnvelope(
      {
        kernel: path(words.positional("kernel")),
        initrd: path(words.positional("initrd")),
        output: output(words),
        cmdline: cmdline.value,
        arch: architecture(words),
        force: words.flag("force"),
      },
      options,
    );
  },
  pe: async (words, { path, output }, options) => {
    const { packPe } = await import("#pack/pe.ts");
    return packPe(
      {
        image: path(words.positional("image")),
        bytecode: path(words.positional("bytecode")),
        output: output(words),
        replace: words.flag("replace"),
        certificates: words.value("certificates") === "keep" ? "keep" : "strip",
      },
      options,
    );
  },
  container: async (words, { path, output }, options) => {
    const sections: { name: string; file: string }[] = [];
    for (const { name, value } of words.ordered) {
      if (name !== "section") continue;
      const section = assignment(value);
      if (!section.ok) return section;
      sections.push({ name: section.value.name, file: path(section.value.file) });
    }
    const { packContainer } = await import("#pack/container.ts");
    return packContainer({ sections, output: output(words), arch: architecture(words) }, options);
  },
  zboot: async (words, { path, output }, options) => {
    const { packZboot } = await import("#pack/zboot.ts");
    const compression = ZBOOT_COMPRESSIONS.find((name) => name === words.value("compress"));
    if (compression === undefined) throw new Error("the grammar has other compressions than the packer");
    const stub = words.value("stub");
    return packZboot(
      {
        image: path(words.positional("image")),
        compression,
        output: output(words),
        arch: architecture(words),
        stub: stub === undefined ? undefined : path(stub),
      },
      options,
    );
  },
  uki: async (words, around, options) => {
    const { path, output } = around;
    const sections: { name: string; content: Uint8Array | string }[] = [];
    for (const option of words.ordered) {
      const section = await ukiSection(option, around);
      if (!section.ok) return section;
      if (section.value !== undefined) sections.push(section.value);
    }
    const { packUki } = await import("#pack/uki.ts");
    const stub = words.value("stub");
    return packUki(
      {
        sections,
        output: output(words),
        arch: architecture(words),
        stub: stub === undefined ? undefined : path(stub),
      },
      options,
    );
  },
};

async function ukiSection(
  { name, value }: { readonly name: string; readonly value: string },
  { path, text }: Surroundings,
): Promise<Result<{ readonly name: string; readonly content: Uint8Array | string } | undefined>> {
  switch (name) {
    case "linux":
    case "initrd":
      return ok({ name: `.${name}`, content: path(value) });
    case "cmdline":
    case "profile": {
      const content = await text(value);
      return content.ok ? ok({ name: `.${name}`, content: content.value }) : content;
    }
    case "section": {
      const section = assignment(value);
      return section.ok ? ok({ name: section.value.name, content: path(section.value.file) }) : section;
    }
    default:
      return ok(undefined);
  }
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
