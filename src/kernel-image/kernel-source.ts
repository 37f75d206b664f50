import { ok, type Result } from "#core/result.ts";
import type { InputFile } from "#files/input-file.ts";
import type { Piece } from "#files/pieces.ts";
import { SparseFile, sparseBuffer } from "#files/sparse-file.ts";
import { isBzImage } from "#formats/bzimage/bzimage.ts";
import { detectFileCodec } from "#formats/compression/codecs.ts";
import { isElf } from "#formats/elf/header.ts";
import { decodeImage } from "#formats/image/image.ts";
import { isZboot } from "#formats/zboot/zboot.ts";
import { findRelease, releaseIn } from "./identity.ts";
import { decodeSparseElf } from "./sparse-elf.ts";

/** Of a file's beginning, what is read to see what it is. */
const HEAD = 4096;

/**
 * A kernel file that something is taken out of. Of a vmlinux, which has hundreds of megabytes of debug information, and of an
 * Image, the tables alone are read: what is taken are ranges of the file.
 */
export class KernelSource {
  /** As long as the file. */
  readonly bytes: Uint8Array;
  /** What has only been read in part. */
  readonly #sparse: SparseFile | undefined;

  private constructor(bytes: Uint8Array, sparse?: SparseFile) {
    this.bytes = bytes;
    this.#sparse = sparse;
  }

  /** Errors: `file-failed`; `size-exceeded`; `unsupported` for a file that changes meanwhile. */
  static open(input: InputFile): Result<KernelSource> {
    const head = input.head(HEAD);
    if (!head.ok) return head;
    const tables = isElf(head.value) ? elfTables : isPlainImage(head.value) ? imageHeader : undefined;
    const sparse = tables === undefined ? ok(undefined) : tables(input);
    if (!sparse.ok) return sparse;
    if (sparse.value !== undefined) return ok(new KernelSource(sparse.value.bytes, sparse.value));
    const bytes = input.whole();
    return bytes.ok ? ok(new KernelSource(bytes.value)) : bytes;
  }

  /** A part of the file, or other bytes, for an output. */
  pieceOf(view: Uint8Array): Piece {
    if (this.#sparse === undefined || view.buffer !== this.bytes.buffer) return view;
    const { input, bytes } = this.#sparse;
    return { from: input, offset: view.byteOffset - bytes.byteOffset, length: view.length };
  }

  /** Makes sure that a part of the file has been read. Errors: `file-failed`; `unsupported` for a file that has changed. */
  load(view: Uint8Array): Result<void> {
    if (this.#sparse === undefined || view.buffer !== this.bytes.buffer) return ok(undefined);
    this.#sparse.fill(view.byteOffset - this.bytes.byteOffset, view.length);
    return this.#sparse.outcome();
  }

  /** The release that a kernel's banner says, of the file or of what was inside of it; all of it is looked at. Errors: `file-failed`. */
  releaseIn(bytes: Uint8Array): Result<string | undefined> {
    return this.#sparse !== undefined && bytes === this.bytes
      ? findRelease(this.#sparse.input, Number.POSITIVE_INFINITY)
      : ok(releaseIn(bytes));
  }
}

/** Undefined for an envelope, which is a wrapping around something else, and where the decoder is going to say what is wrong. */
function elfTables(input: InputFile): Result<SparseFile | undefined> {
  return sparsely(input, (sparse) => {
    const elf = decodeSparseElf(sparse);
    return elf.ok && elf.value.section(".kernel") === undefined;
  });
}

function imageHeader(input: InputFile): Result<SparseFile | undefined> {
  return sparsely(input, (sparse) => {
    sparse.fill(0, HEAD);
    return true;
  });
}

/** @param read reads what is looked at; false where that is not enough */
function sparsely(input: InputFile, read: (sparse: SparseFile) => boolean): Result<SparseFile | undefined> {
  const buffer = sparseBuffer(input);
  if (!buffer.ok) return buffer;
  const sparse = new SparseFile(input, buffer.value);
  const enough = read(sparse);
  const outcome = sparse.outcome();
  return outcome.ok ? ok(enough ? sparse : undefined) : outcome;
}

/** Whether `peel()` takes the file for an Image. */
function isPlainImage(head: Uint8Array): boolean {
  return decodeImage(head).ok && detectFileCodec(head) === undefined && !isZboot(head) && !isBzImage(head);
}
