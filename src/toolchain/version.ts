/**
 * Dotted version numbers, kept as the text that the tool printed. Missing parts count as 0:
 * `1.2` and `1.2.0` are the same version.
 */

/** The leading dotted number of a text, such as `19.1.7` of `19.1.7 (3~deb12u1)`; undefined without one. */
export function leadingVersion(text: string): string | undefined {
  return /^v?(\d+(?:\.\d+)*)/.exec(text.trim())?.[1];
}

/** @returns below 0, 0 or above 0, as `Array.sort` wants it */
export function compareVersions(left: string, right: string): number {
  const [a, b] = [parts(left), parts(right)];
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

export const isAtLeast = (version: string, needed: string): boolean => compareVersions(version, needed) >= 0;

const parts = (version: string): number[] => version.split(".").map((part) => Number.parseInt(part, 10) || 0);
