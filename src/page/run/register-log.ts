/** R0 to R10 in halves, as executors keep them. */
const WORDS = 22;
/** After so many steps all registers are noted, not only those that changed. */
const KEYFRAME = 256;

/** Numbers that become more: an array that grows by doubling. */
export class Growing {
  #values = new Int32Array(1024);
  length = 0;

  push(value: number): void {
    if (this.length === this.#values.length) {
      const larger = new Int32Array(2 * this.length);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.length++] = value;
  }

  at(index: number): number {
    return this.#values[index] ?? 0;
  }
}

/** The registers before each step of a run: what changed, and now and then all. */
export class RegisterLog {
  readonly #last = new Int32Array(WORDS);
  readonly #keyframes: Int32Array[] = [];
  /** For each step, where its changes begin; of each change the word's place and its new value. */
  readonly #starts = new Growing();
  readonly #changes = new Growing();

  /** States noted so far. */
  get length(): number {
    return this.#starts.length;
  }

  note(registers: Int32Array): void {
    const last = this.#last;
    this.#starts.push(this.#changes.length);
    for (let word = 0; word < WORDS; word++) {
      const value = registers[word] ?? 0;
      if (value === last[word]) continue;
      this.#changes.push(word);
      this.#changes.push(value);
      last[word] = value;
    }
    if ((this.#starts.length - 1) % KEYFRAME === 0) this.#keyframes.push(last.slice());
  }

  /** R0 to R10 before step `n`, unsigned. @param n 0 to `length` - 1 */
  at(n: number): readonly bigint[] {
    const frame = Math.floor(n / KEYFRAME);
    const words = (this.#keyframes[frame] ?? new Int32Array(WORDS)).slice();
    const from = this.#starts.at(frame * KEYFRAME + 1);
    const to = n + 1 < this.length ? this.#starts.at(n + 1) : this.#changes.length;
    if (n > frame * KEYFRAME) {
      for (let i = from; i < to; i += 2) words[this.#changes.at(i)] = this.#changes.at(i + 1);
    }
    return Array.from(
      { length: WORDS / 2 },
      (_, r) => (BigInt((words[2 * r + 1] ?? 0) >>> 0) << 32n) | BigInt((words[2 * r] ?? 0) >>> 0),
    );
  }
}
