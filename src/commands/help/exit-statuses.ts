import { EXIT } from "#report/exit-code.ts";

/** Exit statuses with their meanings, as help and the manual pages have them. */
export const STATUSES: readonly (readonly [number, string])[] = [
  [EXIT.ok, "Done."],
  [EXIT.failed, "A check or a tool failed, or an input is no good."],
  [EXIT.usage, "The words are wrong."],
  [EXIT.tools, "A tool is missing or too old."],
  [EXIT.cancelled, "Interrupted by SIGINT; 129, 143: by SIGHUP, SIGTERM."],
];
