import fc from "fast-check";
import { expect, it, describe as suite } from "vitest";
import type { Malformed } from "#core/failure.ts";
import type { Btf } from "#formats/btf/btf.ts";
import { emitHeader } from "#formats/btf/c/c-header.ts";
import { describe } from "#formats/btf/c/c-text.ts";
import { decodeBtf } from "#formats/btf/decode.ts";
import { findBtf } from "#formats/btf/find-btf.ts";
import { findMember } from "#formats/btf/members.ts";
import { resolve, sizeOf } from "#formats/btf/resolve.ts";
import { BtfBuilder, type BuildOverrides } from "../../support/btf-builder.ts";
import { expectFailure } from "../../support/expect-value.ts";
import { extent } from "../../support/extent.ts";
import { everyKind, opened } from "./samples.ts";

type Case = {
  readonly name: string;
  readonly build: (builder: BtfBuilder) => BuildOverrides | undefined;
  readonly section: string;
  readonly detail: RegExp;
};

/** Everything that can be asked of good BTF; whatever was opened must answer. */
function askEverything(btf: Btf): void {
  for (const id of btf.ids()) {
    btf.type(id);
    resolve(btf, id);
    sizeOf(btf, id);
    describe(btf, id);
    findMember(btf, id, "nowhere");
    const word = btf.kind(id).replace("64", "");
    void emitHeader(btf, [word === "typedef" ? btf.name(id) : `${word} ${btf.name(id)}`]);
  }
}

function refusal(bytes: Uint8Array, base?: Btf): Malformed {
  const result = expectFailure(decodeBtf(bytes, base === undefined ? {} : { base }));
  expect(result).toMatchObject({ reason: "malformed", format: "BTF" });
  return result;
}

const header = (name: string, overrides: BuildOverrides, detail: RegExp): Case => ({
  name,
  build: (b) => {
    b.int("int", 4);
    return overrides;
  },
  section: "header",
  detail,
});

/** A case in the type section, whose records `write` adds behind an `int` with id 1. */
const types = (name: string, write: (b: BtfBuilder) => unknown, detail: RegExp): Case => ({
  name,
  build: (b) => {
    b.int("int", 4);
    write(b);
    return undefined;
  },
  section: "type section",
  detail,
});

const MAX = 0xffffffff;

