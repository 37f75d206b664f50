import { defineConfig } from "vitest/config";
import { literalOperations } from "./literal-operations.ts";
import { LongestFirst } from "./longest-first.ts";
import { NoSilentSkips } from "./no-silent-skips.ts";

/** What all runs of tests have in common; each `vitest.*.config.ts` says which files are run. */
export default defineConfig({
  plugins: [literalOperations()],
  test: {
    globalSetup: "test/support/run-folder.ts",
    setupFiles: "test/support/after-each-file.ts",
    execArgv: ["--expose-gc"],
    reporters: ["default", new NoSilentSkips()],
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    // Not how long a test takes, but after how long it hangs, on two processors that four of these share.
    testTimeout: 900_000,
    hookTimeout: 900_000,
  },
});
