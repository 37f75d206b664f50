import { randomUUID } from "node:crypto";
import type { Writable } from "node:stream";

/** The variable that tools carry: whose they are, and whom they must not outlive. */
export const OWNER_VARIABLE = "KEXEC_BPF_OWNER";
export const OWNER: string = randomUUID();

/** What the guardian is told when this process comes to its end by itself. */
const DISMISSED = "dismissed";

/**
 * The script of a process that outlives this one: when its stdin ends without a word, which it does on SIGKILL too, it kills what has
 * its first argument for a line of its environment. (PR_SET_PDEATHSIG reaches a tool but not its children: a compiler driver's
 * compiler would go on. Of a process group this process learns only when the tool runs already.) What was between fork and exec at
 * the first look is seen at the second.
 */
export const GUARDIAN_SCRIPT = `
trap '' HUP INT TERM
read -r word && [ "$word" = ${DISMISSED} ] && exit
for look in 1 2 3 4 5; do
  for found in $(grep -lzxF "$0" /proc/[0-9]*/environ 2>/dev/null); do
    pid=\${found#/proc/}
    kill -KILL "\${pid%/environ}" 2>/dev/null
  done
  sleep 0.1
done
`;

/** Tells a process that runs the script above. */
export class Guardian {
  readonly #stdin: Writable;

  constructor(stdin: Writable) {
    this.#stdin = stdin;
    // One that somebody has ended guards no more; the tools run on.
    stdin.on("error", () => undefined);
    process.on("exit", () => {
      stdin.write(`${DISMISSED}\n`);
    });
  }

  get isThere(): boolean {
    return this.#stdin.writable;
  }
}
