import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Result } from "#core/result.ts";

/**
 * What a decoder makes of a file with one thing wrong, for every byte of it: the byte is 0, all ones, one more, one less and with
 * its highest bit changed; the file is cut at each place, and a byte longer. The middle of a long run of one byte is left out.
 */
export function hostileNeighbours(good: Uint8Array): readonly Uint8Array[] {
  const made: Uint8Array[] = [];
  const changes: readonly ((byte: number) => number)[] = [
    () => 0,
    () => 0xff,
    (byte) => byte + 1,
    (byte) => byte - 1,
    (byte) => byte ^ 0x80,
  ];
  for (const [at, before] of good.entries()) {
    if (isWithinRun(good, at)) continue;
    const values = new Set(changes.map((change) => change(before) & 0xff));
    values.delete(before);
    for (const value of values) {
      const copy = good.slice();
      copy[at] = value;
      made.push(copy);
    }
  }
  for (let length = 0; length < good.length; length++) {
    if (!isWithinRun(good, length)) made.push(good.slice(0, length));
  }
  const longer = new Uint8Array(good.length + 1).fill(0x5a);
  longer.set(good);
  return [...made, longer];
}

const NEAR = 9;

function isWithinRun(bytes: Uint8Array, at: number): boolean {
  return at >= NEAR && bytes.subarray(at - NEAR, at + NEAR + 1).every((byte) => byte === bytes[at]);
}

/** How many of the answers are values and how many failures, and the beginning of the digest of all. */
export type Answers = readonly [taken: number, refused: number, digest: string];

/**
 * A value counts with all that it has, a failure with its reason and place and not with its words, which may be put better. With
 * ANSWERS=FOLDER in the environment the answers are written there, a line each, to be compared with another version's.
 */
export function summary(
  name: string,
  results: readonly Result<unknown, { readonly reason: string }>[],
): Answers {
  const lines = results.map((result) =>
    result.ok ? `ok ${JSON.stringify(plain(result.value))}` : `not ${JSON.stringify(placed(result.failure))}`,
  );
  const folder = process.env["ANSWERS"];
  if (folder !== undefined) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${name.replaceAll(/[^a-zA-Z0-9]+/g, "-")}.txt`), `${lines.join("\n")}\n`);
  }
  const taken = results.filter(({ ok }) => ok).length;
  const hash = createHash("sha256").update(lines.join("\n")).digest("hex");
  return [taken, results.length - taken, hash.slice(0, 12)];
}

function placed(failure: object): unknown {
  const { detail: _, ...rest } = { detail: "", ...failure };
  return plain(rest);
}

/** As JSON can say it: bytes are their hexadecimal digits, large numbers are text. */
function plain(value: unknown): unknown {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return undefined;
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array)
    return value.length < 100 ? Buffer.from(value).toString("hex") : [value.length, sha(value)];
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) return [...value].map(([key, one]) => [plain(key), plain(one)]);
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]));
}

function sha(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex").slice(0, 12);
}
