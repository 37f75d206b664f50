import { commandTitle, payloadPlace } from "#abi/command.ts";
import { perPart } from "#abi/parts.ts";
import { REVISIONS } from "#abi/revisions.ts";
import { ByteReader, decoding } from "#bytes/reader.ts";
import type { Failure } from "#core/failure.ts";
import { ok, type Result } from "#core/result.ts";
import { type SparseFile, withSparseFile } from "#files/sparse-file.ts";
import { isBzImage } from "#formats/bzimage/bzimage.ts";
import { isElf } from "#formats/elf/header.ts";
import { coffSymbols } from "#formats/pe/coff-symbols.ts";
import { decodePe } from "#formats/pe/pe-file.ts";
import { splitSignature } from "#formats/signature/signature.ts";
import { foreignKernel } from "#kernel-image/forms.ts";
import { decodeSparseElf } from "#kernel-image/sparse-elf.ts";
import { parseEnvelope } from "#reference-parsers/envelope.ts";
import { parsePlain } from "#reference-parsers/plain.ts";
import { parseUki } from "#reference-parsers/uki.ts";
import { parseZboot } from "#reference-parsers/zboot.ts";
import type { OwnReference } from "#verify/references.ts";
import { lookDeeper } from "./deep.ts";
import { describeElf } from "./elf.ts";
import { describeImage, describeOther, nameOther } from "./other.ts";
import { PartHashes } from "./part-hashes.ts";
import { describePe } from "./pe.ts";
import type { EmittedStream, Facts, FilePart, Inspection } from "./types.ts";

export type InspectOptions = {
  /** Hash the file, its parts and payloads; without it a large file is not read but for its tables. */
  readonly hashes: boolean;
  /** The largest part that a parser may carry, in bytes. */
  readonly limit: number;
  /** A failure in words, for the streams that are refused. */
  readonly explain: (failure: Failure) => string;
  /** A format of the user's own: its parser is asked, too. */
  readonly own: OwnReference | undefined;
};

/** Files up to this size are read whole, unless they are PE; of others only what the decoders look at. */
const WHOLE = 64 * 1024 * 1024;
const HEAD = 1024 * 1024;
const TABLES = 64 * 1024;

const UNKNOWN = "no format of kernel images";

type Hash = (part: FilePart) => Promise<Result<FilePart>>;

const PARSERS = [
  ["zboot", parseZboot],
  ["envelope", parseEnvelope],
  ["uki", parseUki],
  ["plain", parsePlain],
] as const;

/** Looks at a file: what it is, its parts, what is odd about it, and what each parser would send for it. */
export function inspectFile(file: string, options: InspectOptions): Promise<Result<Inspection>> {
  return withSparseFile(file, async (sparse) => {
    fillTables(sparse);
    // Where the user's own parser looks is not known.
    if (options.own !== undefined) sparse.fill(0, sparse.size);
    const facts = withOwnParts(describe(sparse), sparse.bytes, options);
    const deeper = options.hashes ? await lookDeeper(sparse, options.explain) : ok(undefined);
    if (!deeper.ok) return deeper;
    const hashes = options.hashes ? new PartHashes(sparse.input) : undefined;
    const hash: Hash = async (part) => hashes?.of(part) ?? ok(part);
    const whole = await hash({ name: "file", offset: 0, size: sparse.size });
    if (!whole.ok) return whole;
    const parts = await mapInOrder(
      [...facts.parts].sort((a, b) => a.offset - b.offset),
      hash,
    );
    if (!parts.ok) return parts;
    const sent = await streams(sparse.bytes, options, hash);
    if (!sent.ok) return sent;
    const { sha256 } = whole.value;
    const left = hashes?.left ?? 0;
    const warnings = left === 0 ? [] : [`${left} parts are not hashed: they overlap many others`];
    return ok({
      schema: 1,
      file,
      size: sparse.size,
      ...(sha256 === undefined ? {} : { sha256 }),
      ...facts,
      fields: [...facts.fields, ...(deeper.value?.fields ?? [])],
      warnings: [...facts.warnings, ...(deeper.value?.warnings ?? []), ...warnings],
      parts: parts.value,
      streams: sent.value,
    });
  });
}

function fillTables(sparse: SparseFile): void {
  sparse.fill(0, HEAD);
  const isMz = sparse.bytes[0] === 0x4d && sparse.bytes[1] === 0x5a;
  if (isMz) fillPe(sparse);
  const isPe = isMz && !isBzImage(sparse.bytes);
  if (sparse.size <= WHOLE && !isPe) sparse.fill(HEAD, sparse.size);
  else sparse.fill(sparse.size - HEAD, HEAD);
}

