import { isAbsolute, join } from "node:path";
import type { DigestState, State } from "#build/state/state.ts";
import { err, ok, type Result } from "#core/result.ts";
import { digestFile } from "#files/digest.ts";
import { isSettled, type Stamp, stampOf } from "#files/stamp.ts";
import { changedMeanwhile } from "./facts.ts";

/** Content digests of files, read again only when a file's stamp has changed or may hide a change. */
export class Digests {
  readonly #out: string;
  readonly #state: State;
  readonly #signal: AbortSignal;
  /** Of files that are being read. */
  readonly #reading = new Map<string, Promise<Result<string>>>();
  /** What each file from outside had in it when this run first asked. */
  readonly #outside = new Map<string, string>();
  readonly #seen: ReadonlyMap<string, Stamp>;
  readonly #others: Map<string, DigestState>;

  /**
   * @param signal ends the reading, which then fails with `cancelled`
   * @param seen stamps of files that were read before this run asks for their digests
   * @param others what builds of this process have found of files from outside: kernels are large
   */
  constructor(
    out: string,
    state: State,
    signal: AbortSignal,
    seen: ReadonlyMap<string, Stamp> = new Map(),
    others: Map<string, DigestState> = new Map(),
  ) {
    this.#out = out;
    this.#state = state;
    this.#signal = signal;
    this.#seen = seen;
    this.#others = others;
  }

  /**
   * SHA-256 of each path (absolute, or relative to the output folder), keyed as given. That of a file from outside is
   * the same throughout a run, whatever becomes of the file: rules and manifest speak of the same bytes.
   */
  async all(paths: readonly string[]): Promise<Result<Readonly<Record<string, string>>>> {
    const digests: Record<string, string> = {};
    for (const path of paths) {
      const digest = isAbsolute(path) ? await this.#first(path) : await this.#of(path);
      if (!digest.ok) return digest;
      digests[path] = digest.value;
    }
    return ok(digests);
  }

  /** True while every file still has the content that its digest was made from. */
  async hold(expected: Readonly<Record<string, string>>): Promise<boolean> {
    return (await this.changed(expected)) === undefined;
  }

  /** The first file that has another content than its digest says, or cannot be read. */
  async changed(expected: Readonly<Record<string, string>>): Promise<string | undefined> {
    for (const [path, digest] of Object.entries(expected)) {
      const now = await this.#of(path);
      if (!now.ok || now.value !== digest) return pathIn(this.#out, path);
    }
    return undefined;
  }

  async #first(file: string): Promise<Result<string>> {
    const known = this.#outside.get(file);
    if (known !== undefined) return ok(known);
    const seen = this.#seen.get(file);
    const digest = await this.#of(file);
    if (!digest.ok) return digest;
    if (seen !== undefined && this.#state.digests[file]?.stamp !== seen) return err(changedMeanwhile(file));
    // Of two that asked at the same time, the first has its way.
    const first = this.#outside.get(file) ?? digest.value;
    this.#outside.set(file, first);
    return ok(first);
  }

  async #of(path: string): Promise<Result<string>> {
    const file = pathIn(this.#out, path);
    const stamp = stampOf(file);
    const known = this.#state.digests[file] ?? (isAbsolute(path) ? this.#others.get(file) : undefined);
    if (known !== undefined && !known.young && stamp !== null && known.stamp === stamp) {
      this.#state.digests[file] = known;
      return ok(known.digest);
    }
    const reading = this.#reading.get(file) ?? this.#read(file, stamp);
    this.#reading.set(file, reading);
    return reading;
  }

  async #read(file: string, stamp: Stamp): Promise<Result<string>> {
    const young = !isSettled(stamp, Date.now());
    const digest = await digestFile(file, this.#signal);
    this.#reading.delete(file);
    if (!digest.ok) return digest;
    if (stampOf(file) !== stamp) return err(changedMeanwhile(file));
    const known = { stamp, digest: digest.value, ...(young && { young }) };
    this.#state.digests[file] = known;
    if (!file.startsWith(`${this.#out}/`)) this.#others.set(file, known);
    return digest;
  }
}

/** Absolute path of a rule's input or output. */
export function pathIn(out: string, path: string): string {
  return isAbsolute(path) ? path : join(out, path);
}
