import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";

export const FOLDERS: readonly string[] = ["formats", "abi", "bpf-vm", "verify", "fuzz", "build", "signing"];

export type Options = {
  readonly folders: readonly string[];
  /** Only mutants of files whose path has this in it. */
  readonly file: string;
  /** Only tests in files whose path has one of these in it: quicker, and the score is one that all tests reach at least. */
  readonly tests: readonly string[];
  readonly sample: number | undefined;
  readonly seed: number;
  /** In per cent. */
  readonly threshold: number;
  readonly workers: number;
  /** Only what survived when it was last run. */
  readonly again: boolean;
};

/** A whole number, or an error with the option's name. */
function whole(name: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`--${name} takes a number, not ${text}`);
  return Number(text);
}

export function optionsOf(words: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...words],
    options: {
      folder: { type: "string", multiple: true },
      file: { type: "string", default: "" },
      tests: { type: "string", multiple: true },
      sample: { type: "string" },
      seed: { type: "string", default: "1" },
      threshold: { type: "string", default: "0" },
      workers: { type: "string", default: String(availableParallelism()) },
      again: { type: "boolean", default: false },
    },
  });
  const folders = values.folder ?? FOLDERS;
  for (const folder of folders) {
    if (!FOLDERS.includes(folder))
      throw new Error(`--folder takes one of ${FOLDERS.join(", ")}, not ${folder}`);
  }
  return {
    folders,
    file: values.file,
    tests: values.tests ?? [""],
    sample: values.sample === undefined ? undefined : whole("sample", values.sample),
    seed: whole("seed", values.seed),
    threshold: whole("threshold", values.threshold),
    workers: whole("workers", values.workers),
    again: values.again,
  };
}
