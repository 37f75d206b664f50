import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { TestProjectInlineConfiguration } from "vitest/config";

/** What a test file does to its process as a whole, or measures of it; and proofs, for z3 keeps its memory. */
const ALONE = [
  /\bvi\.\w+/,
  /\bprocess\.(?:on|once|emit|chdir|umask|exitCode|memoryUsage|resourceUsage)\b/,
  /\bprocess\.env\[\w+\] =/,
  /\bopenZ3\b|\bproveWrong\b|"(?:--)?prove"/,
];

/** The test files of `npm test`. */
export function testFiles(root: string): readonly string[] {
  return readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => join("test", name));
}

/** Files that need a process of their own get one; the others follow each other in as many as there are workers, which load modules once. */
export function projectsOf(root: string, files: readonly string[]): TestProjectInlineConfiguration[] {
  const alone = files.filter((file) => {
    const text = readFileSync(join(root, file), "utf8");
    return ALONE.some((sign) => sign.test(text));
  });
  const rest = files.filter((file) => !alone.includes(file));
  return [
    { extends: true, test: { name: "alone", include: alone, isolate: true } },
    { extends: true, test: { name: "shared", include: rest, isolate: false } },
  ];
}
