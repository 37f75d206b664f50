import { type Read, readWords } from "#grammar/read.ts";
import type { CommandRow } from "#grammar/rows.ts";
import { failureText } from "#report/failure-text.ts";
import type { Io } from "#report/io.ts";
import { reportUsage } from "#report/report-failure.ts";

/** A command: what its words are, and what carries it out. Gives the exit status. */
export type Command = {
  readonly row: CommandRow;
  /** @param words those after the command's name */
  readonly run: (words: readonly string[], io: Io) => Promise<number>;
};

/** @param load what carries the command out is loaded once its words are understood */
export function command<const Row extends CommandRow>(
  row: Row,
  load: () => Promise<(read: Read<Row>, io: Io) => Promise<number>>,
): Command {
  return {
    row,
    run: async (words, io) => {
      const read = readWords(row, words, io.cwd);
      if (!read.ok) return reportUsage(io, failureText(read.failure));
      return (await load())(read.value, io);
    },
  };
}
