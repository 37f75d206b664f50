import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Everything that a test file makes lies below one folder, which goes away when the file is through (after-each-file.ts). */
let base: string | undefined;
let serial = 0;

/** A new, empty folder of this test file alone: what helpers keep for other files, too, is in shared.ts. `name` may have slashes: depth matters to some tests. */
export function newFolder(name = "work"): string {
  base ??= mkdtempSync(join(tmpdir(), "kexec-bpf-test-"));
  serial += 1;
  const folder = join(base, `${serial}`, name);
  mkdirSync(folder, { recursive: true });
  return folder;
}

export function removeFolders(): void {
  if (base !== undefined) rmSync(base, { recursive: true, force: true });
  base = undefined;
}
