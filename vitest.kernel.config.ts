import { defineConfig, mergeConfig } from "vitest/config";
import base from "./test/support/vitest-base.ts";

/** `npm run test:kernel`: what boots kernels so often that `npm test` leaves it out. */
export default mergeConfig(base, defineConfig({ test: { include: ["test/**/*.kernel.ts"] } }));
