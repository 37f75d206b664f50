import { mergeConfig } from "vitest/config";
import { withoutProcesses } from "./test/support/without-processes.ts";
import base from "./vitest.config.ts";

/** `npm run test:fast`: what needs no tool, no compiler and no kernel, but Node and its packages alone. */
export default async () =>
  mergeConfig(
    { ...base, test: { ...base.test, include: [] } },
    { test: { include: await withoutProcesses(import.meta.dirname) } },
  );