const CASES: readonly Case[] = [
  header("the magic is another", { magic: 0xeb9e }, /magic/),
  header("the version is 2", { version: 2 }, /version 2/),
  header("a flag is set", { flags: 1 }, /flags 0x1/),
  header("the header is shorter than its fields", { headerLength: 23 }, /bytes/),
  header(
    "the header has a field that nobody knows",
    { headerLength: 40, headerExtra: 1 },
    /leaves|does not know/,
  ),
  header("the header has half of a new field", { headerLength: 28, headerExtra: 1 }, /does not know/),
  header("the type section begins past the end", { typeOffset: 0x1000 }, /type section .*leaves/),
  header("the type section's offset is 0xffffffff", { typeOffset: MAX }, /type section .*leaves/),
  header("the type section's length is 0xffffffff", { typeLength: MAX }, /type section .*leaves/),
  header("the string section's offset is 0xffffffff", { stringOffset: MAX }, /string section .*leaves/),
  header("the string section's length is 0xffffffff", { stringLength: MAX }, /string section .*leaves/),
  header("offset and length of the types wrap in 32 bits", { typeOffset: MAX - 3, typeLength: 20 }, /leaves/),
  header("the sections overlap", { stringOffset: 12 }, /overlaps/),
  header("the type section is not aligned", { typeOffset: 2, typeLength: 8, stringOffset: 16 }, /aligned/),
  header("bytes belong to no section", { tail: [0, 0, 0, 0] }, /no section/),
  header("the padding is not zero", { tail: [1] }, /not zero/),
  {
    name: "there are no strings at all",
    build: () => ({ strings: new Uint8Array(0) }),
    section: "string section",
    detail: /no strings/,
  },
  {
    name: "the first string is not empty",
    build: () => ({ strings: Uint8Array.from([0x61, 0]) }),
    section: "string section",
    detail: /not the empty one/,
  },
  {
    name: "the last string has no NUL",
    build: () => ({ strings: Uint8Array.from([0, 0x61]) }),
    section: "string section",
    detail: /NUL/,
  },
  types("a name begins past the strings", (b) => b.record(0x1000, 8, 0, false, 1), /name offset 4096/),
  types("a name's offset is 0xffffffff", (b) => b.record(MAX, 8, 0, false, 1), /name offset/),
  types(
    "a member's name begins past the strings",
    (b) => b.record(0, 4, 1, false, 4, 99, 1, 0),
    /name offset 99/,
  ),
  types(
    "a parameter's name begins past the strings",
    (b) => b.record(0, 13, 1, false, 0, 99, 1),
    /name offset 99/,
  ),
  types(
    "an enumerator's name begins past the strings",
    (b) => b.record(0, 6, 1, false, 4, 99, 1),
    /name offset 99/,
  ),
  types("a name has 9,000 bytes", (b) => b.typedef("x".repeat(9000), 1), /name of 4096 bytes or more/),
  types("a pointer's target is no type", (b) => b.ptr(3), /type id 3, the last type is 2/),
  types("a type id is 0xffffffff", (b) => b.ptr(MAX), /type id 4294967295/),
  types("a member's type is no type", (b) => b.struct("s", 4, [{ name: "a", type: 9, at: 0 }]), /type id 9/),
  types("an array's index is no type", (b) => b.array(1, 9, 1), /type id 9/),
  types("a parameter's type is no type", (b) => b.proto(0, [["a", 9]]), /type id 9/),
  types("a tag is on no type", (b) => b.declTag("t", 9), /type id 9/),
  types("a section's entry is no type", (b) => b.datasec(".d", 4, [[9, 0, 4]]), /type id 9/),
  types(
    "a section's entry is no variable",
    (b) => b.datasec(".d", 4, [[1, 0, 4]]),
    /refers to type 1, a int/,
  ),
  types("a function's type is no prototype", (b) => b.func("f", 1), /refers to type 1/),
  types(
    "a member is a function",
    (b) => {
      const f = b.func("f", b.proto(0, []));
      b.struct("s", 4, [{ name: "a", type: f, at: 0 }]);
    },
    /a struct that refers to type 3, a func/,
  ),
  types(
    "vlen runs past the type section",
    (b) => b.record(0, 4, 2, false, 4, 0, 1, 0),
    /24 bytes .* 12 left/,
  ),
  types("vlen is the largest of all", (b) => b.record(0, 4, 0xffffff, false, 4), /left/),
  types("an int lacks its second part", (b) => b.record(0, 1, 0, false, 4), /4 bytes .* 0 left/),
  types("an array lacks its second part", (b) => b.record(0, 3, 0, false, 0), /12 bytes .* 0 left/),
  types("bytes stand behind the last type", (b) => b.words.push(0, 0), /8 bytes behind the last type/),
  types("a kind is 0", (b) => b.record(0, 0, 0, false, 0), /unknown kind 0/),
  types("a kind is 20", (b) => b.record(0, 20, 0, false, 0), /unknown kind 20/),
  types("a kind is 127", (b) => b.record(0, 127, 0, false, 0), /unknown kind 127/),
  types("a pointer has a name", (b) => b.record(b.string("p"), 2, 0, false, 1), /a name in a ptr/),
  types("a pointer has members", (b) => b.record(0, 2, 1, false, 1), /vlen 1 in a ptr/),
  types("a pointer has kind_flag", (b) => b.record(0, 2, 0, true, 1), /kind_flag in a ptr/),
  types("a prototype has kind_flag", (b) => b.record(0, 13, 0, true, 1), /kind_flag in a func_proto/),
  types("a typedef has no name", (b) => b.typedef("", 1), /typedef without a name/),
  types("a function has no name", (b) => b.func("", b.proto(0, [])), /func without a name/),
  types("an enumerator has no name", (b) => b.record(0, 6, 1, false, 4, 0, 1), /enumerator without a name/),
  types("a function's linkage is 3", (b) => b.func("f", b.proto(0, []), 3), /vlen 3 in a func/),
  types("a variable's linkage is 3", (b) => b.var("v", 1, 3), /linkage is 3/),
  types("a tag's component is -2", (b) => b.declTag("t", 1, -2), /component -2/),
  types("an int has 3 bytes", (b) => b.int("i", 3), /size is 3/),
  types("an int has 0xffffffff bytes", (b) => b.int("i", MAX, 0, 8), /size is 4294967295/),
  types("an int has no bits", (b) => b.int("i", 4, 0, 0), /0 bits/),
  types("an int has more bits than its bytes hold", (b) => b.int("i", 4, 0, 30, 3), /30 bits from bit 3/),
  types("an int is both signed and bool", (b) => b.int("i", 1, 5), /encoding/),
  types("a float has 5 bytes", (b) => b.float("f", 5), /size is 5/),
  types("an enum has 3 bytes", (b) => b.enum("e", { A: 1 }, false, 3), /size is 3/),
  types("an array has a size field", (b) => b.record(0, 3, 0, false, 4, 1, 1, 1), /size field is 4/),
  types(
    "a forward declaration has a type",
    (b) => b.record(b.string("f"), 7, 0, false, 1),
    /type field is 1/,
  ),
  types(
    "a member begins behind its struct",
    (b) => b.struct("s", 4, [{ name: "a", type: 1, at: 33 }]),
    /bit 33 of 32/,
  ),
  types(
    "a member's offset is 0xffffffff",
    (b) => b.struct("s", 4, [{ name: "a", type: 1, at: MAX }]),
    /bit 4294967295/,
  ),
  types(
    "members stand in the wrong order",
    (b) => {
      b.struct("s", 8, [
        { name: "a", type: 1, at: 32 },
        { name: "b", type: 1, at: 0 },
      ]);
    },
    /member 1 at bit 0/,
  ),
  types(
    "a union's member does not begin at 0",
    (b) => b.union("u", 8, [{ name: "a", type: 1, at: 8 }]),
    /bit 8/,
  ),
  types("a typedef is of itself", (b) => b.typedef("t", 2), /made of itself/),
  types("a pointer points to itself", (b) => b.ptr(2), /made of itself/),
  types("const is of volatile, and that of const", (b) => [b.const(3), b.volatile(2)], /made of itself/),
  types("an array is an array of itself", (b) => b.array(2, 1, 1), /made of itself/),
  types(
    "a typedef leads through an array back to itself",
    (b) => [b.typedef("t", 3), b.array(2, 1, 2)],
    /made of itself/,
  ),
  types("a prototype returns itself", (b) => b.proto(2, []), /made of itself/),
  types("a prototype takes a pointer to itself", (b) => [b.proto(0, [["a", 3]]), b.ptr(2)], /made of itself/),
  types(
    "a struct contains itself",
    (b) => b.struct("s", 4, [{ name: "a", type: 2, at: 0 }]),
    /made of itself/,
  ),
  types(
    "two structs contain each other through a typedef and an array",
    (b) => {
      b.struct("s", 4, [{ name: "a", type: 3, at: 0 }]);
      b.typedef("t", 4);
      b.array(5, 1, 1);
      b.union("u", 4, [{ name: "b", type: 2, at: 0 }]);
    },
    /made of itself/,
  ),
  types(
    "100,000 qualifiers stand before each other",
    (b) => {
      for (let i = 0; i < 100_000; i++) b.const(b.nextId + 1);
      b.typedef("t", 1);
    },
    /inside each other/,
  ),
  types(
    "100,000 qualifiers stand behind each other",
    (b) => {
      for (let i = 0; i < 100_000; i++) b.const(b.nextId - 1);
    },
    /inside each other/,
  ),
];

