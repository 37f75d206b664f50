import { resolve } from "node:path";

/** Where `build` puts its outputs when it is not told. */
export const DEFAULT_OUT = "out";

const LONG = /^--output(?:=(.*))?$/s;
/** `-o`, `-o=DIR`, `-o/DIR`, `-o2`; also at the end of flags (`-vo`). */
const SHORT = /^-[A-Za-z]*o(?:=(.*)|(\W.*|\d+(?:\.\d+)?(?:e-?\d+)?))?$/s;

/**
 * The output folder that a build's words name, as the grammar reads it. For the one run that must not wait for the grammar:
 * that which has nothing to do.
 */
export function buildFolder(words: readonly string[], cwd: string): string {
  const end = words.indexOf("--");
  const options = words.slice(0, end < 0 ? undefined : end);
  const index = options.findIndex((word) => LONG.test(word) || SHORT.test(word));
  const word = options[index] ?? "";
  const [, joined, short] = LONG.exec(word) ?? SHORT.exec(word) ?? [];
  return resolve(cwd, (index < 0 ? undefined : (joined ?? short ?? options[index + 1])) ?? DEFAULT_OUT);
}
