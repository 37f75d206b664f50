import { CODECS, type Codec } from "#formats/compression/codecs.ts";

export function codec(name: string): Codec {
  const found = CODECS.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(name);
  return found;
}

export const HELLO = Buffer.from("hello, hello, hello, hello\n");
// From `gzip -n`, `zstd --no-check`, `xz --check=crc32`, `xz --format=lzma`, `lz4 -l`, `bzip2`, each of HELLO; lzop would
// store so short a block, so it was made by hand and given to `lzop -d`.
export const GOOD: { readonly [name: string]: Buffer } = {
  gzip: Buffer.from("1f8b0800000000000003cb48cdc9c9d751c8c0a4b8004b21a1291b000000", "hex"),
  zstd: Buffer.from("28b52ffd00587500004068656c6c6f2c200a01004a8a11", "hex"),
  xz: Buffer.from(
    "fd377a585a0000016922de360200210116000000742fe5a3e0001a000e5d00341949ee8def8c8a713c097b00000000004b21a1290001261be3ff3d699042990d010000000001595a",
    "hex",
  ),
  lz4: Buffer.from("02214c18100000007b68656c6c6f2c20070050656c6c6f0a", "hex"),
  lzo: Buffer.from(
    "894c5a4f000d0a1a0a104020a00940010303000001000000000000000000000000001e9001620000001b0000000f8555093f1868656c6c6f2c203119000a11000000000000",
    "hex",
  ),
  bzip2: Buffer.from(
    "425a68393141592653593d595d730000075100001040040244a000310c0092189796280d38140f1772453850903d595d73",
    "hex",
  ),
  lzma: Buffer.from("5d00008000ffffffffffffffff00341949ee8def8c8a713c0bcc2e0ffffee91800", "hex"),
};
