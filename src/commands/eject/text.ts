import type { EjectReport } from "#api/eject/eject.ts";

export function ejectText({ folder, revision, parsers, files }: EjectReport): string {
  const names = parsers.join(", ");
  return `${files.length} files in ${folder}, for revision ${revision}: ${names}
Next: make -C ${folder} ARCH=arm64 VMLINUX=FILE KERNEL_IMAGE=FILE (README there, docs/eject.md).
`;
}
