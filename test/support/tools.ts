import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe } from "vitest";

/** Why tests that need these tools cannot run here; undefined if they can. */
export function missingTool(...tools: readonly string[]): string | undefined {
  const absent = tools.find((tool) => spawnSync(tool, ["--version"]).error !== undefined);
  return absent === undefined ? undefined : `no ${absent}`;
}

/** An LLVM tool under the name that it has here: plain, or with a version from 24 down to 14; plain where it is absent. */
export function llvmTool(name: string): string {
  const names = [name, ...Array.from({ length: 11 }, (_, i) => `${name}-${24 - i}`)];
  return names.find((candidate) => missingTool(candidate) === undefined) ?? name;
}

/** `describe`; where there is a cause not to run the tests, they are skipped and their title names it. */
export function describeUnless(cause: string | undefined, title: string, body: () => void): void {
  if (cause === undefined) describe(title, body);
  else describe.skip(`${title} (${cause})`, body);
}

/** `describe` for tests that need these tools. */
export function judgedBy(tools: readonly string[], title: string, body: () => void): void {
  describeUnless(missingTool(...tools), title, body);
}

/** Gives `body` the path of a file with these bytes, for as long as it runs. */
export function withFile<T>(bytes: Uint8Array, body: (path: string, folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "kexec-bpf-test-"));
  try {
    const path = join(folder, "file");
    writeFileSync(path, bytes);
    return body(path, folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What the tool writes to stdout; throws with its words where it fails. */
export function output(tool: string, args: readonly string[], input?: Uint8Array): Buffer {
  const { status, stdout, stderr, error } = spawnSync(tool, args, {
    maxBuffer: 1 << 30,
    ...(input === undefined ? {} : { input }),
  });
  if (status !== 0) throw new Error(`${tool}: ${error?.message ?? stderr.toString()}`);
  return stdout;
}
