/**
 * File names are bytes. As text they are UTF-8, and a byte that is none is U+DC80 to U+DCFF, a surrogate without its partner, which
 * UTF-8 has no bytes for: so every name is a string, and each string one name. (Python's PEP 383 does the same.)
 */
const ESCAPED = /[\udc80-\udcff]/u;
const ESCAPES = 0xdc00;

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A file name's text. */
export function textOfName(bytes: Uint8Array): string {
  const whole = textOf(bytes);
  if (whole !== undefined) return whole;
  let name = "";
  for (let at = 0; at < bytes.length; ) {
    // The shortest run that is a character; of four bytes at most.
    const length = [1, 2, 3, 4].find((count) => textOf(bytes.subarray(at, at + count)) !== undefined) ?? 0;
    name += textOf(bytes.subarray(at, at + length)) || String.fromCharCode(ESCAPES + (bytes[at] ?? 0));
    at += Math.max(1, length);
  }
  return name;
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

export function isUtf8(name: string): boolean {
  return !ESCAPED.test(name);
}

/** A name as Node's file functions take it. */
export function fsPath(name: string): string | Buffer {
  if (isUtf8(name)) return name;
  const parts = name.split(/([\udc80-\udcff])/u);
  return Buffer.concat(
    parts.map((part) => (ESCAPED.test(part) ? Buffer.of(part.charCodeAt(0) - ESCAPES) : Buffer.from(part))),
  );
}
