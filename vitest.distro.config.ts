import { defineConfig, mergeConfig } from "vitest/config";
import base from "./vitest.config.ts";

/** `npm run test:distro`: what distributions' own tools say of what they get (`scripts/setup --distro`). */
export default mergeConfig(
  { ...base, test: { ...base.test, include: [] } },
  defineConfig({ test: { include: ["test/distro/**/*.distro.ts"] } }),
);
