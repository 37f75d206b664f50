// SPDX-License-Identifier: MIT
// Every file of the project that the package's documents link to, and every document that the program names, has to be in the package.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

const root = process.argv[2];
const missing = new Set();
let looked = 0;
const want = (from, name) => {
  looked += 1;
  const path = normalize(join(dirname(from), name));
  if (!existsSync(join(root, path))) missing.add(`${from}: ${path}`);
};

/** Sources are in the repository. */
const FOR_THE_REPOSITORY = /^(\.\.\/)*(src|test|bench|mutation|scripts|\.ci)\b/;

for (const file of readdirSync(root, { recursive: true }).filter(
  (name) => !name.startsWith("node_modules"),
)) {
  if (file.endsWith(".md")) {
    const text = readFileSync(join(root, file), "utf8");
    for (const [, link] of text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
      if (!/^[a-z]+:/.test(link) && !FOR_THE_REPOSITORY.test(link)) want(file, link);
    }
  } else if (/^dist\/[^/]+\.(mjs|cjs|js)$/.test(file)) {
    for (const [name] of readFileSync(join(root, file), "utf8").matchAll(/\bdocs\/[\w-]+\.md\b/g))
      want(".", name);
  }
}
if (looked === 0) throw new Error("nothing was looked at");
for (const one of missing) console.error(one);
process.exitCode = missing.size > 0 ? 1 : 0;