suite("decodeBtf refuses BTF in which", () => {
  for (const littleEndian of [true, false]) {
    for (const { name, build, section, detail } of CASES) {
      it(`${name} (${littleEndian ? "little" : "big"}-endian)`, () => {
        const builder = new BtfBuilder({ littleEndian });
        const overrides = build(builder);
        const bytes = builder.build(overrides);
        const failure = refusal(bytes);
        expect(failure.section).toBe(section);
        expect(failure.detail).toMatch(detail);
        expect(failure.offset).toBeLessThanOrEqual(bytes.length);
      });
    }
  }

  it("the file ends anywhere before its end", () => {
    for (const littleEndian of [true, false]) {
      const bytes = everyKind(littleEndian).builder.build();
      for (let length = 0; length < bytes.length; length++) refusal(bytes.subarray(0, length));
    }
  });

  it("a split file is in another byte order than its base", () => {
    const base = opened(new BtfBuilder({ littleEndian: false }).build());
    expect(refusal(new BtfBuilder().build(), base).detail).toMatch(/byte order/);
  });

  it("a split file refers past its own last type", () => {
    const base = new BtfBuilder();
    base.int("int", 4);
    const module = new BtfBuilder({ base });
    module.ptr(3);
    expect(refusal(module.build(), opened(base.build())).detail).toMatch(/type id 3, the last type is 2/);
  });

  it("a split file's name begins past both string sections", () => {
    const base = new BtfBuilder();
    base.int("int", 4);
    const module = new BtfBuilder({ base });
    module.record(base.stringEnd, 8, 0, false, 1);
    expect(refusal(module.build(), opened(base.build())).detail).toMatch(/name offset 5/);
  });

  it("a pointer's id is out of range, and names the byte of that id", () => {
    const builder = new BtfBuilder();
    builder.int("int", 4);
    builder.ptr(7);
    expect(refusal(builder.build()).offset).toBe(24 + 16 + 8);
  });
});

