import { join } from "node:path";
import { expect, test } from "vitest";
import { newFolder } from "../support/kernel-tree.ts";
import { commandCase, runCommandCase } from "../support/random-commands.ts";

const SEED = 20261;
const CASES = 200;

test(`no command falls over ${CASES} mutated files, and none leaves anything behind`, async () => {
  const folder = join(newFolder("random"), "case");
  const statuses = new Set<number | undefined>();
  for (let index = 0; index < CASES; index++) {
    const one = commandCase(SEED, index);
    const { status, problems } = await runCommandCase(one, folder);
    expect(problems, `case ${index} of seed ${SEED}: ${one.argv.join(" ")}`).toEqual([]);
    statuses.add(status);
  }
  // Where everything is refused, or taken, little is tried.
  expect([...statuses].sort()).toEqual(expect.arrayContaining([0, 1]));
});
