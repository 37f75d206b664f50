import { digest } from "#files/digest.ts";
import { decodeActionResult, encodeActionResult } from "#formats/action-result/action-result.ts";
import { type CacheStore, isTrouble, type Shelf, type Trouble } from "./store.ts";

/** An output of an action: its name, and what is in it. */
export type ActionOutput = {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Of the bytes, where it is known already. */
  readonly sha256?: string;
};
/** An output whose bytes have been compared with their digest. */
export type CheckedOutput = Required<ActionOutput>;

export type CacheMode = (typeof CACHE_MODES)[number];
export const CACHE_MODES = ["read", "write", "both"] as const;

/** What became of a cache in a run. */
export type CacheReport = {
  readonly name: string;
  /** Actions. */
  readonly hits: number;
  readonly misses: number;
  readonly stored: number;
  /** Bytes. */
  readonly received: number;
  readonly sent: number;
  /** What went wrong, in words, each once; the work was done without it. */
  readonly troubles: readonly string[];
};

/** Bytes of an entry of /ac/. */
const MOST_RESULT = 256 * 1024;
/** Bytes of an output: a full vmlinux.h has some millions. */
const MOST_OUTPUT = 256 * 1024 * 1024;
/** A cache with so many troubles is not asked again in this run. */
const MOST_TROUBLES = 4;
/** Answers that are waited for at a time, so that no more outputs than these are held in memory. */
const MOST_WRITES = 4;

/**
 * One store, with what this program takes from it: outputs whose digests are right, and whose entry says that it is for this very action. A
 * store that is down, slow, full or wrong is left alone after a while. What anybody may write into a cache, anybody can make the
 * outputs of: these checks find damage and mistakes, not malice.
 */
export class ActionCache {
  readonly #store: CacheStore;
  readonly #mode: CacheMode;
  readonly #warn: (text: string) => void;
  readonly #troubles = new Set<string>();
  readonly #writes = new Set<Promise<void>>();
  #count = 0;
  #off = false;
  #counts = { hits: 0, misses: 0, stored: 0, received: 0, sent: 0 };

  constructor(store: CacheStore, mode: CacheMode, warn: (text: string) => void) {
    this.#store = store;
    this.#mode = mode;
    this.#warn = warn;
  }

  get name(): string {
    return this.#store.name;
  }

  /** The outputs of an action, all of these names; undefined where the cache has not got them. */
  async fetch(key: string, names: readonly string[]): Promise<readonly CheckedOutput[] | undefined> {
    if (this.#mode === "write" || this.#off) return undefined;
    const outputs = await this.#outputs(key, names);
    if (outputs === undefined) this.#counts.misses += 1;
    else this.#counts.hits += 1;
    return outputs;
  }

  /** Keeps the outputs of an action, sooner or later: `close` waits for it. */
  async store(key: string, outputs: readonly ActionOutput[]): Promise<void> {
    if (this.#mode === "read" || this.#off) return;
    while (this.#writes.size >= MOST_WRITES) await Promise.race(this.#writes);
    const write = this.#write(key, outputs).finally(() => this.#writes.delete(write));
    this.#writes.add(write);
  }

  /** Waits for what is still being stored. */
  async close(): Promise<CacheReport> {
    await Promise.all(this.#writes);
    this.#store.close();
    return { name: this.name, ...this.#counts, troubles: [...this.#troubles] };
  }

  async #outputs(key: string, names: readonly string[]): Promise<readonly CheckedOutput[] | undefined> {
    const entry = await this.#get("ac", key, MOST_RESULT);
    if (entry === undefined) return undefined;
    const result = decodeActionResult(entry);
    if (!result.ok) return this.#distrust(`ac/${key} is no ActionResult: ${result.failure.detail}`);
    const { files, exitCode, stdout } = result.value;
    if (stdout !== marking(key) || exitCode !== 0) return this.#distrust(`ac/${key} is of another action`);
    const outputs: CheckedOutput[] = [];
    for (const name of names) {
      const file = files.find(({ path }) => path === name);
      if (file === undefined || file.size > MOST_OUTPUT) return this.#distrust(`ac/${key} lacks ${name}`);
      const bytes = await this.#get("cas", file.sha256, file.size);
      if (bytes === undefined) return undefined;
      if (bytes.length !== file.size || digest(bytes) !== file.sha256) {
        return this.#distrust(`cas/${file.sha256} has other bytes than its name says`);
      }
      outputs.push({ name, bytes, sha256: file.sha256 });
    }
    return outputs;
  }

  async #write(key: string, outputs: readonly ActionOutput[]): Promise<void> {
    const files = outputs.map(({ name, bytes, sha256 }) => ({
      path: name,
      sha256: sha256 ?? digest(bytes),
      size: bytes.length,
    }));
    // The entry comes last: what it names is there.
    for (const [i, { sha256 }] of files.entries()) {
      if (!(await this.#put("cas", sha256, outputs[i]?.bytes ?? new Uint8Array()))) return;
    }
    const entry = encodeActionResult({ files, exitCode: 0, stdout: marking(key) });
    if (await this.#put("ac", key, entry)) this.#counts.stored += 1;
  }

  async #get(shelf: Shelf, hash: string, most: number): Promise<Uint8Array | undefined> {
    if (this.#off) return undefined;
    const bytes = await this.#store.get(shelf, hash, most);
    if (isTrouble(bytes)) return this.#distrust(bytes.detail, bytes.lasting);
    this.#counts.received += bytes?.length ?? 0;
    return bytes;
  }

  async #put(shelf: Shelf, hash: string, bytes: Uint8Array): Promise<boolean> {
    if (this.#off) return false;
    const failed: Trouble | undefined = await this.#store.put(shelf, hash, bytes);
    if (failed !== undefined) this.#distrust(failed.detail, failed.lasting);
    else this.#counts.sent += bytes.length;
    return failed === undefined;
  }

  #distrust(detail: string, lasting = false): undefined {
    this.#count += 1;
    const known = this.#troubles.has(detail);
    this.#troubles.add(detail);
    const enough = !this.#off && (lasting || this.#count >= MOST_TROUBLES);
    if (enough) this.#off = true;
    if (enough || !known) {
      this.#warn(`cache ${this.name}: ${detail}${enough ? "; this run does without it" : ""}`);
    }
    return undefined;
  }
}

/** Ties an entry to its action, so that another one's is not taken for it. */
function marking(key: string): string {
  return `kexec-bpf action ${key}\n`;
}
