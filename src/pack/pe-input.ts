import { ByteReader, decoding } from "#bytes/reader.ts";
import { inFile } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import type { InputFile } from "#files/input-file.ts";
import { sparseBuffer } from "#files/sparse-file.ts";
import { debugDirectoryOffset } from "#formats/pe/debug-directory.ts";
import { decodePe } from "#formats/pe/pe-file.ts";
import type { PeFile } from "#formats/pe/types.ts";

/** Holds the headers of most images, and any section table. */
const TABLES = 64 * 1024;
const MOST_HEADERS = 16 * 1024 * 1024;

/**
 * Decodes a PE file of which nothing but headers and debug directory is read. Its `bytes` are as long as the file, but untouched
 * pages of theirs take no memory.
 *
 * Errors: those of reading and of `decodePe`; `unsupported` for headers of more than 16 MiB; `size-exceeded` past 4 GiB.
 */
export function readPe(file: InputFile): Result<PeFile> {
  // File offsets of PE have 32 bits, as many as the buffer has.
  const buffer = sparseBuffer(file);
  if (!buffer.ok) return buffer;
  const bytes = buffer.value;
  const fill = (start: number, end: number): Result<void> => {
    const [from, to] = [Math.min(start, file.size), Math.min(end, file.size)];
    return from < to ? file.read(bytes.subarray(from, to), from) : ok(undefined);
  };
  const head = fill(0, TABLES);
  if (!head.ok) return head;
  const signature = decoding(() => new ByteReader(bytes, { format: "PE", section: "DOS header" }).u32(0x3c));
  if (!signature.ok) return err(inFile(signature.failure, file.path));
  const tables = fill(signature.value, signature.value + TABLES);
  if (!tables.ok) return tables;
  const pe = decodePe(bytes);
  if (!pe.ok) return err(inFile(pe.failure, file.path));

  const { sections, optionalHeader } = pe.value;
  const starts = sections.filter(({ sizeOfRawData }) => sizeOfRawData > 0).map((s) => s.pointerToRawData);
  const headers = Math.min(...starts, Math.max(optionalHeader.sizeOfHeaders, TABLES));
  if (headers > MOST_HEADERS) {
    return err({ reason: "unsupported", what: "a PE header", detail: `${headers} bytes`, file: file.path });
  }
  const rest = fill(TABLES, headers);
  if (!rest.ok) return rest;
  const debug = debugDirectoryOffset(pe.value);
  const entries = debug === undefined ? ok(undefined) : fill(debug, debug + TABLES);
  return entries.ok ? pe : entries;
}
