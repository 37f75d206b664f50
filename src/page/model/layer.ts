import { LARGEST_PARTS } from "#abi/limits.ts";
import { REVISIONS, type Revision } from "#abi/revisions.ts";
import type { Failure } from "#core/failure.ts";
import type { Result } from "#core/result.ts";
import { decompress, detectCodec } from "#formats/compression/codecs.ts";
import { isElf } from "#formats/elf/header.ts";
import type { FilePart, Inspection } from "#inspect/types.ts";
import { elfFields } from "#page/fields/elf.ts";
import type { Field } from "#page/fields/field.ts";
import { isPlainKernel, kernelFields } from "#page/fields/kernel.ts";
import { ownFields } from "#page/fields/own.ts";
import { peFields } from "#page/fields/pe.ts";
import { failureText } from "#report/failure-text.ts";
import type { OwnReference } from "#verify/references.ts";
import { inspectBytes } from "./inspection.ts";
import type { RecordedFormat } from "./own-format.ts";

/** An image, or what is wrapped in one: bytes with all that is known of them. */
export type OpenedLayer = {
  /** From the outermost inward: `uki.efi`, `.linux`, `unpacked`. */
  readonly path: readonly string[];
  readonly bytes: Uint8Array;
  readonly inspection: Inspection;
  /** By their offsets. */
  readonly fields: readonly Field[];
  /** What can be opened in it. */
  readonly inner: readonly Inner[];
  /** Why the user's own format does not take it, with the byte that decides where that is known. */
  readonly refusals: readonly NotTaken[];
};

export type NotTaken = {
  readonly text: string;
  readonly offset: number | undefined;
  /** Whether it is that of all revisions. */
  readonly ofAll: boolean;
};

/** A run of bytes that is a file by itself, or a compressed one. */
export type Inner = {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
  readonly codec: string | undefined;
};

/** Parts of a layer that are tried for what is in them. */
const MOST_INNER = 512;

/**
 * Looks at bytes as `inspect --no-hashes` does, and at their headers field by field.
 *
 * @param format of the user's own; it tells of the images that it was asked about, and of nothing else
 */
export async function openLayer(
  path: readonly string[],
  bytes: Uint8Array,
  format?: RecordedFormat,
): Promise<Result<OpenedLayer>> {
  const own = format?.hasSeen(bytes) ? format.reference : undefined;
  const inspection = await inspectBytes(path.join("/"), bytes, { hashes: false, own });
  if (!inspection.ok) return inspection;
  const known = [...elfFields(bytes), ...(isMz(bytes) ? peFields(bytes) : []), ...kernelFields(bytes)];
  const refusals = own === undefined ? [] : refusalsOf(own, bytes);
  // Where it does not take what another format does, its fields say nothing.
  const foreign = refusals.some(({ ofAll }) => ofAll) && known.length > 0;
  const theirs = own === undefined || foreign ? [] : ownFields(bytes, own);
  const fields = [...known, ...theirs].sort((a, b) => a.offset - b.offset);
  const inner = innerOf(bytes, inspection.value);
  return { ok: true, value: { path, bytes, inspection: inspection.value, fields, inner, refusals } };
}

function refusalsOf(own: OwnReference, image: Uint8Array): readonly NotTaken[] {
  const found = new Map<string, { readonly failure: Failure; readonly revisions: Revision[] }>();
  for (const revision of REVISIONS) {
    const stream = own.parse({ image, revision, limits: LARGEST_PARTS });
    if (stream.ok) continue;
    const text = failureText(stream.failure);
    const known = found.get(text);
    if (known === undefined) found.set(text, { failure: stream.failure, revisions: [revision] });
    else known.revisions.push(revision);
  }
  return [...found].map(([text, { failure, revisions }]) => {
    const ofAll = revisions.length === REVISIONS.length;
    const offset = failure.reason === "malformed" ? failure.offset : undefined;
    return { text: ofAll ? text : `${revisions.join(", ")}: ${text}`, offset, ofAll };
  });
}

function innerOf(bytes: Uint8Array, { parts, size }: Inspection): readonly Inner[] {
  const whole: FilePart = { name: "contents", offset: 0, size };
  const own = detectCodec(bytes) === undefined ? [] : [whole];
  const seen = new Set<string>();
  return [...own, ...parts.slice(0, MOST_INNER)].flatMap((part) => {
    const { name, offset, size: length } = part;
    const content = bytes.subarray(offset, offset + length);
    const codec = detectCodec(content)?.name;
    const key = `${offset}:${length}`;
    if (seen.has(key) || length === 0 || (part !== whole && (length === size || offset === 0))) return [];
    if (codec === undefined && !isFile(content)) return [];
    seen.add(key);
    return [{ name, offset, size: length, codec }];
  });
}

function isFile(bytes: Uint8Array): boolean {
  return isElf(bytes) || isPlainKernel(bytes) || (isMz(bytes) && bytes.length > 0x40);
}

function isMz(bytes: Uint8Array): boolean {
  return bytes[0] === 0x4d && bytes[1] === 0x5a;
}

/** Opens what is inside; compressed bytes are unpacked. Errors: those of the decoder. */
export async function openInner({ path, bytes }: OpenedLayer, inner: Inner): Promise<Result<OpenedLayer>> {
  const content = bytes.subarray(inner.offset, inner.offset + inner.size);
  const codec = detectCodec(content);
  if (codec === undefined) return openLayer([...path, inner.name], content);
  const unpacked = await decompress(codec, content, { streams: "first" });
  if (!unpacked.ok) return unpacked;
  return openLayer([...path, `${inner.name} (${codec.name})`], unpacked.value.bytes);
}

/** What a byte belongs to: its header field, and the smallest part around it. */
export function placeOf(
  { fields, inspection }: Pick<OpenedLayer, "fields" | "inspection">,
  at: number,
): { readonly field: Field | undefined; readonly part: FilePart | undefined } {
  const field = fields.find(({ offset, size }) => offset <= at && at < offset + size);
  let part: FilePart | undefined;
  for (const one of inspection.parts) {
    const inside = one.offset <= at && at < one.offset + one.size;
    if (inside && (part === undefined || one.size < part.size)) part = one;
  }
  return { field, part };
}
