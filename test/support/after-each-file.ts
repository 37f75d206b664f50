import { afterAll } from "vitest";
import { removeFolders } from "./folders.ts";

/** Before each test file (vitest.config.ts), also where several follow each other in one process. */
afterAll(removeFolders);
