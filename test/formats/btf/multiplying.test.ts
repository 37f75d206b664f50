import { expect, test } from "vitest";
import { matchAccess, parseAccess } from "#bpf-vm/loader/core-access.ts";
import type { Btf } from "#formats/btf/btf.ts";
import { layoutChecks } from "#formats/btf/c/c-checks.ts";
import { emitHeader } from "#formats/btf/c/c-header.ts";
import { describe } from "#formats/btf/c/c-text.ts";
import { decodeBtf } from "#formats/btf/decode.ts";
import { compositeOf, findMember, MOST_MEMBERS, membersOf } from "#formats/btf/members.ts";
import { type BtfBuilder, BtfBuilder as Builder } from "../../support/btf-builder.ts";
import { expectValue } from "../../support/expect-value.ts";

/** Each level uses the next twice: 2^60 uses in two kilobytes. */
const LEVELS = 60;

/** The struct `root` around unions without a name, the innermost of which holds what `leaf` makes. */
function bomb(leaf: (b: BtfBuilder, int: number) => readonly Member[]): { btf: Btf; root: number } {
  const b = new Builder();
  const int = b.int("int", 4, 1);
  let next = b.union("", 4, leaf(b, int));
  for (let level = 0; level < LEVELS; level += 1) next = b.union("", 4, twice(next));
  const root = b.struct("root", 4, [{ name: "", type: next, at: 0 }]);
  const btf = expectValue(decodeBtf(b.build()));
  return { btf: btf, root };
}

type Member = { readonly name: string; readonly type: number; readonly at: number; readonly width?: number };

const twice = (type: number): readonly Member[] => [0, 1].map(() => ({ name: "", type, at: 0 }));
const LEAVES = {
  "a member": (_: BtfBuilder, int: number) => [{ name: "a", type: int, at: 0 }],
  "a bit-field": (_: BtfBuilder, int: number) => [{ name: "a", type: int, at: 0, width: 3 }],
  nothing: () => [],
};

test.each(Object.entries(LEAVES))(
  "types that multiply, with %s at their end, are walked to a limit",
  (_, leaf) => {
    const { btf, root } = bomb(leaf);
    const type = compositeOf(btf, root);
    if (type === undefined) throw new Error("a struct");
    const members = [...membersOf(btf, root)].length;
    expect(members).toBe(leaf === LEAVES.nothing ? 0 : MOST_MEMBERS);
    expect(layoutChecks(btf, type, "struct root").length).toBeLessThanOrEqual(1 + MOST_MEMBERS);
    expect(findMember(btf, root, "none")).toBeUndefined();
    // Written out it would have no end; what has no members has no layout in C either.
    const reason = leaf === LEAVES.nothing ? "malformed" : "size-exceeded";
    expect(emitHeader(btf, ["struct root"])).toMatchObject({ ok: false, failure: { reason } });
  },
);

test("a field is looked for once in each type that multiplies", () => {
  const { btf, root } = bomb(LEAVES["a member"]);
  const b = new Builder();
  const local = b.struct("root", 4, [{ name: "none", type: b.int("int", 4, 1), at: 0 }]);
  const program = expectValue(decodeBtf(b.build()));
  expect(matchAccess(parseAccess(program, local, "0:0"), btf, root)).toBeUndefined();
});

test("prototypes that take each other twice are described in part, and refused as C", () => {
  const b = new Builder();
  const int = b.int("int", 4, 1);
  let next = int;
  for (let level = 0; level < LEVELS; level += 1) {
    next = b.ptr(
      b.proto(
        int,
        ["a", "b"].map((name) => [name, next] as const),
      ),
    );
  }
  b.typedef("root", next);
  const btf = expectValue(decodeBtf(b.build()));
  expect(describe(btf, next).length).toBeLessThan(10_000);
  expect(emitHeader(btf, ["root"])).toMatchObject({ failure: { reason: "size-exceeded" } });
});
