import { numberAt, withBytes, withNumber } from "./field.ts";
import { cuts, type Draft, grown, harmless, refused } from "./mutation.ts";
import { PLAIN_MAGICS, type PlainLayout } from "./plain-layout.ts";

const MAGIC_AT = 0x38;
const SECTION = "header";

/** What is tried with a kernel that needs no unpacking. */
export function plainMutations(image: Uint8Array, layout: PlainLayout): readonly Draft[] {
  const own = numberAt(image, MAGIC_AT, 4);
  const others = PLAIN_MAGICS.filter(([, magic]) => magic !== own);
  const text = (words: string) => Uint8Array.from(Buffer.from(words, "latin1"));
  const noMagic = refused("no magic of", SECTION);
  return [
    ...cuts(image, layout.headersEnd, () => refused("bytes wanted", SECTION)),
    [
      "header-alone",
      harmless("the header is all that is looked at"),
      () => image.slice(0, layout.headersEnd),
    ],
    ["bytes-after-the-end", harmless("nothing says how long a file is"), () => grown(image, 5)],
    ...[0, 1, 2, 3].map(
      (i): Draft => [
        `magic-byte-${i}-wrong`,
        noMagic,
        () => withNumber(image, { at: MAGIC_AT + i, width: 1 }, BigInt(~(image[MAGIC_AT + i] ?? 0) & 0xff)),
      ],
    ),
    ...others.map(
      ([arch, magic]): Draft => [
        `magic-of-${arch}`,
        noMagic,
        () => withNumber(image, { at: MAGIC_AT, width: 4 }, magic),
      ],
    ),
    ["no-magic", noMagic, () => withNumber(image, { at: MAGIC_AT, width: 4 }, 0n)],
    ["zimg", refused("a zboot file", SECTION), () => withBytes(image, 4, text("zimg"))],
    [
      "zim2",
      harmless("only a zboot file is refused for what stands there"),
      () => withBytes(image, 4, text("zim2")),
    ],
    [
      "zimh",
      harmless("only a zboot file is refused for what stands there"),
      () => withBytes(image, 4, text("zimh")),
    ],
    [
      "code-all-ones",
      harmless("code is not looked at"),
      () => withBytes(image, 0, new Uint8Array(4).fill(0xff)),
    ],
    [
      "fields-all-ones",
      harmless("no other field is looked at"),
      () => withBytes(image, 0x08, new Uint8Array(0x30).fill(0xff)),
    ],
  ];
}
