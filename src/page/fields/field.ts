/** A value that a header holds, with the bytes that hold it. */
export type Field = {
  readonly group: string;
  readonly name: string;
  /** From the file's start, as `size` in bytes. */
  readonly offset: number;
  readonly size: number;
  readonly value: string;
  readonly meaning: string;
  /** Where its layout is written down. */
  readonly source: string;
};

/** How bytes are read: little-endian numbers, text up to its NUL, or digits. */
type Kind = "hex" | "number" | "text" | "bytes";

/** Offset in the structure, size, name, kind, meaning. */
export type Row = readonly [number, number, string, Kind, string];

/** The fields of one structure, as far as the file goes. */
export function headerFields(
  bytes: Uint8Array,
  at: number,
  { group, source, rows }: { readonly group: string; readonly source: string; readonly rows: readonly Row[] },
  explain: Readonly<Record<string, (value: bigint) => string>> = {},
): readonly Field[] {
  return rows
    .filter(([offset, size]) => at + offset >= 0 && at + offset + size <= bytes.length)
    .map(([offset, size, name, kind, meaning]) => {
      const raw = bytes.subarray(at + offset, at + offset + size);
      const said = kind === "hex" || kind === "number" ? explain[name]?.(numberIn(raw)) : undefined;
      return {
        group,
        name,
        offset: at + offset,
        size,
        value: said === undefined ? valueText(raw, kind) : `${valueText(raw, kind)} (${said})`,
        meaning,
        source,
      };
    });
}

/** Little-endian, unsigned. */
function numberIn(raw: Uint8Array): bigint {
  let value = 0n;
  for (let i = raw.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(raw[i] ?? 0);
  return value;
}

function valueText(raw: Uint8Array, kind: Kind): string {
  switch (kind) {
    case "hex":
      return `0x${numberIn(raw).toString(16)}`;
    case "number":
      return numberIn(raw).toString();
    case "text":
      return JSON.stringify(textIn(raw));
    case "bytes":
      return Array.from(raw, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  }
}

/** Up to the first NUL; what is not printable ASCII is a dot. */
function textIn(raw: Uint8Array): string {
  const end = raw.indexOf(0);
  const used = end < 0 ? raw : raw.subarray(0, end);
  return Array.from(used, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".")).join("");
}
