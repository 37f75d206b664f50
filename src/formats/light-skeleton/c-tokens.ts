import type { Malformed } from "#core/failure.ts";
import { type Err, err, ok, type Result } from "#core/result.ts";

/** A token of C, as far as reading a generated header needs them told apart. */
export type Token =
  | { readonly kind: "word"; readonly text: string }
  | { readonly kind: "punctuation"; readonly text: string }
  /** A string literal's value, without the NUL that C appends. */
  | { readonly kind: "string"; readonly bytes: Uint8Array };

const SIMPLE_ESCAPES: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  t: 9,
  n: 10,
  v: 11,
  f: 12,
  r: 13,
  e: 27,
  '"': 34,
  "'": 39,
  "?": 63,
  "\\": 92,
};

const BACKSLASH = 0x5c;
const QUOTE = 0x22;
const NEWLINE = 0x0a;
const ZERO = 0x30;
const SMALL_X = 0x78;

/** What makes one line of two, in the middle of a word or an escape too. */
const JOINT = "\\\n";

const SPACE = /\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const WORD = /[A-Za-z0-9_$.]+/y;
const CHARACTER = /'(?:[^'\\\n]|\\.)+'/y;

/**
 * Splits C text into tokens: comments and white space dropped, lines joined at backslash-newline
 * (translation phase 2), every escape of C11 6.4.4.4 but universal character names decoded.
 *
 * Errors: `malformed`, with the offset in characters.
 */
export function tokenize(source: string): Result<readonly Token[], Malformed> {
  const text = source.replaceAll(JOINT, "");
  const malformed = (offset: number, detail: string): Err<Malformed> => {
    const place = { format: "C", section: "light skeleton", offset: inSource(source, offset) };
    return err({ reason: "malformed", ...place, detail });
  };
  const tokens: Token[] = [];
  let position = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = position;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) position += found.length;
    return found;
  };
  while (position < text.length) {
    if (match(SPACE) !== undefined) continue;
    const word = match(WORD);
    if (word !== undefined) {
      tokens.push({ kind: "word", text: word });
    } else if (text[position] === '"') {
      const literal = readString(text, position);
      if (typeof literal === "string") return malformed(position, literal);
      tokens.push({ kind: "string", bytes: literal.bytes });
      position = literal.end;
    } else if (text.startsWith("/*", position)) {
      return malformed(position, "comment without an end");
    } else {
      const character = match(CHARACTER);
      tokens.push({ kind: "punctuation", text: character ?? (text[position] as string) });
      if (character === undefined) position += 1;
    }
  }
  return ok(tokens);
}

/** The literal whose opening quote is at `start`; a string says what is wrong with it. */
function readString(text: string, start: number): { bytes: Uint8Array; end: number } | string {
  const quote = text.indexOf('"', start + 1);
  const escaped = quote === -1 ? undefined : onlyBytes(Buffer.from(text.slice(start + 1, quote)));
  if (escaped !== undefined) return { bytes: escaped, end: quote + 1 };
  const bytes: number[] = [];
  let at = start + 1;
  for (;;) {
    const code = text.charCodeAt(at);
    if (Number.isNaN(code) || code === NEWLINE) return "string literal without an end";
    if (code === QUOTE) return { bytes: Uint8Array.from(bytes), end: at + 1 };
    if (code !== BACKSLASH) {
      if (code > 0x7f) return "character outside ASCII in a string literal";
      bytes.push(code);
      at += 1;
    } else {
      const read = readEscape(text, at + 1);
      if (typeof read === "string") return read;
      bytes.push(read.value);
      at = read.end;
    }
  }
}

/**
 * The value of a literal that has nothing but the two escapes that bpftool writes, `\0` and `\xHH`: the arrays of a light skeleton have tens
 * of thousands. Undefined where there is anything else, such as a digit after one of them that may belong to it.
 */
function onlyBytes(text: Uint8Array): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length);
  let count = 0;
  for (let at = 0; at < text.length; count += 1) {
    if (text[at] !== BACKSLASH) return undefined;
    if (text[at + 1] === ZERO) {
      at += 2;
    } else {
      const value = hexValue(text[at + 2]) * 16 + hexValue(text[at + 3]);
      if (text[at + 1] !== SMALL_X || Number.isNaN(value)) return undefined;
      bytes[count] = value;
      at += 4;
    }
  }
  return bytes.slice(0, count);
}

/** NaN where it is no digit. */
function hexValue(code: number | undefined): number {
  if (code === undefined || !isHex(code)) return Number.NaN;
  return code <= 0x39 ? code - 0x30 : (code | 0x20) - 0x57;
}

const isOctal = (code: number): boolean => code >= 0x30 && code <= 0x37;

function readEscape(text: string, at: number): { value: number; end: number } | string {
  const first = text[at];
  if (first === undefined) return "string literal without an end";
  if (first === "x") {
    // As many digits as there are belong to it, whatever value they make.
    let end = at + 1;
    let value = 0;
    while (value <= 0xff && isHex(text.charCodeAt(end))) {
      value = value * 16 + Number.parseInt(text[end] as string, 16);
      end += 1;
    }
    if (end === at + 1) return "\\x without a digit";
    return value > 0xff ? "\\x escape above 0xff" : { value, end };
  }
  if (isOctal(text.charCodeAt(at))) {
    let end = at;
    let value = 0;
    while (end < at + 3 && isOctal(text.charCodeAt(end))) {
      value = value * 8 + (text.charCodeAt(end) - 0x30);
      end += 1;
    }
    return value > 0xff ? "octal escape above 0377" : { value, end };
  }
  const value = SIMPLE_ESCAPES[first];
  return value === undefined ? `unknown escape \\${first}` : { value, end: at + 1 };
}

function isHex(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x46) || (code >= 0x61 && code <= 0x66);
}

/** Where the character at `offset` of the joined text stands in the source. */
function inSource(source: string, offset: number): number {
  let at = 0;
  for (let left = offset; ; left -= 1, at += 1) {
    while (source.startsWith(JOINT, at)) at += JOINT.length;
    if (left === 0) return at;
  }
}
