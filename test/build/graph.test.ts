import { describe, expect, test } from "vitest";
import { type Graph, rulesInOrder } from "#build/graph.ts";
import type { Rule } from "#build/rule.ts";
import { ok } from "#core/result.ts";

function rule(output: string, ...inputs: readonly string[]): Rule {
  return {
    label: "GEN",
    outputs: [output],
    inputs,
    options: [],
    command: "<nothing>",
    run: async () => ok([]),
  };
}

const graph: Graph = {
  rules: [
    rule("top", "left", "right"),
    rule("left", "base"),
    { ...rule("right", "base", "/outside"), outputs: ["right", "right.too"] },
    rule("base"),
    rule(".private/x"),
  ],
  goals: new Map([
    ["all", ["top", ".private/x"]],
    ["base", ["right.too"]],
  ]),
  others: ["pack"],
};

function order(...goals: readonly string[]): unknown {
  const rules = rulesInOrder(graph, goals);
  return rules.ok ? rules.value.map(({ outputs }) => outputs[0]) : rules.failure;
}

describe("the rules that goals need", () => {
  test("come once each, after those that they take inputs from", () => {
    expect(order("top")).toEqual(["base", "left", "right", "top"]);
    expect(order("all", "left")).toEqual(["base", "left", "right", "top", ".private/x"]);
    expect(order("left", "right")).toEqual(["base", "left", "right"]);
  });

  test("are found by any of their outputs; a goal's name goes before a file's", () => {
    expect(order("right.too")).toEqual(["base", "right"]);
    expect(order("base")).toEqual(["base", "right"]);
  });

  test("are none for what is not known, which is told with what is: goals, possible ones, published files", () => {
    expect(order("left", "bottom")).toEqual({
      reason: "unknown-goal",
      goal: "bottom",
      known: ["all", "base", "pack", "top", "left", "right", "right.too"],
    });
  });

  test("must not need themselves, or what is not made: that is a bug", () => {
    const only = (...rules: readonly Rule[]): Graph => ({ rules, goals: new Map(), others: [] });
    expect(() => rulesInOrder(only(rule("a", "b"), rule("b", "a")), ["a"])).toThrow("a needs itself");
    expect(() => rulesInOrder(only(rule("a", "b")), ["a"])).toThrow("no rule makes b");
  });
});
