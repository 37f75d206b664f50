import type { Command } from "#abi/command.ts";
import { ByteReader, decoding, latin1 } from "#bytes/reader.ts";
import type { Failure } from "#core/failure.ts";
import { err, type Result } from "#core/result.ts";
import type { ImageArchitecture, ReferenceInput } from "./input.ts";
import { doneAlone } from "./parts.ts";

const HEADER_BYTES = 64;

/** The four bytes at 0x38. LoongArch has those of every Linux PE file there, and so have zboot files. */
const MAGICS = {
  arm64: "ARM\x64",
  riscv: "RSC\x05",
  loongarch: "\xcd\x23\x82\x81",
} as const satisfies Record<ImageArchitecture, string>;

/** True where the first bytes are those of an Image of any architecture. */
export function looksLikeImage(image: Uint8Array): boolean {
  return Object.values(MAGICS).some((magic) => isImage(image, magic));
}

/**
 * The stream of the `plain` target (v7): DONE alone, for a kernel that needs no unpacking. What the layer before has
 * copied stays.
 *
 *     00 code  04 "zimg" in a zboot file, anything else here  38 magic of the architecture
 *
 * Without an architecture in the input any of them is taken.
 *
 * Errors: `malformed` by rule 6 of docs/spec.md, "What a parser emits"; `unsupported` in v6.
 *
 * Source: Linux, Documentation/arch/arm64/booting.rst, arch/riscv/boot-image-header.rst,
 * arch/loongarch/booting.rst.
 */
export function parsePlain(input: ReferenceInput): Result<readonly Command[]> {
  if (input.revision === "v6") {
    return err<Failure>({ reason: "unsupported", what: "plain kernel", detail: "revision v6 has no DONE" });
  }
  const { image, arch } = input;
  const header = decoding(() => {
    const file = new ByteReader(image, { format: "Image", section: "header" });
    const bytes = file.part("header", 0, HEADER_BYTES);
    if (latin1(bytes.slice(4, 4)) === "zimg") bytes.fail(4, "a zboot file");
    if (arch === undefined ? !looksLikeImage(image) : !isImage(image, MAGICS[arch])) {
      bytes.fail(0x38, `no magic of ${arch ?? "any architecture"}`);
    }
  });
  return header.ok ? doneAlone() : header;
}

function isImage(image: Uint8Array, magic: string): boolean {
  return (
    image.length >= HEADER_BYTES &&
    latin1(image.subarray(4, 8)) !== "zimg" &&
    latin1(image.subarray(0x38, 0x3c)) === magic
  );
}
