import type { DecomposeReport } from "#api/decompose.ts";
import { formatSize } from "#core/sizes.ts";
import { table } from "#report/table.ts";

export function decomposeText({ parts }: DecomposeReport): string {
  return `${table(parts.map(({ name, size, sha256, file }) => [name, formatSize(size), sha256, file]))}\n`;
}
