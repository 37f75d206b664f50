import { join } from "node:path";
import { isRecord } from "#core/is-record.ts";
import type { Stamp } from "#files/stamp.ts";

/** Folder for what is private to the build, inside the output folder. */
export const PRIVATE = ".kexec-bpf";

/** Raised whenever the meaning of the stored state changes. */
export const STATE_VERSION = 4;

export type RuleState = {
  readonly fingerprint: string;
  /** SHA-256 of each output when the rule had run. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Inputs that only showed while working, with their SHA-256. */
  readonly found: Readonly<Record<string, string>>;
  /** The beginning of the SHA-256 of each input: what tells later which of them changed. */
  readonly inputs?: Readonly<Record<string, string>>;
};

/** A request that was carried out: while all stamps hold there is nothing to do for it. */
export type RequestState = {
  readonly stamps: Readonly<Record<string, Stamp>>;
  /** What to print for it, on stdout. */
  readonly summary: string;
};

export type DigestState = {
  readonly stamp: Stamp;
  readonly digest: string;
  /** The file was so new when it was read that it may have changed again under the same stamp. */
  readonly young?: true;
};

/** What is remembered between runs, in `<out>/.kexec-bpf/state.json`. Losing it costs time only. */
export type State = {
  rules: Record<string, RuleState>;
  /** Content digests by absolute path, valid while the stamp holds. */
  digests: Record<string, DigestState>;
  /** Costly facts about files, valid while the stamp holds. */
  facts: Record<string, { readonly stamp: string; readonly value: unknown }>;
  requests: Record<string, RequestState>;
};

export function statePath(out: string): string {
  return join(out, PRIVATE, "state.json");
}

const HEAD = /^\{"version":(\d{1,9}),"checksum":"([0-9a-f]{8})","content":/;

/** The state as `state.json` has it. */
export function stateText(state: State): string {
  const content = JSON.stringify(state);
  return `{"version":${STATE_VERSION},"checksum":"${checksum(content)}","content":${content}}`;
}

/**
 * The state of a text. `other version`: another version of the program wrote it, which is nobody's fault.
 * `damaged`: no program wrote it as it is.
 */
export function parseState(text: string): State | "other version" | "damaged" {
  const head = HEAD.exec(text);
  if (head === null) return /^\{"version":[12],"rules":\{/.test(text) ? "other version" : "damaged";
  if (Number(head[1]) !== STATE_VERSION) return "other version";
  const content = text.slice(head[0].length, -1);
  if (!text.endsWith("}") || checksum(content) !== head[2]) return "damaged";
  try {
    const state: unknown = JSON.parse(content);
    return isState(state) ? state : "damaged";
  } catch (error) {
    // Nesting without end is a RangeError in some versions of V8.
    if (error instanceof SyntaxError || error instanceof RangeError) return "damaged";
    throw error;
  }
}

/**
 * FNV-1a over words of four bytes and what is left, as 8 hexadecimal digits: it finds damage, which is all it is for, and costs the
 * shortest of all runs no hash function to load. Source: http://www.isthe.com/chongo/tech/comp/fnv/.
 */
function checksum(text: string): string {
  const bytes = new TextEncoder().encode(text);
  const words = new Int32Array(bytes.buffer, 0, bytes.length >> 2);
  let hash = 0x811c9dc5;
  for (const word of words) hash = Math.imul(hash ^ word, 0x01000193);
  for (const byte of bytes.subarray(words.byteLength)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === "string";
const isStamp: Check = (value) => value === null || isText(value);
const anything: Check = () => true;

/** An object with these members at least. */
const shaped =
  (members: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isRecord(value) &&
    Object.entries(members).every(([name, check]) => Object.hasOwn(value, name) && check(value[name]));

const recordOf =
  (check: Check): Check =>
  (value) =>
    isRecord(value) && Object.values(value).every(check);

const STATE = shaped({
  rules: recordOf(shaped({ fingerprint: isText, outputs: recordOf(isText), found: recordOf(isText) })),
  digests: recordOf(shaped({ stamp: isStamp, digest: isText })),
  facts: recordOf(shaped({ stamp: isText, value: anything })),
  requests: recordOf(shaped({ stamps: recordOf(isStamp), summary: isText })),
});

function isState(value: unknown): value is State {
  return STATE(value);
}
