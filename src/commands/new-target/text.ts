import type { NewTargetReport } from "#api/new-target.ts";
import { table } from "#report/table.ts";

/** @param folder as the user names it */
export function newTargetText(folder: string, { name }: NewTargetReport): string {
  return `${table([
    [`${folder}/${name}.json`, "the description"],
    [`${folder}/${name}.hbs`, "the parser's body, in C"],
    [`${folder}/${name}.mjs`, "the reference: what a right parser makes of an image"],
    [`${folder}/${name}.test.mjs`, "builds, verifies and fuzzes: node --test"],
  ])}
Next: cd ${folder} && node --test, then change body and reference to your format (docs/targets.md).
`;
}
