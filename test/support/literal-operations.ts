import { readFileSync } from "node:fs";
import type { Plugin } from "vitest/config";

const CODES = "src/bpf-vm/interpreter/operation-codes.ts";

/** Writes the numbers into the interpreter's switches as the bundler does; vitest would look each name up again for each instruction. */
export function literalOperations(): Plugin {
  const text = readFileSync(new URL(`../../${CODES}`, import.meta.url), "utf8");
  const numbers = new Map(
    [...text.matchAll(/^export const (\w+) = (\d+);$/gm)].map(([, name, number]) => [name, number]),
  );
  return {
    name: "literal-operations",
    enforce: "pre",
    transform: (code, id) =>
      id.includes("/bpf-vm/interpreter/")
        ? code.replace(/\bcase Op\.(\w+):/g, (_, name) => `case ${numbers.get(name)}:`)
        : undefined,
  };
}
