import type { Command } from "#abi/command.ts";
import type { PerPart } from "#abi/parts.ts";
import type { Failure } from "#core/failure.ts";
import type { FileField } from "#verify/mutations/field.ts";

/** What a page is filled with: plain data, as it lies in the file beside the bytes that it names. */
export type PageData = {
  readonly schema: 1;
  readonly title: string;
  readonly images: readonly PageImage[];
  readonly parsers: readonly PageParser[];
  readonly tables: readonly PageTable[];
  /** The user's own format, where there is one. */
  readonly format: PageFormat | null;
};

/** A format of the user's own. The page does not have its module, and runs nothing of it: what it says is with each image. */
export type PageFormat = {
  readonly name: string;
  /** The module, without its folder. */
  readonly file: string;
  /** Those of every image of the format. */
  readonly fields: readonly FileField[];
};

/** What a format is asked about an image: for which parsers. */
export type PageQuestion = {
  readonly revision: "v6" | "v7";
  /** Null: any. */
  readonly arch: "arm64" | "riscv" | "loongarch" | null;
  /** The largest parts, in bytes. */
  readonly limits: PerPart<number>;
};

/** What it said: the stream that is due, or why there is none. */
export type PageAnswer = PageQuestion &
  (
    | { readonly commands: readonly PageCommand[]; readonly failure: null }
    | { readonly commands: null; readonly failure: Failure }
  );

/** A command whose payload is a run of the image's bytes, and a NUL after them where it is `ended`. */
export type PageCommand = {
  readonly command: Command["command"];
  readonly subcommand: NonNullable<Command["subcommand"]> | null;
  readonly pipeline: NonNullable<Command["pipeline"]> | null;
  readonly offset: number;
  readonly size: number;
  readonly ended: boolean;
};

export type PageImage = {
  readonly name: string;
  readonly size: number;
  /** The place of its bytes among the page's; null where they are not in it. */
  readonly blob: number | null;
  /** What the user's own format says of it; none where there is no such format, or it was not asked. */
  readonly answers: readonly PageAnswer[];
};

export type PageParser = {
  readonly name: string;
  readonly blob: number;
  /** The largest parts that its records have room for, in bytes; null: as its ring buffers say. */
  readonly limits: { readonly kernel: number; readonly initrd: number; readonly cmdline: number } | null;
  /** Null: as its own types and its source's name say. */
  readonly revision: "v6" | "v7" | null;
  /** What it is judged by. `own`: the page's format, or nothing where that was not asked about an image. */
  readonly reference: "zboot" | "envelope" | "uki" | "plain" | "none" | "own" | null;
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
