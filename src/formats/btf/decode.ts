import { ByteReader, decoding } from "#bytes/reader.ts";
import type { Malformed } from "#core/failure.ts";
import type { Result } from "#core/result.ts";
import { Btf, type BtfParts } from "./btf.ts";
import { byteOrder, readBtfHeader } from "./header.ts";
import { checkLinks } from "./link.ts";
import { scanTypes } from "./scan.ts";
import { wordsOf } from "./words.ts";

export type BtfOptions = {
  /** For split BTF (a module's): the BTF whose ids and string offsets this one continues. */
  readonly base?: Btf;
  /** Where `bytes[0]` is in the outermost file, in bytes; failures count from that file's start. Default 0. */
  readonly offset?: number;
};

/**
 * Opens raw BTF: a `.BTF` section, or `/sys/kernel/btf/vmlinux`, in either byte order. `bytes` is kept
 * and must not change. All of it is checked here, so that nothing done with the result can meet
 * a bad offset, a bad id or an endless type.
 *
 * Source: the kernel's `Documentation/bpf/btf.rst` and the checks of `kernel/bpf/btf.c`.
 */
export function decodeBtf(bytes: Uint8Array, options: BtfOptions = {}): Result<Btf, Malformed> {
  return decoding(() => decode(bytes, options.base, options.offset ?? 0));
}

function decode(bytes: Uint8Array, base: Btf | undefined, offset: number): Btf {
  const settings = { format: "BTF", section: "header", base: offset };
  const { littleEndian } = byteOrder(new ByteReader(bytes, settings));
  const file = new ByteReader(bytes, { ...settings, littleEndian });
  if (base !== undefined && base.littleEndian !== littleEndian) {
    file.fail(0, "split BTF in another byte order than its base");
  }
  const header = readBtfHeader(file);
  const types = file.part("type section", header.types.offset, header.types.length);
  const strings = file.part("string section", header.strings.offset, header.strings.length);
  checkStrings(strings, base !== undefined);
  const layout = header.layout && file.part("layout section", header.layout.offset, header.layout.length);
  const words = wordsOf(types.bytes, littleEndian);
  const scanned = scanTypes({
    section: types,
    words,
    strings: strings.bytes,
    stringStart: base?.stringEnd ?? 0,
    base,
    unknownKind: (kind) => layoutOf(layout, kind),
  });
  const parts: BtfParts = {
    littleEndian,
    base,
    words,
    strings: strings.bytes,
    position: offset + header.types.offset,
    ...scanned,
  };
  const btf = new Btf(parts);
  checkLinks(btf, parts, types);
  return btf;
}

/** The first and last bytes are NUL, so that offset 0 is "" and no string runs out of the section. */
function checkStrings(strings: ByteReader, split: boolean): void {
  if (strings.length === 0) {
    // A module that needs no name of its own has none; see btf_parse_str_sec in libbpf's btf.c.
    if (!split) strings.fail(0, "no strings, not even the empty one");
    return;
  }
  if (!split && strings.u8(0) !== 0) strings.fail(0, "the first string is not the empty one");
  if (strings.u8(strings.length - 1) !== 0)
    strings.fail(strings.length - 1, "string without a terminating NUL");
}

/** `struct btf_layout`, four bytes for each kind from 0: u8 info_sz, u8 elem_sz, u16 flags. */
function layoutOf(layout: ByteReader | undefined, kind: number) {
  const at = kind * 4;
  if (layout === undefined || at + 4 > layout.length) return undefined;
  return { fixed: layout.u8(at), element: layout.u8(at + 1) };
}
