import { formatSize } from "#core/sizes.ts";
import type { Packed } from "#pack/types.ts";
import { table } from "#report/table.ts";

export function packText({ output, size, parts }: Packed): string {
  const rows = parts.map((part) => [`  ${part.name}`, formatSize(part.size), `at ${part.offset}`]);
  return `${output}: ${formatSize(size)}\n${table(rows)}\n`;
}
