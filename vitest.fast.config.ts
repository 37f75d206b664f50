import { mergeConfig } from "vitest/config";
import { projectsOf } from "./test/support/projects.ts";
import base from "./test/support/vitest-base.ts";
import { withoutProcesses } from "./test/support/without-processes.ts";

/** `npm run test:fast`: what needs no tool, no compiler and no kernel, but Node and its packages alone. */
const root = import.meta.dirname;
export default async () =>
  mergeConfig(base, { test: { projects: projectsOf(root, await withoutProcesses(root)) } });
