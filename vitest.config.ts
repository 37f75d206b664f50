import { defineConfig } from "vitest/config";
import { NoSilentSkips } from "./test/support/no-silent-skips.ts";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    reporters: ["default", new NoSilentSkips()],
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 300_000,
  },
});
