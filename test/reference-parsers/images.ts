import fc from "fast-check";
import { buildElf, type TestSection } from "../support/elf-builder.ts";
import { buildPe, type TestPeSection } from "../support/pe-builder.ts";
import { buildZboot } from "../support/zboot-builder.ts";

/** Values that a check may get wrong. */
const NUMBERS = [
  0n,
  1n,
  2n,
  3n,
  0x10bn,
  0x7fffn,
  0xffffn,
  0x7fff_ffffn,
  0xffff_fff0n,
  0xffff_ffffn,
  2n ** 32n,
  2n ** 53n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 8n,
  2n ** 64n - 1n,
];

/** Now and then at and beyond the 256 bytes that the tests' records of initrd and cmdline hold. */
const data = fc.oneof(
  { weight: 9, arbitrary: fc.uint8Array({ maxLength: 24 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(256, 257, 512, 513).map((length) => new Uint8Array(length).fill(0x61)),
  },
);

const goodZboot = fc
  .record({ payload: data, compression: fc.constantFrom("gzip", "zstd22") })
  .map((zboot) => {
    return buildZboot(zboot.payload, zboot);
  });

const elfSection: fc.Arbitrary<TestSection> = fc.record({
  name: fc.constantFrom(
    ".initrd",
    ".cmdline",
    ".initrd",
    ".cmdline",
    ".initrd2",
    ".cmdlin",
    ".note",
    "",
    ".kernel",
  ),
  type: fc.constantFrom(1, 1, 1, 1, 1, 7),
  data,
});

const goodEnvelope = fc
  .tuple(fc.array(elfSection, { maxLength: 3 }), goodZboot, fc.array(elfSection, { maxLength: 2 }))
  .map(([before, kernel, after]) => buildElf([...before, { name: ".kernel", data: kernel }, ...after]).bytes);

const peSection: fc.Arbitrary<TestPeSection> = fc
  .record({
    name: fc.constantFrom(".linux", ".initrd", ".cmdline", ".profile", ".linux2", ".initrdx", ".osrel", ""),
    data,
    cut: fc.constantFrom(0, 0, 0, 1, 5),
  })
  .map(({ name, data, cut }) => ({ name, data, virtualSize: Math.max(0, data.length - cut) }));

const goodUki = fc
  .tuple(fc.array(peSection, { maxLength: 6 }), data, fc.array(peSection, { maxLength: 3 }), fc.boolean())
  .map(
    ([before, linux, after, plus]) =>
      buildPe([...before, { name: ".linux", data: linux }, ...after], { plus }).bytes,
  );

/** Kernels of three architectures and such as look like them; the tests' parser is for arm64. */
const goodPlain = fc
  .record({
    magic: fc.constantFrom("ARM\x64", "ARM\x64", "ARM\x64", "RSC\x05", "\xcd\x23\x82\x81"),
    type: fc.constantFrom("\0\0\0\0", "\0\0\0\0", "zimg", "zimh"),
    tail: data,
  })
  .map(({ magic, type, tail }) => {
    const header = Buffer.alloc(64);
    header.write(`MZ\0\0${type}`, "latin1");
    header.write(magic, 0x38, "latin1");
    return new Uint8Array(Buffer.concat([header, tail]));
  });

type Change = { readonly place: number; readonly width: 1 | 2 | 4 | 8; readonly value: bigint };

const change: fc.Arbitrary<Change> = fc.record({
  // Most fields stand near the beginning, or near the end as an ELF file's section headers do.
  place: fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 0.2, noNaN: true })),
  width: fc.constantFrom(1, 2, 4, 8),
  value: fc.oneof(fc.constantFrom(...NUMBERS), fc.bigInt({ min: 0n, max: 0x1000n })),
});

function mutate(good: Uint8Array, changes: readonly Change[], cut: number | undefined): Uint8Array {
  const length = cut === undefined ? good.length : Math.floor(cut * good.length);
  const bytes = good.slice(0, length);
  const view = new DataView(bytes.buffer);
  for (const { place, width, value } of changes) {
    if (length < width) continue;
    // Fields are aligned to their width in all three formats.
    const at = Math.floor((place * (length - width)) / width) * width;
    for (let i = 0; i < width; i++) view.setUint8(at + i, Number((value >> BigInt(8 * i)) & 0xffn));
  }
  return bytes;
}

/** Images of the four formats: good, with fields changed, cut short; and noise that begins like one. */
export const anyImage: fc.Arbitrary<Uint8Array> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(
        fc.oneof(goodZboot, goodEnvelope, goodEnvelope, goodUki, goodUki, goodPlain),
        fc.array(change, { maxLength: 2 }),
        fc.oneof(
          { weight: 7, arbitrary: fc.constant(undefined) },
          { weight: 1, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) },
        ),
      )
      .map(([good, changes, cut]) => mutate(good, changes, cut)),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom("", "MZ", "MZ\0\0zimg", "\x7fELF\x02\x01"), fc.uint8Array({ maxLength: 200 }))
      .map(([head, tail]) => new Uint8Array(Buffer.concat([Buffer.from(head, "latin1"), tail]))),
  },
);
