import { mergeConfig } from "vitest/config";
import { projectsOf, testFiles } from "./test/support/projects.ts";
import base from "./test/support/vitest-base.ts";

/** `npm test`. */
const root = import.meta.dirname;
export default mergeConfig(base, { test: { projects: projectsOf(root, testFiles(root)) } });
