import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { RUN_FOLDER } from "./shared.ts";

/** Before the first test: a folder for what the test files of one run share (shared.ts). A rerun of watched tests begins without it. */
export default function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), "kexec-bpf-run-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.env[RUN_FOLDER] = folder;
  project.onTestsRerun(() => {
    remove();
    mkdirSync(folder);
  });
  return remove;
}
