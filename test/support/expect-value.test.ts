import { describe, expect, it } from "vitest";
import { err, ok } from "#core/result.ts";
import { expectFailure, expectValue } from "./expect-value.ts";

describe("what a test expects of a result", () => {
  it("is the value, or an error that shows the failure, with its large numbers", () => {
    expect(expectValue(ok(7))).toBe(7);
    expect(() => expectValue(err({ reason: "malformed", offset: 5n }), "zboot")).toThrow(
      "zboot: { reason: 'malformed', offset: 5n }",
    );
  });

  it("is the failure, or an error that shows the value", () => {
    expect(expectFailure(err("no"))).toBe("no");
    expect(() => expectFailure(ok({ size: 3 }))).toThrow("expected a failure, not { size: 3 }");
  });
});
