import { defineConfig, mergeConfig } from "vitest/config";
import base from "./vitest.config.ts";

/** `npm run test:proof`: proofs that take minutes, with each clang at hand and by two solvers. */
export default mergeConfig(
  { ...base, test: { ...base.test, include: [] } },
  defineConfig({ test: { include: ["test/**/*.proof.ts"] } }),
);
