import { ok, type Result } from "#core/result.ts";
import type { InputFile } from "#files/input-file.ts";
import type { FilePart } from "./types.ts";

/** Parts of a sound file hardly overlap: sections, the payload in one of them, and what parsers would send. */
const TIMES = 8;

/**
 * SHA-256 of a file's parts. Each run of bytes is hashed once, and all together no more than eight times the file's size: a
 * section table may name the same bytes thousands of times.
 */
export class PartHashes {
  readonly #input: InputFile;
  readonly #known = new Map<string, string>();
  #budget: number;
  #left = 0;

  constructor(input: InputFile) {
    this.#input = input;
    this.#budget = input.size * TIMES;
  }

  /** How many parts have none, for what they overlap. */
  get left(): number {
    return this.#left;
  }

  /** The part with its hash. Errors: `file-failed`. */
  async of(part: FilePart): Promise<Result<FilePart>> {
    if (part.size === 0) return ok(part);
    const key = `${part.offset}:${part.size}`;
    const known = this.#known.get(key);
    if (known !== undefined) return ok({ ...part, sha256: known });
    if (part.size > this.#budget) {
      this.#left += 1;
      return ok(part);
    }
    this.#budget -= part.size;
    // Loading it takes as long as everything that is done without hashes.
    const { digestRange } = await import("#files/digest.ts");
    const sha256 = await digestRange(this.#input, part.offset, part.size);
    if (!sha256.ok) return sha256;
    this.#known.set(key, sha256.value);
    return ok({ ...part, sha256: sha256.value });
  }
}
