import type { ActionOutput } from "#cache/action-cache.ts";

/** Outputs of the last rules that worked in this process, by their fingerprints: small ones, of which many kernels have the same. */
export class RecentOutputs {
  readonly #most: number;
  readonly #kept = new Map<string, readonly ActionOutput[]>();
  #size = 0;

  /** @param most bytes that are held in memory */
  constructor(most: number) {
    this.#most = most;
  }

  get(fingerprint: string): readonly ActionOutput[] | undefined {
    return this.#kept.get(fingerprint);
  }

  /** Makes room by letting go of those that were kept first. */
  keep(fingerprint: string, outputs: readonly ActionOutput[]): void {
    if (this.#kept.has(fingerprint) || sizeOf(outputs) > this.#most) return;
    this.#kept.set(fingerprint, outputs);
    this.#size += sizeOf(outputs);
    for (const [oldest, their] of this.#kept) {
      if (this.#size <= this.#most) return;
      this.#kept.delete(oldest);
      this.#size -= sizeOf(their);
    }
  }
}

function sizeOf(outputs: readonly ActionOutput[]): number {
  return outputs.reduce((sum, { bytes }) => sum + bytes.length, 0);
}
