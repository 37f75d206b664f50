import type { Result } from "#core/result.ts";
import { type Stamp, stampOf } from "#files/stamp.ts";
import type { KernelReader } from "#kernel-image/reader.ts";

type Kept = { readonly stamp: Stamp; readonly value: Promise<Result<unknown>> };

/** Results of reading files, as long as the files stay the same; of the last few only, where they are large. */
class Remembered {
  readonly #most: number;
  readonly #kept = new Map<string, Kept>();

  constructor(most: number) {
    this.#most = most;
  }

  get<T>(file: string, read: () => Promise<Result<T>>): Promise<Result<T>> {
    const stamp = stampOf(file);
    const known = this.#kept.get(file);
    const value = known?.stamp === stamp ? (known.value as Promise<Result<T>>) : read();
    // The last one asked for stands last.
    this.#kept.delete(file);
    this.#kept.set(file, { stamp, value });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > this.#most && oldest !== undefined) this.#kept.delete(oldest);
    return value;
  }
}

/** One at a time: a kernel and what is unpacked of it are some hundred megabytes for a moment. */
class OneByOne {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(task: () => Promise<T>): Promise<T> {
    const next = this.#last.then(task, task);
    this.#last = next;
    return next;
  }
}

/** Sizes, which are small, of a whole fleet. */
const MOST_SIZES = 100_000;

/**
 * Reads each kernel once for all that are built of it, as long as these follow each other.
 *
 * @param most kernels of which types are held in memory, some ten megabytes each
 */
export function sharedReader(most: number, reader: KernelReader): KernelReader {
  const raw = new Remembered(most);
  const types = new Remembered(most);
  const sizes = new Remembered(MOST_SIZES);
  const turns = new OneByOne();
  return {
    btf: (source) => raw.get(source, () => turns.run(() => reader.btf(source))),
    types: (source, bytes) => types.get(source, () => turns.run(() => reader.types(source, bytes))),
    measure: (image) => sizes.get(image, () => turns.run(() => reader.measure(image))),
  };
}
