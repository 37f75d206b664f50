import { defineConfig, mergeConfig } from "vitest/config";
import base from "./vitest.config.ts";

/** `npm run test:fleet`: fleets with a real web server, a real batch system, and processes that are killed. */
export default mergeConfig(
  { ...base, test: { ...base.test, include: [] } },
  defineConfig({ test: { include: ["test/**/*.fleet.ts"], maxWorkers: 1 } }),
);
