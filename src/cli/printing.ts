import { visible } from "#report/visible.ts";
import type { Io } from "./io.ts";

/** The same world, to which no control character is printed but the program's own. The one place where text leaves the program. */
export function printing(io: Io): Io {
  const { env, cwd, terminal, columns } = io;
  return {
    stdout: (text) => io.stdout(visible(text)),
    stderr: (text) => io.stderr(visible(text)),
    ...{ env, cwd, terminal, columns },
    get signal() {
      return io.signal;
    },
  };
}
