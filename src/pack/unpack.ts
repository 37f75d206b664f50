import { join } from "node:path";
import { inFile } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { type InputFile, withInputFiles } from "#files/input-file.ts";
import { makeFolder, removeStaleTemporaries } from "#files/output.ts";
import { withOutputSet } from "#files/output-set.ts";
import { type WriteOptions, writePieces } from "#files/pieces.ts";
import { withSparseFile } from "#files/sparse-file.ts";
import { type Container, decodeContainer } from "#formats/elf/container.ts";
import { isElf } from "#formats/elf/header.ts";
import { decodeEnvelope } from "#formats/envelope/decode.ts";
import { peSection } from "#formats/pe/pe-file.ts";
import { splitSignature } from "#formats/signature/signature.ts";
import { decodeSparseElf } from "#kernel-image/sparse-elf.ts";
import { readPe } from "./pe-input.ts";

export type UnpackFileRequest = {
  /** Absolute paths. */
  readonly file: string;
  readonly folder: string;
};

export type Unpacked = {
  readonly schema: 1;
  readonly kind: "envelope" | "pe" | "container";
  readonly input: string;
  readonly parts: readonly UnpackedPart[];
  readonly notes: readonly string[];
};

export type UnpackedPart = {
  /** The section's name; the file is called the same without its first dot. */
  readonly name: string;
  readonly file: string;
  readonly size: number;
  readonly sha256?: string;
};

type Place = { readonly name: string; readonly offset: number; readonly size: number };
type Found = Pick<Unpacked, "kind" | "notes"> & { readonly places: readonly Place[] };

const NESTED = ".bpf.nested";
const MAGIC = 64;

/**
 * Writes the sections of an envelope or a `.bpf` container, or the `.bpf` of a PE image, as files of a folder.
 *
 * Errors: those of the files and of the formats; `unsupported` for anything else, and for a PE image without bytecode.
 */
export function unpackFile(request: UnpackFileRequest, options: WriteOptions): Promise<Result<Unpacked>> {
  return withInputFiles([request.file], async ([input]) => {
    if (input === undefined) throw new Error("a file was opened");
    const found = await find(input);
    if (!found.ok) return err(inFile(found.failure, request.file));
    const folder = await makeFolder(request.folder);
    if (!folder.ok) return folder;
    removeStaleTemporaries(request.folder);
    const { kind, notes, places } = found.value;
    const parts = await withOutputSet((set) =>
      writeParts(input, places, request.folder, { ...options, set }),
    );
    return parts.ok ? ok({ schema: 1, kind, input: request.file, parts: parts.value, notes }) : parts;
  });
}

async function writeParts(
  input: InputFile,
  places: readonly Place[],
  folder: string,
  options: WriteOptions,
): Promise<Result<readonly UnpackedPart[]>> {
  const parts: UnpackedPart[] = [];
  for (const { name, offset, size } of places) {
    const file = join(folder, name.replace(/^\./, ""));
    const written = await writePieces(file, [{ from: input, offset, length: size }], options);
    if (!written.ok) return written;
    const { digests } = written.value;
    parts.push({ name, file, size, ...(digests === undefined ? {} : { sha256: digests.whole }) });
  }
  return ok(parts);
}

async function find(input: InputFile): Promise<Result<Found>> {
  const head = new Uint8Array(Math.min(MAGIC, input.size));
  const read = input.read(head, 0);
  if (!read.ok) return read;
  if (isElf(head)) return findInElf(input.path);
  if (Buffer.from(head.subarray(0, 2)).toString("latin1") === "MZ") return findInPe(input);
  const detail = "neither an envelope, nor a .bpf container, nor a PE image";
  return err({ reason: "unsupported", what: "unpacking this file", detail });
}

function findInPe(input: InputFile): Result<Found> {
  const pe = readPe(input);
  if (!pe.ok) return pe;
  const section = peSection(pe.value, ".bpf");
  if (section === undefined) {
    return err({
      reason: "unsupported",
      what: "a PE image without .bpf",
      detail: "there is nothing to unpack",
    });
  }
  const place = { name: section.name, offset: section.pointerToRawData, size: section.data.length };
  return ok({ kind: "pe", notes: [], places: [place] });
}

/** An envelope is not read but for its tables; a container is read whole. */
function findInElf(path: string): Promise<Result<Found>> {
  return withSparseFile(path, async (sparse) => {
    const elf = await decodeSparseElf(sparse);
    if (!elf.ok) return elf;
    if (elf.value.section(".kernel") !== undefined) return findInEnvelope(sparse.bytes);
    await sparse.fill(0, sparse.size);
    const signed = splitSignature(sparse.bytes);
    if (!signed.ok) return signed;
    const container = decodeContainer(signed.value.content);
    if (!container.ok) return container;
    const nested = elf.value.section(NESTED);
    const notes =
      signed.value.signature === undefined ? [] : ["the signature behind the container is not unpacked"];
    return ok({ kind: "container", notes, places: [...programs(container.value), ...placeOf(nested)] });
  });
}

function findInEnvelope(bytes: Uint8Array): Result<Found> {
  const envelope = decodeEnvelope(bytes);
  if (!envelope.ok) return envelope;
  const { kernel, initrd, cmdline } = envelope.value;
  const parts = [
    [".kernel", kernel],
    [".initrd", initrd],
    [".cmdline", cmdline],
  ] as const;
  const places = parts.flatMap(([name, part]) =>
    part === undefined ? [] : [{ name, offset: part.offset, size: part.data.length }],
  );
  const empty = parts.filter(([, part]) => part === undefined).map(([name]) => `${name} is empty`);
  return ok({ kind: "envelope", notes: empty, places });
}

function programs(container: Container): readonly Place[] {
  return container.programs.map(({ name, offset, data }) => ({ name, offset, size: data.length }));
}

function placeOf(section: Place | undefined): readonly Place[] {
  return section === undefined ? [] : [{ name: section.name, offset: section.offset, size: section.size }];
}
