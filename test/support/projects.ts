import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { TestProjectInlineConfiguration } from "vitest/config";

/** What a test file does to its process as a whole, or measures of it. */
const ALONE = [
  /\bvi\.\w+/,
  /\bprocess\.(?:on|once|emit|chdir|umask|exitCode|memoryUsage|resourceUsage)\b/,
  /\bprocess\.env\[\w+\] =/,
];
/** Proofs: z3 keeps its memory. */
const PROOF = /\bopenZ3\b|\bproveWrong\b|\(\["prove"|"--prove"/;
/** In a helper: what is done for the first file that loads it, and for no other of the process. */
const HOOK = /^(?:before|after)(?:All|Each)\(/m;

/** V8 of Node 24 ends a process that has run much WebAssembly and then a hundred files: out of memory, in a zone of its compiler. */
const MAY_SHARE = Number(process.versions.node.split(".")[0]) <= 20;

/** The test files of `npm test`. */
export function testFiles(root: string): readonly string[] {
  return readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => join("test", name));
}

/** The text of a file's helpers, theirs among them. */
function helpersOf(root: string, file: string, text: string): readonly string[] {
  const helpers = new Map<string, string>();
  const visit = (path: string, text: string): void => {
    for (const [, name = ""] of text.matchAll(/ from "(\.{1,2}\/[^"]+\.ts)"/g)) {
      const helper = join(dirname(path), name);
      // Tests of imports have some in texts.
      if (helpers.has(helper) || !existsSync(join(root, helper))) continue;
      const own = readFileSync(join(root, helper), "utf8");
      helpers.set(helper, own);
      visit(helper, own);
    }
  };
  visit(file, text);
  return [...helpers.values()];
}

function isAlone(root: string, file: string): boolean {
  const text = readFileSync(join(root, file), "utf8");
  return (
    [...ALONE, PROOF].some((sign) => sign.test(text)) ||
    helpersOf(root, file, text).some((helper) => HOOK.test(helper) || PROOF.test(helper))
  );
}

/** Files that need a process of their own get one; the others follow each other in as many as there are workers, which load modules once. */
export function projectsOf(root: string, files: readonly string[]): TestProjectInlineConfiguration[] {
  const alone = files.filter((file) => !MAY_SHARE || isAlone(root, file));
  const rest = files.filter((file) => !alone.includes(file));
  return [
    { extends: true, test: { name: "alone", include: alone, isolate: true } },
    // Without files, vitest would look for some by itself.
    ...(rest.length === 0
      ? []
      : [{ extends: true, test: { name: "shared", include: rest, isolate: false } } as const]),
  ];
}
