// SPDX-License-Identifier: MIT
// Writes the code that V8 has made of a script of dist/ after a run of it, beside the script: node scripts/code-cache.cjs NAME EXPORT WORD...
// A run first, since V8 compiles what is called; it has to succeed. What it prints is not for anyone.
const { readFileSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");
const { Script } = require("node:vm");

const [name, start, ...words] = process.argv.slice(2);
const filename = join(__dirname, "..", "dist", `${name}.js`);
const script = new Script(readFileSync(filename, "utf8"), { filename });
const loaded = { exports: {} };
script.runInThisContext()(loaded.exports, require, loaded, filename);
loaded.exports[start](words).then(() => {
  if (process.exitCode !== 0) throw new Error(`${words.join(" ")}: exit status ${process.exitCode}`);
  writeFileSync(join(__dirname, "..", "dist", `${name}.code`), script.createCachedData());
});
