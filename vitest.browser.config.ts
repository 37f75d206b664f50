import { defineConfig, mergeConfig } from "vitest/config";
import base from "./test/support/vitest-base.ts";

/** `npm run test:browser`: the page in Chromium and Firefox. */
export default mergeConfig(base, defineConfig({ test: { include: ["test/page/**/*.browser.ts"] } }));
