import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { type ExecuteRulesOptions, executeRules } from "#build/execute.ts";
import type { Rule } from "#build/rule.ts";
import type { State } from "#build/state/state.ts";
import type { Event } from "#core/events.ts";
import { err, ok } from "#core/result.ts";
import { until } from "../support/until.ts";

const out = mkdtempSync(join(tmpdir(), "execute-"));
afterAll(() => rmSync(out, { recursive: true }));

let state: State;
let events: Event[];
beforeEach(() => {
  state = { rules: {}, digests: {}, facts: {}, requests: {} };
  events = [];
});

const outside = join(out, "outside");
writeFileSync(outside, "from outside");
const failure = { reason: "unsupported", what: "this", detail: "so" } as const;
const content = (name: string) => readFileSync(join(out, name), "utf8");

/** Writes an output, and tells inputs that only showed meanwhile. */
function leaving(output: string, found: readonly string[]) {
  writeFileSync(join(out, output), "made");
  return ok(found);
}

/** Makes a file of what its inputs have in them. */
function rule(output: string, inputs: readonly string[], more: Partial<Rule> = {}): Rule {
  return {
    label: "GEN",
    outputs: [output],
    inputs,
    options: [],
    command: "<joins>",
    run: async () => {
      const text = inputs.map((name) => readFileSync(join(out, name.replace(`${out}/`, "")), "utf8"));
      writeFileSync(join(out, output), `${output}(${text.join()})`);
      return ok([]);
    },
    ...more,
  };
}

async function run(rules: readonly Rule[], more: Partial<ExecuteRulesOptions> = {}): Promise<unknown> {
  events = [];
  // Spans are asked for by other tests: sharing.test.ts.
  const emit = (event: Event) => void (event.kind === "span" || events.push(event));
  const signal = new AbortController().signal;
  const result = await executeRules(rules, { out, jobs: 2, state, seen: new Map(), emit, signal, ...more });
  return result.ok ? result.value.map(({ outputs }) => outputs[0]) : result.failure;
}

describe("rules", () => {
  it("that a signal leaves undone, with nothing under way that it could end, are cancelled; what is done is not", async () => {
    const stopping = (controller: AbortController) =>
      rule("x1", [], {
        run: async () => {
          controller.abort("SIGINT");
          return leaving("x1", []);
        },
      });
    const [one, two] = [new AbortController(), new AbortController()];
    expect(await run([stopping(one)], { signal: one.signal })).toEqual(["x1"]);
    state = { rules: {}, digests: {}, facts: {}, requests: {} };
    expect(await run([stopping(two), rule("x2", ["x1"])], { signal: two.signal })).toEqual({
      reason: "cancelled",
      signal: "SIGINT",
    });
  });

  it("run once, each after those that it needs, and are told", async () => {
    const rules = [rule("a", [outside]), rule("b", ["a"]), rule("c", ["a", "b"])];
    expect(await run(rules)).toEqual(["a", "b", "c"]);
    expect(content("c")).toBe("c(a(from outside),b(a(from outside)))");
    expect(events).toEqual(
      ["a", "b", "c"].map((output) => ({ kind: "step", label: "GEN", output, command: "<joins>" })),
    );
    expect(await run(rules)).toEqual([]);
    expect(events).toEqual([]);
  });

  it("run again where their options, an input's content or an output is another", async () => {
    const rules = [rule("a", [outside]), rule("b", ["a"])];
    await run(rules);
    expect(await run([rule("a", [outside], { options: ["-O2"] }), rule("b", ["a"])])).toEqual(["a"]);
    writeFileSync(join(out, "b"), "by hand");
    expect(await run([rule("a", [outside], { options: ["-O2"] }), rule("b", ["a"])])).toEqual(["b"]);
    rmSync(join(out, "a"));
    expect(await run(rules)).toEqual(["a"]);
  });

  it("run again where an input changes that only showed while they worked", async () => {
    const header = join(out, "header.h");
    writeFileSync(header, "1");
    const rules = [rule("found", [], { run: async () => leaving("found", [header]) })];
    expect(await run(rules)).toEqual(["found"]);
    expect(await run(rules)).toEqual([]);
    writeFileSync(header, "2");
    expect(await run(rules)).toEqual(["found"]);
    expect(await run(rules)).toEqual([]);
  });

  it("do not run again because a file from outside lies elsewhere", async () => {
    const elsewhere = join(out, "elsewhere");
    writeFileSync(elsewhere, "from outside");
    await run([rule("a", [outside])]);
    expect(await run([rule("a", [elsewhere])])).toEqual([]);
    writeFileSync(join(out, "a2"), "from outside");
    expect(await run([rule("b", ["a"])])).toEqual(["b"]);
  });

  it("run side by side, as many as there may be", async () => {
    for (const jobs of [1, 2, 3]) {
      let [now, most] = [0, 0];
      const slow = (name: string) =>
        rule(name, [], {
          run: async () => {
            now += 1;
            most = Math.max(most, now);
            await new Promise((resolve) => setTimeout(resolve, 30));
            now -= 1;
            writeFileSync(join(out, name), `${jobs}`);
            return ok([]);
          },
          options: jobs,
        });
      await run(["p", "q", "r", "s", "t"].map(slow), { jobs });
      expect(most).toBe(jobs);
    }
  });
});

