const UNITS: Readonly<Record<string, number>> = { "": 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 };

/** `4096`, `64K`, `32M`, `1G` as bytes; undefined for anything else. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d{1,15})([KMG]?)$/i.exec(text);
  const unit = UNITS[match?.[2]?.toUpperCase() ?? ""];
  return match === null || unit === undefined ? undefined : Number(match[1]) * unit;
}

/** Bytes for people: `27.2 MB` in powers of 1000, as file managers and `ls --si` have it. */
export function formatSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const power = Math.min(3, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1000 ** power).toFixed(1)} ${["B", "kB", "MB", "GB"][power]}`;
}
