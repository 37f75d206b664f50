import fc from "fast-check";
import { anyImage } from "../../reference-parsers/images.ts";
import { buildElf, type TestSection } from "../../support/elf-builder.ts";
import { buildPe, type TestPeSection } from "../../support/pe-builder.ts";
import { buildZboot } from "../../support/zboot-builder.ts";

/** What fills the record of a command line, and leaves no room for a NUL that it lacks. */
const FULL_LINE = new Uint8Array(32 * 1024).fill(0x61);
const ENDED_LINE = FULL_LINE.with(FULL_LINE.length - 1, 0);

/** The largest kernel and initrd of `buildParsers`, and beyond. */
const TOO_LARGE = new Uint8Array((1 << 20) + 0x20000);

const text = (value: string) => new Uint8Array(Buffer.from(value, "latin1"));
const PAYLOAD = new Uint8Array(3000).fill(7);
const ZBOOT = buildZboot(PAYLOAD);
const part = (name: string, data: Uint8Array = text("data of a part")) => ({ name, data });
const uki = (...sections: readonly TestPeSection[]) => buildPe(sections).bytes;
const envelope = (...sections: readonly TestSection[]) => buildElf(sections).bytes;
const KERNEL = part(".kernel", ZBOOT);
const LINUX = part(".linux", PAYLOAD);

export type ImageKind = "zboot" | "envelope" | "uki" | "plain";

function plain(magic: string, type = ""): Uint8Array {
  const image = new Uint8Array(200).fill(3);
  image.set(text(`MZ\0\0${type}`));
  image.set(text(magic), 0x38);
  return image;
}

const GOOD: { readonly [Kind in ImageKind]: readonly Uint8Array[] } = {
  zboot: [ZBOOT],
  envelope: [
    envelope(KERNEL, part(".initrd"), part(".cmdline")),
    envelope(part(".note"), KERNEL, part(".cmdline", text(""))),
  ],
  plain: [plain("ARM\x64")],
  uki: [
    uki(LINUX, part(".initrd"), part(".cmdline")),
    buildPe([part(".text"), LINUX], { plus: false }).bytes,
    uki(LINUX, part(".cmdline", text(""))),
    uki(LINUX, part(".profile"), part(".linux"), part(".initrd"), part(".profile"), part(".linux")),
  ],
};

/** Images with parts too large, too many sections, or two sections of one name. */
const ODD: { readonly [Kind in ImageKind]: () => readonly Uint8Array[] } = {
  zboot: () => [buildZboot(TOO_LARGE)],
  envelope: () => [
    envelope(KERNEL, part(".initrd", TOO_LARGE)),
    envelope(KERNEL, part(".cmdline", TOO_LARGE)),
    ...[FULL_LINE, ENDED_LINE].map((line) => envelope(KERNEL, part(".cmdline", line))),
    ...[".kernel", ".initrd", ".cmdline"].map((name) => envelope(KERNEL, part(name), part(name))),
    ...[3, 64, 65].map((count) =>
      envelope(KERNEL, ...Array.from({ length: count - 3 }, () => part(".note"))),
    ),
  ],
  plain: () => [
    ...["ARM\x65", "RSC\x05", "\xcd\x23\x82\x81"].map((magic) => plain(magic)),
    ...["zimg", "aimg", "zamg", "ziag", "zima"].map((type) => plain("ARM\x64", type)),
  ],
  uki: () => [
    uki(part(".linux", TOO_LARGE)),
    uki(LINUX, part(".initrd", TOO_LARGE)),
    uki(LINUX, part(".cmdline", TOO_LARGE)),
    ...[FULL_LINE, ENDED_LINE].map((line) => uki(LINUX, part(".cmdline", line))),
    ...[1, 96, 97].map((count) => uki(...Array.from({ length: count - 1 }, () => part(".note")), LINUX)),
  ],
};

const EDGES = [0n, 1n, 2n, 64n, 65n, 0xffffn, 0x7fff_ffffn, 0xffff_ffffn, 1n << 63n, (1n << 64n) - 1n];
/** Bytes at either end of an image in which all headers lie. */
const HEADERS = 0x1c0;

/** The image with one byte at an edge, or, a share of them, one larger field of its headers. */
function* withEdges(good: Uint8Array, { part, of }: Share): Generator<Uint8Array> {
  let fields = 0;
  for (let at = 0; at < good.length; at += 1) {
    if (at >= HEADERS && at < good.length - HEADERS) continue;
    for (const width of [1, 2, 4, 8]) {
      if (at % width !== 0 || at + width > good.length) continue;
      for (const value of width === 1 ? [0n, 0x5an] : EDGES) {
        if (width > 1 && fields++ % of !== part) continue;
        const bytes = good.slice();
        for (let i = 0; i < width; i++) bytes[at + i] = Number((value >> BigInt(8 * i)) & 0xffn);
        // Most of a header is zeros, and has this edge already.
        if (Buffer.compare(bytes.subarray(at, at + width), good.subarray(at, at + width)) !== 0) yield bytes;
      }
    }
  }
}

/** Images that parsers take. */
export function wellFormed(kinds: readonly ImageKind[]): readonly Uint8Array[] {
  return kinds.flatMap((kind) => GOOD[kind]);
}

/** Made once, and not again for each parser. */
let random: readonly Uint8Array[] | undefined;

/** Of so many parts, the one with this number, from 0. */
export type Share = { readonly part: number; readonly of: number };

/** The same images every time: good ones, good ones with one thing wrong (`withEdges`), and random ones of all kinds. */
export function* images(kinds: readonly ImageKind[], share: Share): Generator<Uint8Array> {
  yield* Object.values(GOOD).flat();
  yield* kinds.flatMap((kind) => ODD[kind]());
  for (const good of wellFormed(kinds)) {
    for (let length = 0; length < good.length; length += 7) yield good.subarray(0, length);
    yield* withEdges(good, share);
  }
  random ??= fc.sample(anyImage, { seed: 7, numRuns: 1000 });
  yield* random;
}
