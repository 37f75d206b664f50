import type { Io } from "./io.ts";
import { visible } from "./visible.ts";

/**
 * The same world, to which no control character is printed but the program's own. The one place where text leaves the program.
 *
 * @param json whether failures are JSON, too
 */
export function printing(io: Io, json: boolean): Io {
  const { env, cwd, terminal } = io;
  return {
    stdout: (text) => io.stdout(visible(text)),
    stderr: (text) => io.stderr(visible(text)),
    ...{ env, cwd, terminal, json },
    // Looked at when somebody asks, as the signal is.
    get columns() {
      return io.columns;
    },
    get signal() {
      return io.signal;
    },
  };
}
