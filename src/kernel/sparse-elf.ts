import { type FileHandle, open } from "node:fs/promises";
import { ByteReader, decoding } from "#bytes/reader.ts";
import { inFile } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { fileFailed } from "#files/errno.ts";
import { decodeElf } from "#formats/elf/elf-file.ts";
import { readByteOrder } from "#formats/elf/header.ts";

/** File header and section header, gABI figures 4-3 and 4-8: only what leads to the section names. */
const HEADER_SIZE = 64;

/**
 * Reads one section of an ELF file without reading the rest: a kernel's vmlinux has hundreds of
 * megabytes of debug information.
 *
 * The decoder sees a buffer as large as the file, of which only the parts that it touches are
 * filled; the operating system gives memory to no more than those.
 *
 * @returns the section's bytes, `undefined` where the file has no such section
 */
export async function readElfSection(file: string, name: string): Promise<Result<Uint8Array | undefined>> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file);
    const { size } = await handle.stat();
    const bytes = new Uint8Array(size);
    const source = handle;
    const fill = async (offset: number, length: number): Promise<void> => {
      const end = Math.min(size, offset + length);
      for (let at = Math.max(0, offset); at < end; ) {
        const { bytesRead } = await source.read(bytes, at, end - at, at);
        if (bytesRead === 0) return;
        at += bytesRead;
      }
    };

    await fill(0, HEADER_SIZE);
    const tables = decoding(() => {
      const order = readByteOrder(new ByteReader(bytes, { format: "ELF", section: "file header" }));
      const header = new ByteReader(bytes, { format: "ELF", section: "file header", ...order });
      return {
        header,
        offset: header.size64(0x28),
        count: header.u16(0x3c),
        names: header.u16(0x3e),
      };
    });
    if (!tables.ok) return err(inFile(tables.failure, file));
    const { header, offset, count, names } = tables.value;
    await fill(offset, count * HEADER_SIZE);
    const place = decoding(() => {
      const at = offset + names * HEADER_SIZE;
      return { offset: header.size64(at + 0x18), length: header.size64(at + 0x20) };
    });
    if (place.ok) await fill(place.value.offset, place.value.length);

    const elf = decodeElf(bytes);
    if (!elf.ok) return err(inFile(elf.failure, file));
    const section = elf.value.section(name);
    if (section === undefined) return ok(undefined);
    await fill(section.offset, section.size);
    return ok(section.data);
  } catch (error) {
    return err(fileFailed("read", file, error));
  } finally {
    await handle?.close();
  }
}
