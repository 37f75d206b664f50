import type { Io } from "#report/io.ts";

/** One run of the program, as its commands get it. */
export type Call = {
  /** All arguments behind the program's name. */
  readonly argv: readonly string[];
  readonly io: Io;
  /** Sets the exit status. */
  readonly finish: (status: number) => void;
};
