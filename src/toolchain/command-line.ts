/** What every common shell takes as it stands. `=` only inside: a leading `A=` would be an assignment. */
const PLAIN = /^[A-Za-z0-9_@%+:,./-][A-Za-z0-9_@%+=:,./-]*$/;

/** One word as a POSIX shell would take it: bare where that is safe, in single quotes otherwise. */
export function shellWord(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** A command that can be pasted into a shell and does what `runTool` does with the same values. */
export function shellCommand(file: string, args: readonly string[], stdoutFile?: string): string {
  const words = [file, ...args].map(shellWord).join(" ");
  return stdoutFile === undefined ? words : `${words} > ${shellWord(stdoutFile)}`;
}
