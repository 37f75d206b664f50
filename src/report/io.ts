/** The world outside of a command, so that tests can be it. */
export type Io = {
  /** Data. Lines get their newline from the caller. */
  readonly stdout: (text: string) => void;
  /** Talk. */
  readonly stderr: (text: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Whether stdout, or stderr, is a terminal. */
  readonly terminal: { readonly stdout: boolean; readonly stderr: boolean };
  /** Whether the words ask for JSON: then a failure is JSON on stdout, too. */
  readonly json?: boolean;
  /** Columns of the terminal, 80 where there is none. */
  readonly columns: number;
  /** Aborted, with the signal's name as reason, when the user interrupts. */
  readonly signal: AbortSignal;
};
