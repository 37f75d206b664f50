import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { inFolder } from "../formats/btf/clang.ts";

/** The compilers in PATH that make programs for this machine. */
export const COMPILERS = ["gcc", "clang", "clang-19", "clang-14"].filter(
  (tool) => spawnSync(tool, ["--version"], { stdio: "ignore" }).status === 0,
);

/** Compiles C files to a program, runs it, and returns what it wrote. */
export function output(compiler: string, files: Readonly<Record<string, string>>): Buffer {
  return inFolder((folder) => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const sources = Object.keys(files).filter((name) => name.endsWith(".c"));
    execFileSync(compiler, ["-w", "-o", "program", ...sources], { cwd: folder });
    return execFileSync(join(folder, "program"), { maxBuffer: 1 << 28 });
  });
}

/** A main() that writes the arrays one after the other; each is `[name, size]`. */
export function writingMain(arrays: readonly (readonly [string, number])[]): string {
  return [
    "extern long write(int, const void *, unsigned long);",
    ...arrays.map(([name]) => `extern const char ${name}[];`),
    "int main(void) {",
    ...arrays.map(([name, size]) => `\tif (write(1, ${name}, ${size}) != ${size}) return 1;`),
    "\treturn 0;\n}\n",
  ].join("\n");
}
