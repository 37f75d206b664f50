import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { executeRules } from "#build/execute.ts";
import type { Rule } from "#build/rule.ts";
import { WorkSharing } from "#build/run/sharing.ts";
import { Slots } from "#build/run/slots.ts";
import type { State } from "#build/state/state.ts";
import { ActionCache } from "#cache/action-cache.ts";
import { directoryStore } from "#cache/directory-store.ts";
import type { Event } from "#core/events.ts";
import { ok } from "#core/result.ts";
import { digest } from "#files/digest.ts";
import { expectValue } from "../../support/expect-value.ts";

const root = mkdtempSync(join(tmpdir(), "sharing-"));
afterAll(() => rmSync(root, { recursive: true }));

const tool = join(root, "tool");
let ran: string[];
let spans: Extract<Event, { kind: "span" }>[];
beforeEach(() => {
  writeFileSync(tool, "the tool");
  ran = [];
  spans = [];
});

/** A rule that joins `in` and `extra`, of which the key tells by `shared.reads`. */
function rule(folder: string, more: Partial<Rule> = {}): Rule {
  return {
    label: "JOIN",
    outputs: ["out"],
    inputs: [join(folder, "in")],
    options: [],
    shared: {
      tool: { path: tool, identity: readFileSync(tool, "utf8"), version: "1" },
      options: [],
      reads: ["extra"],
    },
    command: "join",
    run: async () => {
      ran.push(folder);
      await new Promise((resolve) => setTimeout(resolve, 20));
      const text = ["in", "extra"].map((name) => readFileSync(join(folder, name), "utf8")).join();
      writeFileSync(join(folder, "out"), text);
      return ok(["extra"]);
    },
    ...more,
  };
}

