import { alignUp } from "#bytes/align.ts";
import { ByteReader, decoding } from "#bytes/reader.ts";
import type { Malformed } from "#core/failure.ts";
import type { Result } from "#core/result.ts";

const NT_GNU_BUILD_ID = 3;
const HEADER_SIZE = 12;

/**
 * The GNU build ID, in hexadecimal, among the notes of a section (a kernel's `.notes`); undefined where none of them is one.
 *
 *     u32 namesz  u32 descsz  u32 type  name, padded to 4  desc, padded to 4
 *
 * Source: System V gABI, chapter 5, "Note Section"; ld(1), --build-id.
 */
export function buildIdOf(
  notes: Uint8Array,
  options: { readonly littleEndian: boolean },
): Result<string | undefined, Malformed> {
  return decoding(() => {
    const reader = new ByteReader(notes, { format: "ELF", section: "notes", ...options });
    for (let at = 0; at < reader.length; ) {
      const [nameSize, size, type] = [reader.u32(at), reader.u32(at + 4), reader.u32(at + 8)];
      const name = reader.slice(at + HEADER_SIZE, nameSize);
      const start = at + HEADER_SIZE + alignUp(nameSize, 4);
      const description = reader.slice(start, size);
      if (type === NT_GNU_BUILD_ID && Buffer.from(name).toString("latin1") === "GNU\0") {
        return Buffer.from(description).toString("hex");
      }
      at = start + alignUp(size, 4);
    }
    return undefined;
  });
}
