/** The part of vitest that the tests use, as a list of tests that can be run again and again in one process. */
type Body = (...values: readonly unknown[]) => unknown;
type Hooks = {
  readonly before: Body[];
  readonly after: Body[];
  readonly each: Body[];
  readonly afterEach: Body[];
};
export type Suite = { readonly parents: readonly Hooks[]; readonly hooks: Hooks };
export type Test = { readonly name: string; readonly run: Body; readonly suite: Suite };
export type TestList = { readonly tests: readonly Test[]; readonly api: Readonly<Record<string, unknown>> };

type Declare = (title: unknown, ...rest: readonly unknown[]) => void;

/** vitest's own options may stand before the body or after it. */
function bodyOf(rest: readonly unknown[]): Body | undefined {
  return rest.find((value): value is Body => typeof value === "function");
}

function newHooks(): Hooks {
  return { before: [], after: [], each: [], afterEach: [] };
}

/** `x(...)`, `x.each(rows)(...)`, `x.skipIf(condition)(...)` and their kin, all of one declaration. */
function withForms(declare: (title: string, body: Body) => void): Declare {
  const plain: Declare = (title, ...rest) => {
    const body = bodyOf(rest);
    if (body !== undefined) declare(String(title), body);
  };
  const nothing: Declare = () => undefined;
  const each =
    (rows: Iterable<unknown>): Declare =>
    (title, ...rest) => {
      const body = bodyOf(rest);
      let row = 0;
      for (const values of rows) {
        const list = Array.isArray(values) ? values : [values];
        declare(`${title} #${row++}`, () => body?.(...list));
      }
    };
  return Object.assign(plain, {
    each,
    skip: nothing,
    todo: nothing,
    concurrent: plain,
    sequential: plain,
    skipIf: (condition: unknown) => (condition ? nothing : plain),
    runIf: (condition: unknown) => (condition ? plain : nothing),
  });
}

export function newTestList(expect: unknown): TestList {
  const tests: Test[] = [];
  let suite: Suite = { parents: [], hooks: newHooks() };
  let titles: readonly string[] = [];
  const describe = withForms((title, body) => {
    const outer = { suite, titles };
    suite = { parents: [...suite.parents, suite.hooks], hooks: newHooks() };
    titles = [...titles, title];
    body();
    ({ suite, titles } = outer);
  });
  const test = withForms((title, body) => {
    tests.push({ name: [...titles, title].join(" > "), run: body, suite });
  });
  const hook = (kind: keyof Hooks) => (body: Body) => void suite.hooks[kind].push(body);
  const api = {
    describe,
    suite: describe,
    test,
    it: test,
    expect,
    beforeAll: hook("before"),
    afterAll: hook("after"),
    beforeEach: hook("each"),
    afterEach: hook("afterEach"),
    onTestFinished: (body: Body) => void finished.push(body),
  };
  return { tests, api };
}

/** What `onTestFinished` was told in the test that runs. */
const finished: Body[] = [];

export async function runTest(test: Test): Promise<void> {
  const all = [...test.suite.parents, test.suite.hooks];
  try {
    for (const hooks of all) for (const body of hooks.each) await body();
    await test.run({});
  } finally {
    for (const hooks of all) for (const body of hooks.afterEach) await body();
    for (const body of finished.splice(0).reverse()) await body();
  }
}

/** The suites' `beforeAll` before the first of their tests, `afterAll` when the file is done. */
export class Fixtures {
  readonly #begun = new Set<Hooks>();

  async begin(test: Test): Promise<void> {
    for (const hooks of [...test.suite.parents, test.suite.hooks]) {
      if (this.#begun.has(hooks)) continue;
      this.#begun.add(hooks);
      for (const body of hooks.before) await body();
    }
  }

  async end(): Promise<void> {
    for (const hooks of [...this.#begun].reverse()) for (const body of hooks.after) await body();
  }
}
