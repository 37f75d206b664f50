/** What a page is filled with: plain data, as it lies in the file beside the bytes that it names. */
export type PageData = {
  readonly schema: 1;
  readonly title: string;
  readonly images: readonly PageImage[];
  readonly parsers: readonly PageParser[];
  readonly tables: readonly PageTable[];
};

export type PageImage = {
  readonly name: string;
  readonly size: number;
  /** The place of its bytes among the page's; null where they are not in it. */
  readonly blob: number | null;
};

export type PageParser = {
  readonly name: string;
  readonly blob: number;
  /** The largest parts that its records have room for, in bytes; null: as its ring buffers say. */
  readonly limits: { readonly kernel: number; readonly initrd: number; readonly cmdline: number } | null;
  /** Null: as its own types and its source's name say. */
  readonly revision: "v6" | "v7" | null;
  readonly reference: "zboot" | "envelope" | "uki" | "plain" | "none" | null;
  readonly arch: "arm64" | "riscv" | "loongarch" | "x86" | null;
};

/** Results of any command: what was tried, and what came of it. */
export type PageTable = {
  readonly title: string;
  /** A sentence about all of it; empty for none. */
  readonly note: string;
  readonly columns: readonly PageColumn[];
  readonly rows: readonly PageRow[];
};

export type PageColumn = {
  readonly label: string;
  /** `verdict`: true is good, false is not. `code` is set in a fixed width. */
  readonly kind: "text" | "number" | "verdict" | "code";
};

export type PageRow = {
  /** One a column. */
  readonly cells: readonly (string | number | boolean | null)[];
  /** The run that it tells of, where the page can show it. */
  readonly run: PageRun | null;
};

/** A run that can be opened, of a parser on the image itself: names of both, and what is denied in it, in words or as JSON. */
export type PageRun = {
  readonly image: string;
  /** As verdicts name it: a container's is followed by its section. */
  readonly parser: string | null;
  readonly path: string | null;
};
