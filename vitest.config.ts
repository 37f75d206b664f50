import { defineConfig } from "vitest/config";
import { literalOperations } from "./test/support/literal-operations.ts";
import { NoSilentSkips } from "./test/support/no-silent-skips.ts";

export default defineConfig({
  plugins: [literalOperations()],
  test: {
    include: ["test/**/*.test.ts"],
    reporters: ["default", new NoSilentSkips()],
    maxWorkers: 2,
    // Not how long a test takes, but after how long it hangs, on two processors that four of these share.
    testTimeout: 900_000,
    hookTimeout: 900_000,
  },
});
