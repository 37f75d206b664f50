import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, describe, expect, it } from "vitest";
import { openInstalled } from "#prove/solver/installed.ts";
import type { FreeQuery } from "#prove/solver/query.ts";
import { openZ3 } from "#prove/solver/z3.ts";
import { bits64 } from "#prove/terms/bits.ts";
import { forgetTerms, variable } from "#prove/terms/term.ts";
import { compare } from "#prove/terms/truth.ts";
import { expectFailure, expectValue } from "../../support/expect-value.ts";
import { newFolder, script } from "../../support/kernel-tree.ts";

afterAll(forgetTerms);

const x = variable(64, "x");
const possible: FreeQuery = { assertions: [compare("ult", x, bits64(5))], leaves: [x] };
const impossible: FreeQuery = {
  assertions: [...possible.assertions, compare("ult", bits64(5), x)],
  leaves: [x],
};

/** A program called `name` in a folder of its own. */
const fake = (name: string, body: string) => script(join(newFolder(), name), body);
const open = async (file: string) => expectValue(await openInstalled(file, 1000, 1));

describe("an installed solver", () => {
  it("is asked for its version, and with its own words", async () => {
    const file = fake(
      "cvc5",
      'case $1 in --version) echo "This is cvc5 version 1.2.3";; *) echo "$*" >&2; cat >/dev/null; echo unsat;; esac',
    );
    const solver = await open(file);
    expect([solver.name, solver.version]).toEqual(["cvc5", "1.2.3"]);
    expect(expectValue(await solver.check([impossible]))).toEqual([{ verdict: "unsat" }]);
  });

  it("of any other name is given the script alone, and asked for values where there are some", async () => {
    const solver = await open(
      fake("other", 'if grep -q get-value; then echo "sat ((|x| #x0000000000000002))"; else echo sat; fi'),
    );
    expect(solver.version).toBe("unknown");
    expect(expectValue(await solver.check([possible]))).toEqual([
      { verdict: "sat", values: new Map([[x, 2n]]) },
    ]);
  });

  it.each([
    ["too little", "cat >/dev/null; echo unsat", "an answer that is not one to each query"],
    ["an error", 'cat >/dev/null; echo "(error oops)"', "an answer that is not one to each query"],
    [
      "an example without values",
      "cat >/dev/null; echo sat; echo sat",
      "an answer that is not one to each query",
    ],
    ["nothing, and fails", "cat >/dev/null; exit 3", "exit status 3"],
  ])("that says %s has failed", async (_title, body, ended) => {
    const solver = await open(fake("odd", body));
    const failure = expectFailure(await solver.check([possible, impossible]));
    expect(failure).toMatchObject({
      reason: "tool-failed",
      tool: "odd",
      ended: expect.stringContaining(ended),
    });
  });

  it("that is not there is missing", async () => {
    expect(expectFailure(await openInstalled(join(newFolder(), "z3"), 1000, 1))).toMatchObject({
      reason: "tool-missing",
    });
  });
});

describe("z3 of npm's package", () => {
  it("decides many queries at once, in order", async () => {
    const solver = expectValue(await openZ3(2, 900_000));
    const queries = Array.from({ length: 40 }, (_, index) => (index % 3 === 0 ? impossible : possible));
    const verdicts = expectValue(await solver.check(queries)).map(({ verdict }) => verdict);
    solver.close();
    expect(verdicts).toEqual(queries.map((one) => (one === possible ? "sat" : "unsat")));
  });

  it("is not asked any more once that is cancelled", async () => {
    const solver = expectValue(await openZ3(1, 900_000));
    const failure = expectFailure(await solver.check([possible], AbortSignal.abort("SIGINT")));
    solver.close();
    expect(failure).toEqual({ reason: "cancelled", signal: "SIGINT" });
  });

  it("is named with the other solvers, where it is not installed", async () => {
    const folder = newFolder();
    // Outside of the checkout, so that no package is found.
    await build({
      ...{ entryPoints: ["src/prove/solver/z3.ts"], outfile: join(folder, "z3.mjs") },
      ...{ bundle: true, platform: "node", format: "esm", external: ["z3-solver"], logLevel: "error" },
    });
    const program =
      'import("./z3.mjs").then(async ({ openZ3 }) => console.log(JSON.stringify(await openZ3(1, 1000))))';
    const said = JSON.parse(
      execFileSync(process.execPath, ["-e", program], { cwd: folder, encoding: "utf8" }),
    );
    expect(said).toMatchObject({ ok: false, failure: { reason: "unsupported" } });
    expect(said.failure.detail).toMatch(/npm install z3-solver.*--solver z3, cvc5 or bitwuzla/);
  });
});