function folderWith(name: string, input: string, extra = "extra"): string {
  const folder = join(root, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  writeFileSync(join(folder, "in"), input);
  writeFileSync(join(folder, "extra"), extra);
  return folder;
}

const caches = (name: string) =>
  new WorkSharing({
    own: new ActionCache(directoryStore(join(root, name)), "both", () => undefined),
    other: undefined,
  });

async function run(folder: string, sharing: WorkSharing, rules = [rule(folder)], slots = new Slots(2)) {
  const state: State = { rules: {}, digests: {}, facts: {}, requests: {} };
  const emit = (event: Event) => void (event.kind === "span" && spans.push(event));
  const signal = new AbortController().signal;
  const options = { out: folder, jobs: 2, state, seen: new Map(), emit, signal, sharing, slots };
  expectValue(await executeRules(rules, options));
  return state;
}

const outputOf = (folder: string) => readFileSync(join(folder, "out"), "utf8");
const hows = () => spans.map(({ how }) => how);

describe("equal work", () => {
  it("of two folders is done once", async () => {
    const sharing = caches("once");
    const [a, b] = [folderWith("a", "same"), folderWith("b", "same")];
    await run(a, sharing);
    const state = await run(b, sharing);
    expect(ran).toEqual([a]);
    expect(hows()).toEqual(["ran", "shared"]);
    expect(outputOf(b)).toBe("same,extra");
    expect(state.rules["out"]?.outputs).toEqual({ out: digest("same,extra") });
  });

  it("that two come to at the same time is waited for, even with one slot", async () => {
    const sharing = caches("together");
    const folders = ["a", "b", "c"].map((name) => folderWith(name, "same"));
    const slots = new Slots(1);
    await Promise.all(folders.map((folder) => run(folder, sharing, [rule(folder)], slots)));
    expect(ran).toHaveLength(1);
    expect(folders.map(outputOf)).toEqual(Array(3).fill("same,extra"));
  });

  it.each([
    ["an input", () => folderWith("b", "other")],
    ["what it may read besides", () => folderWith("b", "same", "other")],
    [
      "the tool",
      () => {
        writeFileSync(tool, "another tool");
        return folderWith("b", "same");
      },
    ],
  ])("is other work where %s differs", async (what, second) => {
    const sharing = caches(`differs-${what}`);
    await run(folderWith("a", "same"), sharing);
    const b = second();
    await run(b, sharing);
    expect(ran).toHaveLength(2);
    expect(outputOf(b)).toBe(["in", "extra"].map((name) => readFileSync(join(b, name), "utf8")).join());
  });

  it("without a tool is done once in a run, for what its fingerprint tells", async () => {
    const sharing = caches("in this process");
    const own = (folder: string) => {
      const { shared: _, ...more } = rule(folder, { inputs: ["in", "extra"], command: "<joins>" });
      return {
        ...more,
        run: async (...work: Parameters<Rule["run"]>) =>
          rule(folder)
            .run(...work)
            .then(() => ok([])),
      };
    };
    const folders = [folderWith("a", "same"), folderWith("b", "same"), folderWith("c", "other")];
    for (const folder of folders) await run(folder, sharing, [own(folder)]);
    expect(hows()).toEqual(["ran", "shared", "ran"]);
    expect(folders.map(outputOf)).toEqual(["same,extra", "same,extra", "other,extra"]);
  });

  it("is told by what of an input can show, where a rule says so", async () => {
    const sharing = caches("contents");
    const rules = (folder: string) => {
      const own = rule(folder);
      if (own.shared === undefined) throw new Error("a shared rule");
      const contents = async () => ok({ [join(folder, "in")]: "the same to it" });
      return [{ ...own, shared: { ...own.shared, contents } }];
    };
    const [a, b] = [folderWith("a", "one"), folderWith("b", "two")];
    await run(a, sharing, rules(a));
    await run(b, sharing, rules(b));
    expect(outputOf(b)).toBe("one,extra");
  });

  it("that has read what the key does not tell of is kept for nobody", async () => {
    const sharing = caches("unknown");
    const [a, b] = [folderWith("a", "same"), folderWith("b", "same")];
    writeFileSync(join(root, "header"), "");
    const rules = (folder: string) => {
      const own = rule(folder);
      const reading = async (...args: Parameters<Rule["run"]>) => {
        const done = await own.run(...args);
        return done.ok ? ok([join(root, "header")]) : done;
      };
      return [{ ...own, run: reading }];
    };
    await run(a, sharing, rules(a));
    await run(b, sharing, rules(b));
    expect(ran).toEqual([a, b]);
  });

  it("whose cache is damaged is done again", async () => {
    const sharing = caches("damaged");
    await run(folderWith("a", "same"), sharing);
    writeFileSync(join(root, "damaged", "cas", digest("same,extra")), "same,extrA");
    const b = folderWith("b", "same");
    await run(b, sharing);
    expect(ran).toHaveLength(2);
    expect(outputOf(b)).toBe("same,extra");
  });

  it("of a rule that says nothing of sharing is done everywhere", async () => {
    const { shared: _shared, ...own } = rule(folderWith("a", "same"));
    await run(join(root, "a"), caches("nothing"), [own]);
    expect(existsSync(join(root, "nothing"))).toBe(false);
  });
});

describe("why a rule runs", () => {
  const why = () => spans.at(-1)?.why;
  it("is told by what changed", async () => {
    const a = folderWith("why", "one");
    const state: State = { rules: {}, digests: {}, facts: {}, requests: {} };
    const emit = (event: Event) => void (event.kind === "span" && spans.push(event));
    const again = async (rules: readonly Rule[]) => {
      state.digests = {};
      const signal = new AbortController().signal;
      expectValue(await executeRules(rules, { out: a, jobs: 1, state, seen: new Map(), emit, signal }));
    };
    await again([rule(a)]);
    expect(why()).toEqual(["it has not been made here before"]);
    await again([rule(a)]);
    expect([why(), hows().at(-1)]).toEqual([[], "up to date"]);
    writeFileSync(join(a, "in"), "two");
    await again([rule(a)]);
    expect(why()).toEqual([`${join(a, "in")} changed`]);
    writeFileSync(join(a, "extra"), "two");
    await again([rule(a)]);
    expect(why()).toEqual([`${join(a, "extra")} changed`]);
    writeFileSync(join(a, "out"), "edited");
    await again([rule(a)]);
    expect(why()).toEqual([`${join(a, "out")} is not what the rule left there`]);
    await again([rule(a, { options: ["-O3"] })]);
    expect(why()).toEqual(["an option or a tool changed"]);
    await again([rule(a, { options: ["-O3"], inputs: [] })]);
    expect(why()).toEqual([`${join(a, "in")} is no input any more`]);
  });
});