describe("a failure", () => {
  const failing = (name: string, more: Partial<Rule> = {}) =>
    rule(name, [], { run: async () => err(failure), ...more });

  it("ends the rules under way, and what needs it does not run", async () => {
    let ended = false;
    const waiting = rule("waiting", [], {
      run: async (_tool, _inputs, signal) => {
        await until("it is ended", () => signal.aborted);
        ended = true;
        return err({ reason: "cancelled", signal: "abort" });
      },
    });
    expect(await run([waiting, failing("x"), rule("y", ["x"])])).toEqual(failure);
    expect(ended).toBe(true);
    expect(events.map((event) => event.kind === "step" && event.output)).toEqual(["waiting", "x"]);
  });

  it("keeps later ones from beginning, and what was finished is remembered", async () => {
    const rules = [rule("a", []), failing("x"), rule("next", []), rule("later", [])];
    expect(await run(rules, { jobs: 1 })).toEqual(failure);
    expect(Object.keys(state.rules)).toContain("a");
    // The next one in the queue begins as the failing one ends.
    expect(Object.keys(state.rules)).not.toContain("later");
  });

  it("of a rule that stands aside ends nothing but what needs it, and is told in the end", async () => {
    const aside = failing("x", { aside: true });
    expect(await run([aside, rule("y", ["x"]), rule("a", [outside])], { jobs: 1 })).toEqual(failure);
    expect(Object.keys(state.rules)).toEqual(["a"]);
    const worse = { ...failure, what: "that" };
    const other = failing("w", { run: async () => err(worse) });
    expect(await run([aside, other], { jobs: 1 })).toEqual(worse);
  });

  it("is an output that was not written, and one that is not there any more", async () => {
    expect(await run([rule("nothing", [], { run: async () => ok([]) })])).toMatchObject({
      reason: "file-failed",
      code: "ENOENT",
    });
    expect(await run([rule("b", [join(out, "missing")])])).toMatchObject({ reason: "file-failed" });
    const shown = async () => leaving("s", ["shown but missing"]);
    expect(await run([rule("s", [], { run: shown })])).toMatchObject({ reason: "file-failed" });
  });

  it("is an input that changes while the rule works, unless its digest is all that it takes", async () => {
    const input = join(out, "input");
    const change = (name: string, more: Partial<Rule>) =>
      rule(name, [input], {
        run: async () => {
          writeFileSync(input, `changed by ${name}`);
          writeFileSync(join(out, name), "");
          return ok([]);
        },
        ...more,
      });
    writeFileSync(input, "1");
    expect(await run([change("c", {})])).toMatchObject({ reason: "unsupported", file: input });
    writeFileSync(input, "1");
    expect(await run([change("d", { onlyDigests: true })])).toEqual(["d"]);
  });
});

describe("a build that keeps going", () => {
  it("makes what needs nothing that failed, tells later failures, and fails with the first", async () => {
    const second = { ...failure, what: "that" };
    const rules = [
      rule("x", [], { run: async () => err(failure) }),
      rule("y", ["x"]),
      rule("w", [], { run: async () => err(second) }),
      rule("kept", [outside]),
    ];
    expect(await run(rules, { jobs: 1, keepGoing: true })).toEqual(failure);
    expect(Object.keys(state.rules)).toEqual(["kept"]);
    expect(events.filter(({ kind }) => kind === "failure")).toEqual([{ kind: "failure", failure: second }]);
  });
});

describe("spans", () => {
  it("tell of each rule whether it ran, and why", async () => {
    const spans: unknown[] = [];
    const emit = (event: Event) => {
      if (event.kind === "span") spans.push([event.name, event.label, event.folder, event.how, event.why]);
    };
    const rules = [rule("spanned", [outside])];
    await run(rules, { emit });
    await run(rules, { emit });
    await run(rules, { emit, always: true });
    const of = (how: string, ...why: readonly string[]) => ["spanned", "GEN", out, how, why];
    expect(spans).toEqual([
      of("ran", "it has not been made here before"),
      of("up to date"),
      of("ran", "everything was asked for"),
    ]);
  });
});

describe("a tool of a rule", () => {
  const tool = (script: string) =>
    rule("by-tool", [], {
      command: "sh",
      options: script,
      run: async (runTool) => {
        const ran = await runTool({ tool: "sh", file: "/bin/sh", args: ["-c", script], cwd: out });
        return ran.ok ? ok([]) : ran;
      },
    });

  it("is heard although it succeeds, where it says something", async () => {
    expect(await run([tool("echo > by-tool; echo careful >&2")])).toEqual(["by-tool"]);
    expect(events[1]).toEqual({ kind: "tool-log", tool: "sh", text: "careful\n" });
    expect(await run([tool("echo 2 > by-tool; echo >&2")])).toEqual(["by-tool"]);
    expect(events).toHaveLength(1);
  });

  it("ends with the build", async () => {
    const controller = new AbortController();
    const running = run([tool("echo > started; exec sleep 600")], { signal: controller.signal });
    await until("it runs", () => events.length > 0);
    controller.abort("SIGINT");
    expect(await running).toMatchObject({ reason: "cancelled" });
  });
});
