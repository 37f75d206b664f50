import { describe, expect, it } from "vitest";
import { parseCase } from "#verify/corpus-case.ts";

const GOOD = { schema: 1, reference: "uki", revision: "v7", why: "a wrapping sum" };

describe("the description of a corpus case", () => {
  it.each([
    GOOD,
    { ...GOOD, injection: { failReserve: 2 } },
    { ...GOOD, injection: { noContext: true } },
    { ...GOOD, injection: { failProbeCall: 3, refuseBuffer: 1 } },
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
  ])("is refused for its %s: %s", (section, text) => {
    expect(parseCase(text)).toMatchObject({ ok: false, failure: { reason: "malformed", section } });
  });
});
