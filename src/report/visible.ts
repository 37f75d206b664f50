/*
 * What names, tools and guests say may hold control characters, which a terminal obeys. The program's own sequences are marks
 * until all text is put together: halves of surrogate pairs, which no bytes decode to. So a sequence in the text is never ours.
 */
const MARKS = 0xdd00;

/** The sequences that the program itself uses (ECMA-48): colours, and going back to the start of a line, which is emptied. */
const OWN = ["\u001b[0m", "\u001b[2m", "\u001b[31m", "\u001b[32m", "\r", "\u001b[K"] as const;

export type OwnSequence = (typeof OWN)[number];

/** Stands for a sequence until the text is printed. */
export function mark(sequence: OwnSequence): string {
  return String.fromCharCode(MARKS + OWN.indexOf(sequence));
}

/** Goes back to the start of a line and empties it. */
export const EMPTY_LINE = mark("\r") + mark("\u001b[K");

/** C0 without tab and line feed, DEL, C1; what turns the direction of text (Unicode's Bidi_Control) or ends a line. */
const CONTROLS = /(?![\t\n])[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;
const MARKED = /[\udd00-\udd05]/gu;
/** Bytes of file names that are no UTF-8 (`files/raw-path.ts`). */
const BYTES = /[\udc80-\udcff]/gu;

/**
 * Text as it may be printed: control characters are written as `\x1b` and `\u009b`. The latter are escapes of JSON too, in whose strings
 * the former are never found, so that JSON stays what it is.
 */
export function visible(text: string): string {
  return text
    .replaceAll("\r\n", "\n")
    .replace(CONTROLS, written)
    .replace(BYTES, written)
    .replace(MARKED, (own) => OWN[own.charCodeAt(0) - MARKS] ?? "");
}

/** The same for what is to stay in one line: a name, a cell of a table. */
export function oneLine(text: string): string {
  return text.replace(/[\t\n\r]/g, written);
}

function written(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 0x20) return `\\x${code.toString(16).padStart(2, "0")}`;
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${(code & 0xff).toString(16)}`;
  return `\\u${code.toString(16).padStart(4, "0")}`;
}
