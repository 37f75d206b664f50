import { join } from "node:path";
import type { Output } from "#files/output-set.ts";
import type { AskedQuery, Purpose } from "#prove/proof.ts";
import { STANDARD, scriptOf } from "#prove/solver/script.ts";
import { leavesOf } from "#prove/terms/operands.ts";

const FILES: Readonly<Record<Purpose, string>> = {
  obligation: "obligations",
  example: "examples",
  path: "paths",
};

/** What was asked for one program, as SMT-LIB scripts that any solver for QF_BV reads, each query with the answer that it had. */
export function scriptFiles(folder: string, name: string, asked: readonly AskedQuery[]): readonly Output[] {
  return Object.entries(FILES).flatMap(([purpose, title]) => {
    const queries = asked
      .filter((one) => one.purpose === purpose)
      .map(({ query, answer }) => ({
        assertions: query,
        leaves: leavesOf(query),
        status: answer.verdict,
      }));
    if (queries.length === 0) return [];
    return [{ file: join(folder, `${name}.${title}.smt2`), content: scriptOf(queries, STANDARD) }];
  });
}
