const ROW = 16;

/**
 * Bytes as `hexdump -C` shows them, a line for each 16: offset, two groups of eight bytes, the printable
 * ASCII characters. Lines begin at multiples of 16, so that two dumps stand beside each other; places outside of
 * the range are blank.
 *
 * @param range offset and length in bytes; what of it is not in `bytes` is left out. Default: everything
 * @returns no line where the range holds no byte
 */
export function hexdump(
  bytes: Uint8Array,
  range: { readonly offset: number; readonly length: number } = { offset: 0, length: bytes.length },
): readonly string[] {
  const start = Math.min(range.offset, bytes.length);
  const end = Math.min(bytes.length, start + range.length);
  const lines: string[] = [];
  if (start === end) return lines;
  for (let row = start - (start % ROW); row < end; row += ROW) {
    const cells = Array.from({ length: ROW }, (_, i) => {
      const at = row + i;
      return at >= start && at < end ? bytes[at] : undefined;
    });
    const hex = cells.map((byte) => byte?.toString(16).padStart(2, "0") ?? "  ");
    const halves = `${hex.slice(0, 8).join(" ")}  ${hex.slice(8).join(" ")}`;
    lines.push(`${row.toString(16).padStart(8, "0")}  ${halves}  |${cells.map(character).join("")}|`);
  }
  return lines;
}

/** The line that holds the byte at `offset`, with one line before and one after it. */
export function hexdumpAround(bytes: Uint8Array, offset: number): readonly string[] {
  const row = offset - (offset % ROW);
  const first = Math.max(0, row - ROW);
  return hexdump(bytes, { offset: first, length: row + 2 * ROW - first });
}

function character(byte: number | undefined): string {
  if (byte === undefined) return " ";
  return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".";
}
