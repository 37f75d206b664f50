import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeUki, type Uki } from "#formats/uki/uki.ts";
import { expectValue } from "../../support/expect-value.ts";
import { buildPe, type TestPeSection } from "../../support/pe-builder.ts";

const section = (name: string, text: string): TestPeSection => ({ name, data: Buffer.from(text) });

function decoded(...sections: TestPeSection[]): Uki {
  return expectValue(decodeUki(buildPe(sections).bytes));
}

const text = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString();

describe("a good UKI", () => {
  test("without profiles has the one profile @0", () => {
    const uki = decoded(
      section(".osrel", "ID=x"),
      section(".linux", "K"),
      section(".initrd", "I"),
      section(".cmdline", "C"),
    );
    expect([uki.linux, uki.initrd, uki.cmdline].map(text)).toEqual(["K", "I", "C"]);
    expect(uki.profiles).toHaveLength(1);
    expect(uki.profiles[0]).toMatchObject({ index: 0, id: undefined, title: undefined });
    expect([...(uki.profiles[0]?.sections.keys() ?? [])].sort()).toEqual([
      ".cmdline",
      ".initrd",
      ".linux",
      ".osrel",
    ]);
  });

  test("lets each profile override the base, and boots @0", () => {
    const uki = decoded(
      section(".linux", "K"),
      section(".cmdline", "base"),
      section(".profile", 'ID=first\nTITLE="The first"\n'),
      section(".cmdline", "zero"),
      section(".profile", "ID=second\n"),
      section(".initrd", "I1"),
    );
    expect([uki.linux, uki.initrd, uki.cmdline].map(text)).toEqual(["K", undefined, "zero"]);
    expect(
      uki.profiles.map((p) => [p.index, p.id, p.title, text(p.linux), text(p.initrd), text(p.cmdline)]),
    ).toEqual([
      [0, "first", "The first", "K", undefined, "zero"],
      [1, "second", undefined, "K", "I1", "base"],
    ]);
  });

  test("takes the first of a repeated section, in the base and in a profile", () => {
    const uki = decoded(
      section(".linux", "K1"),
      section(".linux", "K2"),
      section(".profile", "ID=a"),
      section(".cmdline", "C1"),
      section(".cmdline", "C2"),
    );
    expect([uki.linux, uki.cmdline].map(text)).toEqual(["K1", "C1"]);
  });

  test("leaves an empty .initrd or .cmdline out, also one that empties the base's", () => {
    const uki = decoded(
      section(".linux", "K"),
      section(".initrd", ""),
      section(".cmdline", "base"),
      section(".profile", ""),
      section(".cmdline", ""),
    );
    expect([uki.initrd, uki.cmdline]).toEqual([undefined, undefined]);
  });

  test("keeps to VirtualSize where the raw data are padded", () => {
    const uki = decoded({ name: ".linux", data: Buffer.from("KERNEL\0\0"), virtualSize: 6 });
    expect(text(uki.linux)).toBe("KERNEL");
  });

  test("does not take .linux2 or .linu for .linux", () => {
    expect(
      text(decoded(section(".linux2", "no"), section(".linu", "no"), section(".linux", "K")).linux),
    ).toBe("K");
  });
});

describe("a hostile UKI", () => {
  const failure = (...sections: TestPeSection[]) => {
    const file = buildPe(sections);
    const result = decodeUki(file.bytes, { base: 50 });
    return result.ok
      ? "ok"
      : [result.failure.format, result.failure.offset - file.table, result.failure.detail];
  };

  test("without .linux, as an addon", () =>
    expect(failure(section(".cmdline", "C"))).toEqual(["UKI", 50, "profile @0 has no .linux"]));

  test("with an empty .linux", () =>
    expect(failure(section(".linux", ""))).toEqual(["UKI", 50, "profile @0 has an empty .linux"]));

  test("with a profile that empties .linux", () =>
    expect(failure(section(".linux", "K"), section(".profile", "ID=a"), section(".linux", ""))).toEqual([
      "UKI",
      50,
      "profile @0 has an empty .linux",
    ]));

  test("with .linux only in the second profile", () =>
    expect(failure(section(".profile", "ID=a"), section(".profile", "ID=b"), section(".linux", "K"))).toEqual(
      ["UKI", 50, "profile @0 has no .linux"],
    ));

  test("that is no PE file", () =>
    expect(decodeUki(Buffer.from("not a PE file, but long enough"))).toMatchObject({
      ok: false,
      failure: { format: "PE", section: "DOS header", offset: 0 },
    }));
});

test("the UKI decoder is total on a good file with arbitrary bytes of its headers changed", () => {
  const good = buildPe([section(".linux", "K"), section(".profile", "ID=a"), section(".cmdline", "C")]);
  const change = fc.tuple(fc.nat(good.table + 120), fc.integer({ min: 0, max: 255 }));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
      const bytes = Uint8Array.from(good.bytes);
      for (const [at, value] of changes) bytes[at] = value;
      void decodeUki(bytes);
    }),
    { numRuns: 1000 },
  );
});
