import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { newFolder } from "../../support/kernel-tree.ts";

export type PageModel = typeof import("./page-model.ts");
type Bundler = { readonly bundleForBrowsers: (entry: string, options: object) => Promise<string> };

/** What the page's views show, bundled as browsers get it. */
export async function bundledModel(): Promise<PageModel> {
  const bundler = new URL("../../../scripts/page-bundle.mjs", import.meta.url).href;
  const { bundleForBrowsers } = (await import(bundler)) as Bundler;
  const file = join(newFolder("page"), "model.mjs");
  writeFileSync(file, await bundleForBrowsers("test/page/support/page-model.ts", { format: "esm" }));
  return (await import(pathToFileURL(file).href)) as PageModel;
}
