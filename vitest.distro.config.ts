import { defineConfig, mergeConfig } from "vitest/config";
import base from "./test/support/vitest-base.ts";

/** `npm run test:distro`: what distributions' own tools say of what they get (`scripts/setup --distro`). */
export default mergeConfig(base, defineConfig({ test: { include: ["test/distro/**/*.distro.ts"] } }));
