import type { ExploreReport } from "#api/explore/explore.ts";
import { formatSize } from "#core/sizes.ts";

export function exploreText({ output, size, images, parsers }: ExploreReport): string {
  return `${output}: ${formatSize(size)}, ${images.length} images, ${parsers.length} parsers\n`;
}
