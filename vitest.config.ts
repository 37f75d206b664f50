import { defineConfig } from "vitest/config";
import { literalOperations } from "./test/support/literal-operations.ts";
import { LongestFirst } from "./test/support/longest-first.ts";
import { NoSilentSkips } from "./test/support/no-silent-skips.ts";

export default defineConfig({
  plugins: [literalOperations()],
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: "test/support/run-folder.ts",
    reporters: ["default", new NoSilentSkips()],
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    // Not how long a test takes, but after how long it hangs, on two processors that four of these share.
    testTimeout: 900_000,
    hookTimeout: 900_000,
  },
});
