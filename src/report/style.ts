export type Style = {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly dim: (text: string) => string;
};

const plain = (text: string): string => text;

const sgr =
  (code: number) =>
  (text: string): string =>
    `\u001b[${code}m${text}\u001b[0m`;

/** Colours on a terminal, unless the user does not want any (no-color.org). */
export function styleFor(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): Style {
  const noColor = env["NO_COLOR"];
  if (!isTerminal || (noColor !== undefined && noColor !== "") || env["TERM"] === "dumb") {
    return { good: plain, bad: plain, dim: plain };
  }
  return { good: sgr(32), bad: sgr(31), dim: sgr(2) };
}
