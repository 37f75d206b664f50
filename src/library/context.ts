import { resolve } from "node:path";
import type { NamedFile } from "#api/common/named-file.ts";
import type { Context } from "#api/context.ts";

/** What a call may be given of its surroundings. Default: the process's variables and folder, no end, events to nowhere. */
export type CallContext = Partial<Context>;

/** A request in which only `Needed` has to be there; what is left out has its default. */
export type Sparse<Request, Needed extends keyof Request> = Pick<Request, Needed> & Partial<Request>;

/** A file by its path, or with the name that reports have for it. */
export type FileWord = string | NamedFile;

export function completeContext({ env, cwd, signal, emit }: CallContext): Context {
  return {
    env: env ?? process.env,
    cwd: cwd ?? process.cwd(),
    signal: signal ?? new AbortController().signal,
    emit: emit ?? (() => undefined),
  };
}

export function fileOf(word: FileWord, { cwd }: Pick<Context, "cwd">): NamedFile {
  return typeof word === "string" ? { name: word, file: resolve(cwd, word) } : word;
}

/** A path, absolute. `undefined` stays. */
export function absolutePath<Word extends string | undefined>(
  word: Word,
  { cwd }: Pick<Context, "cwd">,
): Word {
  return (word === undefined ? undefined : resolve(cwd, word)) as Word;
}