suite("BTF that opens", () => {
  it("may have long strings that are no names, such as a program's source lines", () => {
    const b = new BtfBuilder();
    b.string("x".repeat(20_000));
    b.typedef("t", b.int("int", 4));
    const module = new BtfBuilder({ base: b });
    module.typedef("own", module.typedef("t", 1));
    const base = opened(b.build());
    expect(base.find("t")).toBe(2);
    expect(opened(module.build(), { base }).find("own")).toBe(4);
    module.record(b.stringOffset("x".repeat(20_000)) ?? 0, 8, 0, false, 1);
    expect(refusal(module.build(), base).detail).toMatch(/name of 4096 bytes or more/);
  });

  it("answers where a prototype has 200,000 parameters", () => {
    const b = new BtfBuilder();
    const int = b.int("int", 4);
    const proto = b.record(0, 13, 200_000, false, int);
    for (let i = 0; i < 200_000; i++) b.words.push(0, int);
    b.typedef("t", proto);
    const btf = opened(b.build());
    expect(describe(btf, proto)).toMatch(/\.\.\.\)$/);
    expect(emitHeader(btf, ["t"], { pointees: "defined" }).ok).toBe(true);
  });

  it("answers everything in a bounded time where prototypes take ever more prototypes", () => {
    const b = new BtfBuilder();
    let last = b.int("int", 4);
    for (let i = 0; i < 60; i++) {
      const proto = b.proto(last, [
        ["a", last],
        ["b", last],
      ]);
      last = b.ptr(proto);
    }
    b.typedef("huge", last);
    const btf = opened(b.build());
    expect(describe(btf, last)).toMatch(/\.\.\./);
    expect(emitHeader(btf, ["huge"])).toMatchObject({ ok: false, failure: { reason: "size-exceeded" } });
  });

  it("answers everything in a bounded time where anonymous structs double at every level", () => {
    const b = new BtfBuilder();
    let last = b.struct("", 0, [{ name: "", type: b.struct("leaf", 0, []), at: 0 }]);
    for (let i = 0; i < 60; i++) {
      last = b.struct(i === 59 ? "outer" : "", 0, [
        { name: "", type: last, at: 0 },
        { name: "", type: last, at: 0 },
      ]);
    }
    const btf = opened(b.build());
    expect(findMember(btf, last, "nowhere")).toBeUndefined();
    expect(emitHeader(btf, ["struct outer"])).toMatchObject({
      ok: false,
      failure: { reason: "size-exceeded" },
    });
  });

  it("has no size for an array beyond 2^53 bytes, and refuses to write its struct", () => {
    const b = new BtfBuilder();
    const int = b.int("int", 4);
    const array = b.array(b.array(int, int, MAX), int, MAX);
    b.struct("s", 4, [{ name: "a", type: array, at: 0 }]);
    const btf = opened(b.build());
    expect(sizeOf(btf, array)).toBeUndefined();
    expect(emitHeader(btf, ["struct s"])).toMatchObject({ ok: false, failure: { reason: "malformed" } });
  });

  it("refuses to write a gap of 4 GiB as bit-fields", () => {
    const b = new BtfBuilder();
    b.struct("s", 0xfffffff8, []);
    expect(emitHeader(opened(b.build()), ["struct s"])).toMatchObject({
      ok: false,
      failure: { reason: "size-exceeded" },
    });
  });

  it("lets no name into a header that is not a C identifier", () => {
    const b = new BtfBuilder();
    const int = b.int("int", 4);
    b.struct("s", 4, [{ name: 'a;\n#include "/etc/passwd"\nint b', type: int, at: 0 }]);
    expect(emitHeader(opened(b.build()), ["struct s"])).toMatchObject({
      ok: false,
      failure: { reason: "malformed", detail: expect.stringMatching(/no C identifier/) },
    });
  });

  it("refuses to write an anonymous struct that points to itself", () => {
    const b = new BtfBuilder();
    b.struct("", 8, [{ name: "next", type: 2, at: 0 }]);
    b.ptr(1);
    b.typedef("t", 1);
    expect(emitHeader(opened(b.build()), ["t"])).toMatchObject({
      ok: false,
      failure: { reason: "malformed" },
    });
  });
});

