// SPDX-License-Identifier: MIT
// Writes the library's types into dist/types: declarations of what src/library/index.ts reaches, their imports relative, as other
// packages can follow them.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const target = join(root, "dist/types");
const made = mkdtempSync(join(tmpdir(), "kexec-bpf-types-"));
try {
  const tsc = join(root, "node_modules/.bin/tsc");
  execFileSync(tsc, ["-p", "tsconfig.types.json", "--outDir", made], { cwd: root, stdio: "inherit" });
  rmSync(target, { recursive: true, force: true });
  const done = new Set();
  const left = ["library/index.ts"];
  while (left.length > 0) {
    const source = left.pop();
    if (done.has(source)) continue;
    done.add(source);
    const text = readFileSync(join(made, source.replace(/\.ts$/, ".d.ts")), "utf8");
    const related = text.replace(/(from |import\()"([#.][^"]*)"/g, (_, word, name) => {
      const path = name.startsWith("#")
        ? name.slice(1)
        : relative(made, resolve(made, dirname(source), name));
      left.push(path);
      const from = relative(dirname(source), path).replace(/\.ts$/, ".js");
      return `${word}"${from.startsWith(".") ? from : `./${from}`}"`;
    });
    const file = join(target, source.replace(/\.ts$/, ".d.ts"));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, related);
  }
} finally {
  rmSync(made, { recursive: true, force: true });
}
