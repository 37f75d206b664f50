import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { declaredFor, parseDeclarations } from "#bpf-vm/coverage/declared.ts";
import { expectValue } from "../../support/expect-value.ts";

const GOOD = { source: "if (x)", direction: "taken", reason: "never" };

describe("declarations of unreachable branches", () => {
  it("of the package are good", () => {
    expect(parseDeclarations(readFileSync("templates/coverage/unreachable.json", "utf8")).ok).toBe(true);
  });

  it("are about the parsers that they name, or about all", () => {
    const list = [
      GOOD,
      { ...GOOD, targets: ["uki"] },
      { ...GOOD, targets: ["zboot", "uki"], revisions: ["v7"] },
    ];
    const parsed = expectValue(parseDeclarations(JSON.stringify(list)));
    expect(declaredFor(parsed, "uki", "v7")).toEqual(list);
    expect(declaredFor(parsed, "zboot", "v6")).toEqual([GOOD]);
    expect(declaredFor(parsed, "zboot", "v7")).toEqual([GOOD, list[2]]);
  });

  it.each([
    ["no JSON", "[", "file", expect.any(String)],
    ["no list", "{}", "file", "no list"],
    ["no object", "[1]", "entry 0", "source: undefined"],
    ["no source", JSON.stringify([GOOD, { ...GOOD, source: "" }]), "entry 1", 'source: ""'],
    ["no direction", JSON.stringify([{ ...GOOD, direction: "up" }]), "entry 0", 'direction: "up"'],
    ["no reason", JSON.stringify([{ ...GOOD, reason: undefined }]), "entry 0", "reason: undefined"],
    ["no pattern", JSON.stringify([{ ...GOOD, jump: "(" }]), "entry 0", 'jump: "("'],
    ["half a branch", JSON.stringify([{ ...GOOD, reachable: 0.5 }]), "entry 0", "reachable: 0.5"],
    ["no targets", JSON.stringify([{ ...GOOD, targets: [] }]), "entry 0", "targets: []"],
    ["a member too many", JSON.stringify([{ ...GOOD, line: 7 }]), "entry 0", "line: 7"],
  ])("are refused with %s", (_, text, section, detail) => {
    expect(parseDeclarations(text)).toEqual({
      ok: false,
      failure: { reason: "malformed", format: "unreachable branches", section, offset: 0, detail },
    });
  });
});
