import { defineConfig, mergeConfig } from "vitest/config";
import base from "./test/support/vitest-base.ts";

/** `npm run test:fleet`: fleets with a real web server, a real batch system, and processes that are killed. */
export default mergeConfig(base, defineConfig({ test: { include: ["test/**/*.fleet.ts"], maxWorkers: 1 } }));