/** What descriptions of PE files look at: headers, the sections' beginnings, what VirtualSize leaves out, certificates. */
function fillPe(sparse: SparseFile): void {
  const signature = decoding(() =>
    new ByteReader(sparse.bytes, { format: "PE", section: "DOS header" }).u32(0x3c),
  );
  if (signature.ok) sparse.fill(signature.value, TABLES);
  const pe = decodePe(sparse.bytes);
  if (!pe.ok) return;
  for (const { pointerToRawData, sizeOfRawData, data } of pe.value.sections) {
    sparse.fill(pointerToRawData, Math.min(data.length, TABLES));
    sparse.fill(pointerToRawData + data.length, Math.min(sizeOfRawData - data.length, HEAD));
  }
  const symbols = coffSymbols(pe.value);
  if (symbols !== undefined) sparse.fill(symbols.strings, TABLES);
  const { certificates } = pe.value;
  if (certificates !== undefined) sparse.fill(certificates.offset, certificates.data.length);
}

function describe(sparse: SparseFile): Facts {
  const { bytes } = sparse;
  const signed = splitSignature(bytes);
  const facts = describeContent(sparse);
  if (!signed.ok || signed.value.signature === undefined) return facts;
  const { offset, data } = signed.value.signature;
  return {
    ...facts,
    parts: [...facts.parts, { name: "appended signature", offset, size: data.length }],
    warnings: [...facts.warnings, "signed: any change invalidates the appended signature"],
  };
}

function describeContent(sparse: SparseFile): Facts {
  const { bytes } = sparse;
  const unusable = (format: string, failure: { section: string; offset: number; detail: string }): Facts => ({
    format: `${format}, unusable`,
    fields: [],
    parts: [],
    warnings: [`${failure.section}, offset 0x${failure.offset.toString(16)}: ${failure.detail}`],
  });
  if (isElf(bytes)) {
    const elf = decodeSparseElf(sparse);
    if (!elf.ok) return unusable("ELF", elf.failure);
    for (const section of elf.value.sections) sparse.fill(section.offset, Math.min(section.size, TABLES));
    const facts = describeElf(elf.value, bytes);
    return facts.ok ? facts.value : unusable("ELF", facts.failure);
  }
  const foreign = foreignKernel(bytes);
  if (foreign !== undefined) {
    return { format: foreign.what.replace(/^an? /, ""), fields: [], parts: [], warnings: [foreign.detail] };
  }
  const image = describeImage(bytes);
  if (image !== undefined) return image;
  if (bytes[0] === 0x4d && bytes[1] === 0x5a) {
    const facts = describePe(bytes);
    return facts.ok ? facts.value : unusable("PE", facts.failure);
  }
  return (
    describeOther(bytes) ?? {
      format: nameOther(bytes),
      fields: [],
      parts: [],
      warnings: [UNKNOWN],
    }
  );
}

/** What is no format that is known here is told by the parts that the user's own parser finds. */
function withOwnParts(facts: Facts, bytes: Uint8Array, { own, limit }: InspectOptions): Facts {
  if (own === undefined) return facts;
  const [stream] = REVISIONS.flatMap((revision) => {
    const found = own.parse({ image: bytes, limits: perPart(() => limit), revision });
    return found.ok ? [found.value] : [];
  });
  if (stream === undefined) return facts;
  const parts = stream.flatMap((command) => {
    const { subcommand, payload } = command;
    if (subcommand === undefined || payload.length === 0) return [];
    return [{ name: `${own.name} ${subcommand.toLowerCase()}`, ...payloadPlace(command, bytes) }];
  });
  const named = { ...facts, parts: [...facts.parts, ...parts] };
  return facts.warnings.includes(UNKNOWN) ? { ...named, format: own.name, warnings: [] } : named;
}

async function streams(
  bytes: Uint8Array,
  { limit, explain, own }: InspectOptions,
  hash: Hash,
): Promise<Result<readonly EmittedStream[]>> {
  const limits = perPart(() => limit);
  const found: EmittedStream[] = [];
  const parsers = own === undefined ? PARSERS : [[own.name, own.parse] as const, ...PARSERS];
  for (const revision of REVISIONS) {
    for (const [parser, parse] of parsers) {
      if ((parser === "envelope" || parser === "plain") && revision === "v6") continue;
      const stream = parse({ image: bytes, limits, revision });
      if (!stream.ok) {
        found.push({ parser, revision, refused: explain(stream.failure) });
        continue;
      }
      const commands = await mapInOrder(stream.value, async (command) => {
        const { payload, textAt } = command;
        const ended = textAt !== undefined;
        const part = await hash({ name: "payload", ...payloadPlace(command, bytes) });
        if (!part.ok) return part;
        const sent = payload.length === 0 ? null : part.value;
        return ok({ command: commandTitle(command), payload: sent, ended });
      });
      if (!commands.ok) return commands;
      found.push({ parser, revision, commands: commands.value });
    }
  }
  return ok(found);
}

async function mapInOrder<A, B>(
  items: readonly A[],
  map: (item: A) => Promise<Result<B>>,
): Promise<Result<readonly B[]>> {
  const mapped: B[] = [];
  for (const item of items) {
    const one = await map(item);
    if (!one.ok) return one;
    mapped.push(one.value);
  }
  return ok(mapped);
}
