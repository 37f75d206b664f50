/** The verifier's own account of its work (log level 4 and higher). */
export type VerifierStatistics = {
  readonly instructions: number;
  readonly totalStates: number;
  readonly peakStates: number;
  /** Bytes of stack, one number a function joined by `+`: `64`, `32+16`. */
  readonly stackDepth: string;
};

/** The lines at the end of a log; 7.x has more of them than 6.x. */
const STATISTICS = /^(?:processed \d|verification time|stack depth|insns processed|subprog \d)/;

/** Undefined where the log has none. */
export function verifierStatistics(log: string): VerifierStatistics | undefined {
  const processed = /^processed (\d+) insns .*total_states (\d+) peak_states (\d+)/m.exec(log);
  if (processed === null) return undefined;
  return {
    instructions: Number(processed[1]),
    totalStates: Number(processed[2]),
    peakStates: Number(processed[3]),
    stackDepth: /^stack depth (?:max )?([\d+]+)/m.exec(log)?.[1] ?? "",
  };
}

/** Why the verifier refused: the last line that is no statistics. Empty for an empty log. */
export function refusalReason(log: string): string {
  const lines = log.split("\n").filter((line) => line.trim() !== "" && !STATISTICS.test(line));
  return lines.at(-1) ?? "";
}
