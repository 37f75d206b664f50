import { afterAll } from "vitest";
import { removeFolders } from "./folders.ts";

/** Bytes that a process may have more than after its last collection. Most files use few, and each collection takes a tenth of a second. */
const GARBAGE = 64 * 1024 * 1024;

declare global {
  // Of all files that follow each other in one process.
  var keptBytes: number | undefined;
}

function usedBytes(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/**
 * Before each test file (vitest-base.ts), also where several follow each other in one process. A process with much memory is slow to start
 * tools, for which it is copied; and what WebAssembly has mapped and nothing uses any more is in the way of the next file's.
 */
afterAll(() => {
  removeFolders();
  if (usedBytes() < (globalThis.keptBytes ?? 0) + GARBAGE) return;
  globalThis.gc?.();
  globalThis.keptBytes = usedBytes();
});
