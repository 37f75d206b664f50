import type { PerPart } from "#abi/parts.ts";
import type { Injection } from "#bpf-vm/injection.ts";

/** What a page is filled with: names, results, and where each file's bytes are among those that follow. */
export type PageData = {
  readonly schema: 1;
  readonly title: string;
  readonly images: readonly PackedFile[];
  readonly parsers: readonly PackedParser[];
  readonly tables: readonly ResultTable[];
};

/** A file in the page, gzip-compressed, in base64: the script elements `file-<id>-0`, `file-<id>-1`, … */
export type PackedFile = { readonly name: string; readonly id: number; readonly chunks: number };

export type PackedParser = PackedFile & {
  /** What its records have room for, in bytes; absent where the rings tell. */
  readonly limits?: PerPart<number>;
};

/** Results of any kind: of `verify`, `fuzz`, `kernel-test`, proofs, fleets. */
export type ResultTable = {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly ResultRow[];
};

export type ResultRow = {
  /** In words too: a cell says what the colour says. */
  readonly status: "good" | "bad" | "neutral";
  readonly cells: readonly (string | number)[];
  /** More lines, for the row that is opened. */
  readonly detail: readonly string[];
  /** What to look at: names of an image and a parser in the page, and what is denied. */
  readonly run: RunLink | null;
};

export type RunLink = {
  readonly image: string;
  readonly parser: string;
  readonly injection?: Injection;
};
