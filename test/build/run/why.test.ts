import { describe, expect, test } from "vitest";
import { RecentOutputs } from "#build/run/recent-outputs.ts";
import { Slots } from "#build/run/slots.ts";
import { changedInputs, keptInputs } from "#build/run/why.ts";
import type { RuleState } from "#build/state/state.ts";

describe("a rule is out of date", () => {
  const lastRun = (inputs: Readonly<Record<string, string>>): RuleState => ({
    ...{ fingerprint: "f", outputs: {}, found: {}, inputs: keptInputs(inputs) },
  });
  const old = { a: "0123456789abcdef", b: "1".repeat(64) };

  test.each([
    ["nothing of it is known", undefined, old, ["it has not been made here before"]],
    [
      "what its inputs were is not known",
      { fingerprint: "f", outputs: {}, found: {} },
      old,
      ["an input or an option changed"],
    ],
    ["an input has another content", lastRun(old), { ...old, a: "0123456789aa" }, ["a changed"]],
    [
      "inputs come and go",
      lastRun(old),
      { c: "2", b: old.b },
      ["c is a new input", "a is no input any more"],
    ],
    ["its inputs are the same", lastRun(old), old, ["an option or a tool changed"]],
  ])("where %s", (_what, state, inputs, why) => {
    expect(changedInputs(state, inputs)).toEqual(why);
  });

  test("by the first twelve digits of digests, which are kept", () => {
    expect(keptInputs(old)).toEqual({ a: "0123456789ab", b: "1".repeat(12) });
  });
});

describe("outputs of the last rules", () => {
  const output = (size: number) => [{ name: `of ${size}`, bytes: new Uint8Array(size) }];

  test("are kept until there is no room; those that came first go", () => {
    const recent = new RecentOutputs(10);
    for (const [name, size] of [
      ["a", 4],
      ["b", 3],
      ["c", 3],
    ] as const)
      recent.keep(name, output(size));
    expect(["a", "b", "c"].map((name) => recent.get(name)?.[0]?.name)).toEqual(["of 4", "of 3", "of 3"]);
    recent.keep("d", output(5));
    expect(["a", "b", "c", "d"].filter((name) => recent.get(name) !== undefined)).toEqual(["c", "d"]);
    recent.keep("e", output(2));
    expect(["c", "d", "e"].filter((name) => recent.get(name) !== undefined)).toEqual(["c", "d", "e"]);
  });

  test("are kept once, and none that have no room at all", () => {
    const recent = new RecentOutputs(10);
    recent.keep("a", output(10));
    recent.keep("a", output(1));
    expect(recent.get("a")).toEqual(output(10));
    recent.keep("b", output(11));
    expect([recent.get("b"), recent.get("a")?.length]).toEqual([undefined, 1]);
    recent.keep("c", [...output(5), ...output(6)]);
    expect(recent.get("c")).toBeUndefined();
  });
});

describe("slots", () => {
  test("that are waited in are free meanwhile, and come back", async () => {
    const slots = new Slots(1);
    const order: string[] = [];
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const waiting = slots.use(async () => {
      order.push("waits");
      await slots.waitFor(gate);
      order.push("goes on");
    });
    const others = [1, 2].map((number) =>
      slots.use(async () => {
        order.push(`other ${number} begins`);
        await Promise.resolve();
        order.push(`other ${number} ends`);
        release();
      }),
    );
    await Promise.all([waiting, ...others]);
    expect(order.slice(0, 3)).toEqual(["waits", "other 1 begins", "other 1 ends"]);
    expect(order.indexOf("other 2 ends")).toBe(order.indexOf("other 2 begins") + 1);
    expect(order).toContain("goes on");
  });

  test("come back from a task that throws, and from one that waits for what fails", async () => {
    const slots = new Slots(1);
    const broken = () => Promise.reject(new Error("broken"));
    await expect(slots.use(broken)).rejects.toThrow("broken");
    await expect(slots.use(() => slots.waitFor(broken()))).rejects.toThrow("broken");
    expect(await slots.use(async () => "free")).toBe("free");
  });
});
