import { defineConfig, mergeConfig } from "vitest/config";
import base from "./test/support/vitest-base.ts";

/** `npm run test:proof`: proofs that take minutes, with each clang at hand and by two solvers. */
export default mergeConfig(base, defineConfig({ test: { include: ["test/**/*.proof.ts"] } }));
