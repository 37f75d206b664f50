import type { ExtractReport } from "#api/extract.ts";
import { formatSize } from "#core/sizes.ts";

export function extractText({ output, what, size, steps }: ExtractReport): string {
  return `${output}: ${what}, ${formatSize(size)} (${[...steps, what].join(" > ")})\n`;
}
