import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Script } from "node:vm";

/**
 * Loads a script of `dist/` with the code that V8 made of it when it was bundled (scripts/bundle.mjs), which saves
 * compiling it. A V8 of another version refuses that code and compiles, as it does where there is none.
 *
 * The script is one function of CommonJS' `exports`, `require`, `module` and `__filename`, and of an import(), which code that was kept
 * cannot do by itself. These are ours: this works in `dist/main.cjs` only, which is CommonJS itself.
 */
export function cachedScript<Exports>(name: string): Exports {
  const filename = join(__dirname, `${name}.js`);
  const cachedData = contentOf(join(__dirname, `${name}.code`));
  const script = new Script(readFileSync(filename, "utf8"), {
    filename,
    ...(cachedData === undefined ? {} : { cachedData }),
  });
  const module = { exports: {} };
  script.runInThisContext()(module.exports, require, module, filename, (url: string) => import(url));
  return module.exports as Exports;
}

function contentOf(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}
