import { expect, test } from "vitest";
import { inFile, inLayer, type Malformed } from "#core/failure.ts";
import { err, ok } from "#core/result.ts";
import { unreachable } from "#core/unreachable.ts";

const malformed: Malformed = { reason: "malformed", format: "ELF", section: "s", offset: 1, detail: "d" };

test("a result is a value or a failure", () => {
  expect(ok(7)).toEqual({ ok: true, value: 7 });
  expect(err(malformed)).toEqual({ ok: false, failure: malformed });
});

test("a failure from pure code gets its file, but never another one", () => {
  expect(inFile(malformed, "a")).toEqual({ ...malformed, file: "a" });
  expect(inFile({ ...malformed, file: "a" }, "b")).toEqual({ ...malformed, file: "a" });
  expect(malformed.file).toBeUndefined();
});

test("a failure gets its layer, where there is one, but never another one", () => {
  expect(inLayer(malformed, "a stream")).toEqual({ ...malformed, layer: "a stream" });
  expect(inLayer({ ...malformed, layer: "a stream" }, "b")).toEqual({ ...malformed, layer: "a stream" });
  expect(inLayer(malformed, undefined)).toEqual(malformed);
});

test("a case that the compiler ruled out is thrown with its value", () =>
  expect(() => unreachable({ kind: "new" } as never)).toThrow('unreachable: {"kind":"new"}'));
