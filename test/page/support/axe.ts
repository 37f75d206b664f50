import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";

/** What axe-core finds that is serious or worse, a line each. Evaluated from outside, where the page's policy does not reach. */
export async function seriousFindings(page: Page): Promise<readonly string[]> {
  const source = readFileSync("node_modules/axe-core/axe.min.js", "utf8");
  const found = await page.evaluate(`(async () => { ${source}; return (await axe.run()).violations; })()`);
  const violations = found as readonly {
    readonly id: string;
    readonly impact: string;
    readonly nodes: readonly { readonly html: string }[];
  }[];
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
}