suite("decodeBtf is total", () => {
  it("on arbitrary bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(typeof decodeBtf(bytes).ok).toBe("boolean");
      }),
      { numRuns: extent(500, 2000), seed: 1 },
    );
  });

  it("on arbitrary type sections, and so is everything that can be asked of what opens", () => {
    const word = fc.oneof(fc.nat({ max: 12 }), fc.integer({ min: 0, max: MAX }));
    const info = fc
      .tuple(fc.nat({ max: 19 }), fc.nat({ max: 2 }), fc.boolean())
      .map(([kind, vlen, flag]) => (flag ? 0x80000000 : 0) + kind * 0x1000000 + vlen);
    const record = fc.tuple(fc.nat({ max: 3 }), info, word, fc.array(fc.nat({ max: 8 }), { maxLength: 6 }));
    fc.assert(
      fc.property(fc.array(record, { maxLength: 8 }), (records) => {
        const builder = new BtfBuilder();
        builder.string("ab");
        builder.int("int", 4);
        for (const [name, bits, third, rest] of records) builder.words.push(name, bits, third, ...rest);
        const result = decodeBtf(builder.build());
        if (result.ok) askEverything(result.value);
      }),
      { numRuns: extent(600, 3000), seed: 2 },
    );
  });

  it("on good files with a few bytes changed, and so is everything that can be asked of what opens", () => {
    for (const littleEndian of [true, false]) {
      const good = everyKind(littleEndian).builder.build();
      const change = fc.tuple(fc.nat({ max: good.length - 1 }), fc.nat({ max: 255 }));
      fc.assert(
        fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
          const bytes = good.slice();
          for (const [at, value] of changes) bytes[at] = value;
          const result = decodeBtf(bytes);
          if (result.ok) askEverything(result.value);
          else expect(result.failure.reason).toBe("malformed");
        }),
        { numRuns: extent(600, 3000), seed: 3 },
      );
    }
  });

  it("with findBtf, on arbitrary bytes with many beginnings of BTF", () => {
    const piece = fc.oneof(
      fc.constant([0x9f, 0xeb, 1, 0, 24, 0, 0, 0]),
      fc.constant([0xeb, 0x9f, 1, 0, 0, 0, 0, 24]),
      fc.array(fc.nat({ max: 255 }), { maxLength: 20 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const found = findBtf(Uint8Array.from(pieces.flat()));
        if (found !== undefined) askEverything(found.btf);
      }),
      { numRuns: extent(300, 1000), seed: 4 },
    );
  });
});
