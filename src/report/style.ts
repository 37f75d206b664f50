import { mark, type OwnSequence } from "./visible.ts";

export type Style = {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly dim: (text: string) => string;
};

const plain = (text: string): string => text;

const sgr =
  (begin: OwnSequence) =>
  (text: string): string =>
    `${mark(begin)}${text}${mark("\u001b[0m")}`;

/** Colours on a terminal, unless the user does not want any (no-color.org). */
export function styleFor(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): Style {
  const noColor = env["NO_COLOR"];
  if (!isTerminal || (noColor !== undefined && noColor !== "") || env["TERM"] === "dumb") {
    return { good: plain, bad: plain, dim: plain };
  }
  return { good: sgr("\u001b[32m"), bad: sgr("\u001b[31m"), dim: sgr("\u001b[2m") };
}
