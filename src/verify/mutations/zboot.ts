import { INT_MAX, setNumber, UINT_MAX, withBytes, withNumber } from "./field.ts";
import { changed, cuts, type Draft, type Expected, grown, harmless, refused } from "./mutation.ts";
import type { ZbootLayout } from "./zboot-layout.ts";

const SECTION = "DOS header";
const [OFFSET, SIZE] = [0x08, 0x0c];

/** What is tried with a zboot file by itself. */
export function zbootMutations(image: Uint8Array, layout: ZbootLayout): readonly Draft[] {
  const { payload } = layout;
  const end = payload.offset + payload.size;
  return [
    ...zbootFieldMutations(image, layout),
    ...cuts(image, layout.headersEnd, () => refused("bytes wanted", SECTION)),
    ["cut-in-the-payload", refused("bytes at", SECTION), () => image.slice(0, end - 1)],
    ["bytes-behind-the-end", harmless("nothing says how long a file is"), () => grown(image, 5)],
    ["elf-magic", refused(), () => withBytes(image, 0, Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0))],
  ];
}

/** What is tried with a zboot header, an envelope's `.kernel` included; the image keeps its size. */
export function zbootFieldMutations(image: Uint8Array, layout: ZbootLayout): readonly Draft[] {
  const { base, size: room, payload } = layout;
  const placed = (offset: bigint, size: bigint) => () => {
    const copy = image.slice();
    setNumber(copy, base + OFFSET, 4, offset);
    setNumber(copy, base + SIZE, 4, size);
    return copy;
  };
  const expected = (offset: bigint, size: bigint): Expected => {
    if (size === 0n) return refused("empty payload", SECTION);
    if (offset + size > BigInt(room)) return refused("bytes at", SECTION);
    return changed("the payload is another run of bytes");
  };
  const [offset, size] = [BigInt(payload.offset), BigInt(payload.size)];
  const places: readonly (readonly [string, bigint, bigint])[] = [
    ["payload-empty", offset, 0n],
    ["payload-empty-outside", UINT_MAX, 0n],
    ["payload-of-1", offset, 1n],
    ["payload-of-3", offset, 3n],
    ["payload-one-byte-less", offset, size - 1n],
    ["payload-to-the-end-and-1", offset, BigInt(room) - offset + 1n],
    ["payload-of-int-max", offset, INT_MAX],
    ["payload-of-uint-max", offset, UINT_MAX],
    ["payload-at-the-end", BigInt(room), size],
    ["payload-at-int-max", INT_MAX, size],
    ["payload-at-uint-max", UINT_MAX, size],
    ["payload-wraps-in-32-bits", UINT_MAX - 0xfn, 0x20n],
    ["payload-wraps-to-its-own-end", UINT_MAX - 0xfn, offset + 0x10n],
    ["payload-over-the-header", 0n, BigInt(room)],
  ];
  const flipped = (at: number) => withNumber(image, { at: base + at, width: 1 }, 0n);
  const bytesOf = (name: string, from: number, length: number): readonly Draft[] =>
    Array.from(
      { length },
      (_, i): Draft => [
        `no-${name}-${i}`,
        refused(name === "zimg" ? "zimg magic" : "magic", SECTION),
        () => flipped(from + i),
      ],
    );
  const ignored = (name: string, at: number, length: number): Draft => [
    `${name}-all-ones`,
    harmless("no parser goes by this field"),
    () => withBytes(image, base + at, new Uint8Array(length).fill(0xff)),
  ];
  return [
    ...places.map(([name, at, length]): Draft => [name, expected(at, length), placed(at, length)]),
    ...bytesOf("mz", 0x00, 2),
    ...bytesOf("zimg", 0x04, 4),
    ignored("reserved", 0x10, 8),
    ignored("compression", 0x18, 32),
    ignored("linux-pe-magic", 0x38, 4),
    ignored("pe-header-offset", 0x3c, 4),
  ];
}
