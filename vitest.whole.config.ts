import { readFileSync } from "node:fs";
import { mergeConfig } from "vitest/config";
import { projectsOf, testFiles } from "./test/support/projects.ts";
import base from "./test/support/vitest-base.ts";

/** `npm run test:whole`: all of what `npm test` tries a part of (test/support/extent.ts). */
const root = import.meta.dirname;
const files = testFiles(root).filter((file) => readFileSync(file, "utf8").includes("/support/extent.ts"));
export default mergeConfig(base, {
  test: { env: { KEXEC_BPF_TESTS: "whole" }, projects: projectsOf(root, files) },
});
