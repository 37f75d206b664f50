import { describe, expect, test } from "vitest";
import type { ImageArchitecture, ReferenceInput } from "#reference-parsers/input.ts";
import { parsePlain } from "#reference-parsers/plain.ts";
import { LIMITS, outcome } from "./outcome.ts";

const MAGICS: readonly (readonly [ImageArchitecture, string])[] = [
  ["arm64", "ARM\x64"],
  ["riscv", "RSC\x05"],
  ["loongarch", "\xcd\x23\x82\x81"],
];

function kernel(magic: string, type = ""): Uint8Array {
  const image = Buffer.alloc(64);
  image.write("MZ", "latin1");
  image.write(type, 4, "latin1");
  image.write(magic, 0x38, "latin1");
  return new Uint8Array(image);
}

function plain(image: Uint8Array, arch?: ImageArchitecture): readonly (string | number)[] {
  const parse = (input: ReferenceInput) => parsePlain({ ...input, arch });
  return outcome(parse, image);
}

describe.each(MAGICS)("a kernel of %s", (arch, magic) => {
  test("is answered by DONE alone", () => expect(plain(kernel(magic), arch)).toEqual(["DONE"]));

  test("is refused by the parsers of other architectures", () => {
    for (const [other] of MAGICS.filter(([name]) => name !== arch)) {
      expect(plain(kernel(magic), other)).toEqual(["malformed", "header", 0x38, `no magic of ${other}`]);
    }
  });

  test("is refused as a zboot file", () =>
    expect(plain(kernel(magic, "zimg"), arch)).toEqual(["malformed", "header", 4, "a zboot file"]));

  test("is refused when cut anywhere in its header", () => {
    for (let length = 0; length < 64; length++) {
      expect(plain(kernel(magic).subarray(0, length), arch)[0]).toBe("malformed");
    }
  });
});

test("where the architecture is not known, a kernel of any is taken, and nothing else", () => {
  for (const [, magic] of MAGICS) expect(plain(kernel(magic))).toEqual(["DONE"]);
  expect(plain(kernel("ARM\x65"))).toEqual(["malformed", "header", 0x38, "no magic of any architecture"]);
});

test("v6 has no DONE to say that a kernel was taken", () =>
  expect(parsePlain({ image: kernel("ARM\x64"), limits: LIMITS, revision: "v6" })).toMatchObject({
    ok: false,
    failure: { reason: "unsupported" },
  }));
