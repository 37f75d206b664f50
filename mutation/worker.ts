import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { constants, Script } from "node:vm";
import {
  ASYMMETRIC_MATCHERS_OBJECT,
  chai,
  customMatchers,
  GLOBAL_EXPECT,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
  setState,
} from "@vitest/expect";
import { configureGlobal } from "fast-check";
import type { Answer, Covered, CoveredTest, Question } from "./messages.ts";
import { Fixtures, newTestList, runTest, type TestList } from "./test-list.ts";

/**
 * A process that runs bundled test files, each time from their first line: the program's modules are made anew, so that a
 * mutant in a table that is made at loading counts as well. What V8 compiled of a bundle stays.
 */
const scripts = new Map<string, Script>();
let hits = new Set<number>();

for (const plugin of [JestExtend, JestChaiExpect, JestAsymmetricMatchers]) chai.use(plugin);
const expect = Object.assign(
  (value: unknown, message?: string) => chai.expect(value, message),
  chai.expect,
  Reflect.get(globalThis, ASYMMETRIC_MATCHERS_OBJECT),
);
// A method that JestExtend gives chai's own expect, unknown to its types.
Reflect.apply(Reflect.get(chai.expect, "extend"), chai.expect, [expect, customMatchers]);
setState({ assertionCalls: 0, isExpectingAssertions: false }, expect);
Object.assign(globalThis, {
  [GLOBAL_EXPECT]: expect,
  $mutant: -1,
  $hit: (id: number) => {
    hits.add(id);
    return false;
  },
});
// The same cases every time; and a case that fails is enough, the smallest one is not looked for.
configureGlobal({ seed: 1, endOnFailure: true });

function scriptOf(bundle: string): Script {
  const known = scripts.get(bundle);
  if (known !== undefined) return known;
  const script = new Script(`(function(require,module,exports){${readFileSync(bundle, "utf8")}\n})`, {
    filename: bundle,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  scripts.set(bundle, script);
  return script;
}

const require = createRequire(import.meta.url);

function load(bundle: string): TestList {
  const list = newTestList(expect);
  Object.assign(globalThis, { $vitest: list.api });
  const module = { exports: {} };
  scriptOf(bundle).runInThisContext()(require, module, module.exports);
  return list;
}

/** What `work` reaches, and how long it takes. */
async function measured(work: () => Promise<unknown>): Promise<Omit<CoveredTest, "name">> {
  hits = new Set();
  const start = performance.now();
  await work();
  return { ms: performance.now() - start, hits: [...hits] };
}

async function cover(bundle: string): Promise<Covered> {
  const tests: CoveredTest[] = [];
  const shared = new Set<number>();
  let sharedMs = 0;
  let name = "loading";
  const around = async (work: () => Promise<unknown>): Promise<void> => {
    const part = await measured(work);
    for (const hit of part.hits) shared.add(hit);
    sharedMs += part.ms;
  };
  const answer = (): Covered => ({ kind: "covered", tests, shared: [...shared], sharedMs });
  try {
    let list: TestList = { tests: [], api: {} };
    await around(async () => {
      list = load(bundle);
    });
    const fixtures = new Fixtures();
    for (const test of list.tests) {
      name = test.name;
      await around(() => fixtures.begin(test));
      tests.push({ name, ...(await measured(() => runTest(test))) });
    }
    await around(() => fixtures.end());
    return answer();
  } catch (error) {
    return { ...answer(), failure: `${name}: ${error}` };
  }
}

async function attempt(bundle: string, mutant: number, wanted: readonly number[]): Promise<Answer> {
  let name = "loading";
  const fixtures = new Fixtures();
  Object.assign(globalThis, { $mutant: mutant });
  try {
    const { tests } = load(bundle);
    for (const index of wanted) {
      const test = tests[index];
      // A mutant may leave fewer rows for a table of tests, too.
      if (test === undefined) return { kind: "tried", killedBy: `test ${index} is not there` };
      name = test.name;
      await fixtures.begin(test);
      await runTest(test);
    }
    return { kind: "tried" };
  } catch {
    return { kind: "tried", killedBy: name };
  } finally {
    // What a mutant has spoilt may fail to be tidied up, which says nothing more.
    await fixtures.end().catch(() => undefined);
    Object.assign(globalThis, { $mutant: -1 });
  }
}

async function answer(question: Question): Promise<void> {
  const { kind, bundle } = question;
  process.send?.(
    kind === "cover" ? await cover(bundle) : await attempt(bundle, question.mutant, question.tests),
  );
}

process.on("message", (question: Question) => {
  // A failure here is a bug, and ends the process.
  void answer(question);
});
// The one who asked is gone.
process.on("disconnect", () => process.exit());
