// SPDX-License-Identifier: MIT
// The module that takes the place of src/generate/precompiled.ts in the bundle: the built-in templates as Handlebars' compiler gives them.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Handlebars from "handlebars";

/**
 * @param folder `templates/`
 * @param options those that src/generate/parser-source.ts compiles with
 */
export function precompiledTemplates(folder, options = { strict: true, noEscape: true }) {
  const files = [folder, join(folder, "partials")].flatMap((at) =>
    readdirSync(at)
      .filter((name) => name.endsWith(".hbs"))
      .sort()
      .map((name) => join(at, name)),
  );
  const texts = ["{{> frame}}\n", ...files.map((file) => `${readFileSync(file, "utf8").trimEnd()}\n`)];
  const entries = texts.map((text) => {
    const digest = createHash("sha256").update(text).digest("hex");
    return `["${digest}",${Handlebars.precompile(Handlebars.parse(text), options)}]`;
  });
  return `export const PRECOMPILED = new Map([${entries.join(",\n")}]);\n`;
}
