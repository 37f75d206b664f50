import { afterAll } from "vitest";
import { removeFolders } from "./folders.ts";

/** Bytes of memory from which on a process, which is copied for each tool that it starts, does so noticeably slower. */
const LARGE = 300 << 20;

/** Before each test file (vitest-base.ts), also where several follow each other in one process. */
afterAll(() => {
  removeFolders();
  if (process.memoryUsage.rss() > LARGE) globalThis.gc?.();
});
