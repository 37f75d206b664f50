import { isAbsolute, join } from "node:path";
import { ok, type Result } from "#core/result.ts";
import { digestFile } from "#files/digest.ts";
import { type Stamp, stampOf } from "#files/stamp.ts";
import type { State } from "./state.ts";

/** Content digests of files, read again only when a file's stamp has changed. */
export class Digests {
  readonly #out: string;
  readonly #state: State;
  /** Of files that are being read. */
  readonly #reading = new Map<string, Promise<Result<string>>>();

  constructor(out: string, state: State) {
    this.#out = out;
    this.#state = state;
  }

  /** SHA-256 of each path (absolute, or relative to the output folder), keyed as given. */
  async all(paths: readonly string[]): Promise<Result<Readonly<Record<string, string>>>> {
    const digests: Record<string, string> = {};
    for (const path of paths) {
      const digest = await this.#of(path);
      if (!digest.ok) return digest;
      digests[path] = digest.value;
    }
    return ok(digests);
  }

  /** True while every file still has the content that its digest was made from. */
  async hold(expected: Readonly<Record<string, string>>): Promise<boolean> {
    for (const [path, digest] of Object.entries(expected)) {
      const now = await this.#of(path);
      if (!now.ok || now.value !== digest) return false;
    }
    return true;
  }

  async #of(path: string): Promise<Result<string>> {
    const file = pathIn(this.#out, path);
    const stamp = stampOf(file);
    const known = this.#state.digests[file];
    if (known !== undefined && stamp !== null && known.stamp === stamp) return ok(known.digest);
    const reading = this.#reading.get(file) ?? this.#read(file, stamp);
    this.#reading.set(file, reading);
    return reading;
  }

  async #read(file: string, stamp: Stamp): Promise<Result<string>> {
    const digest = await digestFile(file);
    if (digest.ok) this.#state.digests[file] = { stamp, digest: digest.value };
    this.#reading.delete(file);
    return digest;
  }
}

/** Absolute path of a rule's input or output. */
export function pathIn(out: string, path: string): string {
  return isAbsolute(path) ? path : join(out, path);
}
