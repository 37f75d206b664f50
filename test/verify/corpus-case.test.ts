import { describe, expect, it } from "vitest";
import { isFor, parseCase } from "#verify/corpus-case.ts";

const GOOD = { schema: 1, reference: "uki", revision: "v7", why: "a wrapping sum" };

describe("the description of a corpus case", () => {
  it.each([
    GOOD,
    { ...GOOD, injection: { failReserve: 2 } },
    { ...GOOD, injection: { noContext: true } },
    { ...GOOD, injection: { failProbeCall: 3, refuseBuffer: 1 } },
    { ...GOOD, injection: { failReserves: [0, 2], failProbeSites: [] } },
  ])("is read: %j", (description) => {
    expect(parseCase(JSON.stringify(description))).toEqual({ ok: true, value: description });
  });

  it.each([
    ["text", "{"],
    ["text", "[]"],
    ["schema", JSON.stringify({ ...GOOD, schema: 2 })],
    ["reference", JSON.stringify({ ...GOOD, reference: "p e" })],
    ["revision", JSON.stringify({ ...GOOD, revision: "v5" })],
    ["why", JSON.stringify({ ...GOOD, why: undefined })],
    ["injection", JSON.stringify({ ...GOOD, injection: { failReserv: 1 } })],
    ["injection", JSON.stringify({ ...GOOD, injection: { failReserve: 1.5 } })],
    ["injection", JSON.stringify({ ...GOOD, injection: [1] })],
    ["injection", JSON.stringify({ ...GOOD, injection: { failReserves: [1, -1] } })],
    ["injection", JSON.stringify({ ...GOOD, injection: { failReserves: 1 } })],
    ["injection", JSON.stringify({ ...GOOD, injection: { noImage: 1 } })],
  ])("is refused for its %s: %s", (section, text) => {
    expect(parseCase(text)).toMatchObject({ ok: false, failure: { reason: "malformed", section } });
  });
});

describe("a case is for a parser", () => {
  const own = { name: "mine", file: "/m.mjs", digest: "0", fields: [], ofEveryCase: false };
  const reference = { ...own, parse: () => expect.fail(), goodImages: () => expect.fail() };
  it.each([
    ["zboot", "v7", "zboot", true],
    ["zboot", "v6", "zboot", false],
    ["zboot", "v7", "uki", false],
    ["envelope", "v7", "zboot", true],
    ["zboot", "v7", "envelope", true],
    ["envelope", "v7", "uki", false],
    ["uki", "v7", "none", true],
    ["uki", "v6", "none", false],
    ["mine", "v7", reference, true],
    ["uki", "v7", reference, false],
    ["uki", "v7", { ...reference, ofEveryCase: true }, true],
    ["uki", "v7", undefined, false],
  ] as const)("of %s in %s with the reference %j: %j", (name, revision, given, expected) => {
    const one = { schema: 1, reference: name, revision: "v7", why: "" } as const;
    expect(isFor(one, { revision, reference: given })).toBe(expected);
  });
});
