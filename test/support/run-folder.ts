import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { RUN_FOLDER } from "./shared.ts";

/** Memory, as a folder: a file is made there in a twentieth of the time that it takes on a disk with a journal. */
const IN_MEMORY = "/dev/shm";
/** Bytes: a run has less than a gigabyte of files at a time. */
const ROOM = 4 * 1024 ** 3;

function hasRoom(): boolean {
  try {
    const { bavail, bsize } = statfsSync(IN_MEMORY);
    return bavail * bsize >= ROOM && process.availableMemory() >= 2 * ROOM;
  } catch {
    return false;
  }
}

/** Containers may mount it so that nothing in it can be started. */
function startsPrograms(folder: string): boolean {
  const program = join(folder, "program");
  writeFileSync(program, "#!/bin/sh\n", { mode: 0o755 });
  const { status } = spawnSync(program);
  rmSync(program);
  return status === 0;
}

function newRunFolder(): string {
  // What the user says holds, here as for every program.
  if (process.env["TMPDIR"] === undefined && hasRoom()) {
    const folder = mkdtempSync(join(IN_MEMORY, "kexec-bpf-run-"));
    if (startsPrograms(folder)) return folder;
    rmSync(folder, { recursive: true });
  }
  return mkdtempSync(join(tmpdir(), "kexec-bpf-run-"));
}

/**
 * Before the first test: a folder for all that the run makes, and for what its test files share (shared.ts). A rerun of watched tests begins
 * without it.
 */
export default function setup(project: TestProject): () => void {
  const folder = newRunFolder();
  // Some of what is started gives up its rights first.
  chmodSync(folder, 0o755);
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.env[RUN_FOLDER] = folder;
  process.env["TMPDIR"] = folder;
  project.onTestsRerun(() => {
    remove();
    mkdirSync(folder);
  });
  return remove;
}
