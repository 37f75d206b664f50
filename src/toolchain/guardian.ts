import type { Writable } from "node:stream";

/**
 * The script of a process that outlives this one: it is told of process groups, and kills those that are left when its stdin
 * ends, which it does however this process ends, by SIGKILL too. (A process is told of its parent's death by PR_SET_PDEATHSIG as well, but its
 * children are not: a compiler driver's compiler would go on.)
 */
export const GUARDIAN_SCRIPT = `
trap '' HUP INT TERM
groups=' '
while read -r verb group; do
  case $verb in
    +) groups="$groups$group " ;;
    -) groups="\${groups%% $group *} \${groups#* $group }" ;;
  esac
done
for group in $groups; do kill -KILL "-$group"; done
`;

/** Tells a process that runs the script above. */
export class Guardian {
  readonly #stdin: Writable;

  constructor(stdin: Writable) {
    this.#stdin = stdin;
    // One that somebody has ended guards no more; the tools run on.
    stdin.on("error", () => undefined);
  }

  get isThere(): boolean {
    return this.#stdin.writable;
  }

  watch(leader: number): void {
    this.#stdin.write(`+ ${leader}\n`);
  }

  /** To be called when a group has ended: its id may soon be another's. */
  forget(leader: number): void {
    this.#stdin.write(`- ${leader}\n`);
  }
}
