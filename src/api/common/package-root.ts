import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The package's folder, from the sources as well as from the bundle in `dist/`. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "templates", "frame.hbs"))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error("the package is incomplete: templates/frame.hbs is missing");
    folder = parent;
  }
  return folder;
}

/** A checkout's scripts/setup. An installed package has none: undefined. */
export function setupScript(): string | undefined {
  const script = join(packageRoot(), "scripts", "setup");
  return existsSync(script) ? script : undefined;
}
