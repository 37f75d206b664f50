import { formatSize } from "#core/sizes.ts";
import type { Unpacked } from "#pack/unpack.ts";
import { table } from "#report/table.ts";

export function unpackText({ parts }: Unpacked): string {
  return `${table(parts.map((part) => [part.name, formatSize(part.size), part.file]))}\n`;
}
