import { afterAll } from "vitest";
import { removeFolders } from "./folders.ts";

/**
 * Before each test file (vitest-base.ts), also where several follow each other in one process. A process with much memory is slow to start
 * tools, for which it is copied; and what WebAssembly has mapped and nothing uses any more is in the way of the next file's.
 */
afterAll(() => {
  removeFolders();
  globalThis.gc?.();
});
