import { expect, it } from "vitest";
import { decodeBtf } from "#formats/btf/decode.ts";
import { dumpCost } from "#formats/btf/dump-cost.ts";
import { BtfBuilder } from "../../support/btf-builder.ts";
import { expectValue } from "../../support/expect-value.ts";

function cost(build: (b: BtfBuilder, int: number) => void): number {
  const b = new BtfBuilder();
  build(b, b.int("int", 4, 1));
  const btf = expectValue(decodeBtf(b.build()));
  return dumpCost(btf);
}

const LEVELS = 60;

it("a struct costs a few words for each member, however often it is used", () => {
  const total = cost((b, int) => {
    const leaf = b.struct("leaf", 8, [
      { name: "a", type: int, at: 0 },
      { name: "b", type: int, at: 32 },
    ]);
    b.struct(
      "user",
      24,
      [0, 1, 2].map((i) => ({ name: `m${i}`, type: leaf, at: 64 * i })),
    );
  });
  expect(total).toBe(2 * 2 + 3 * 2);
});

it("types without a name that use each other twice cost as many words as they write: union", () => {
  const total = cost((b, int) => {
    let next = int;
    for (let level = 0; level < LEVELS; level += 1) {
      next = b.union(
        "",
        4,
        ["a", "b"].map((name) => ({ name, type: next, at: 0 })),
      );
    }
    b.typedef("root", next);
  });
  expect(total).toBeGreaterThan(2 ** LEVELS);
});

it("types without a name that use each other twice cost as many words as they write: prototype", () => {
  const total = cost((b, int) => {
    let next = int;
    for (let level = 0; level < LEVELS; level += 1)
      next = b.proto(int, [
        ["a", next],
        ["b", next],
      ]);
    b.typedef("root", b.ptr(next));
  });
  expect(total).toBeGreaterThan(2 ** LEVELS);
});

it("a struct without a name that points to itself has no end", () => {
  const total = cost((b) => {
    const self = b.nextId;
    b.struct("", 8, [{ name: "next", type: self + 1, at: 0 }]);
    b.ptr(self);
    b.typedef("root", self);
  });
  expect(total).toBe(Number.POSITIVE_INFINITY);
});
