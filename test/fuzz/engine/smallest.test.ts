import { describe, expect, it, test } from "vitest";
import { changesText } from "#fuzz/engine/changes.ts";
import { minimise, type Shown } from "#fuzz/engine/minimise.ts";
import { elfLayout, withElfRows } from "#verify/mutations/elf-layout.ts";
import type { GoodFile } from "#verify/mutations/good-file.ts";
import { goodFiles } from "#verify/mutations/good-files.ts";
import { peLayout, withPeRows } from "#verify/mutations/pe-layout.ts";

function good(name: string): GoodFile {
  return goodFiles("v7").find((one) => one.name === name) ?? expect.fail(name);
}

const zboot = good("zboot");

/** Every candidate that was tried, and what was left. */
function traced(found: Shown, file: GoodFile, shows: (shown: Shown) => boolean) {
  const tried: Shown[] = [];
  const small = minimise(found, file, (shown) => {
    tried.push(shown);
    return shows(shown);
  });
  return { small, tried };
}

/** The good file with a byte changed at each of `places`. */
function changedAt(places: readonly number[], { image } = zboot): Uint8Array {
  const copy = image.slice();
  for (const at of places) copy[at] = (copy[at] ?? 0) ^ 0xff;
  return copy;
}

describe("what matters is left, and nothing else", () => {
  const run = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);
  const odd = Array.from({ length: 150 }, (_, i) => 2 * i + 1);
  it.each<[string, readonly number[], readonly number[], number]>([
    ["one byte of many by themselves", odd, [151], 35],
    ["the first byte of many", odd, [1], 38],
    ["the last byte of many", odd, [299], 31],
    ["two bytes far apart", odd, [3, 297], 46],
    ["three of four bytes", [10, 20, 30, 40], [10, 20, 40], 33],
    ["two bytes of two", [10, 20], [10, 20], 20],
    ["a byte within a run", run(64, 64), [100], 43],
    ["the first byte of a run of two", [64, 65], [64], 22],
    ["the last byte of a run of two", [64, 65], [65], 21],
    ["both ends of a run of three", [64, 65, 66], [64, 66], 29],
    ["both ends of a run", run(64, 33), [64, 96], 63],
    ["a run and a byte by itself", [...run(64, 16), 200, 210], [70, 71, 210], 52],
    ["no byte at all", odd, [], 3],
  ])("%s", (_title, changed, matters, most) => {
    const image = changedAt(changed);
    const shows = (shown: Shown) => matters.every((at) => shown.image[at] === image[at]);
    const { small, tried } = traced({ image, injection: undefined }, zboot, shows);
    const end = matters.length === 0 ? 0 : Math.max(...matters) + 1;
    expect(Buffer.compare(small.image, changedAt(matters).subarray(0, end))).toBe(0);
    // By halves: as many steps as there are bits in the number of changes, and as many to find the end.
    expect(tried.length).toBeLessThanOrEqual(most);
  });

  it.each([0, 1, 2, 3, 5, 8, 100, 255, 256, 257, zboot.image.length - 1, zboot.image.length])(
    "of the length, too: %i bytes",
    (length) => {
      const { small } = traced(
        { image: zboot.image, injection: undefined },
        zboot,
        ({ image }) => image.length >= length,
      );
      expect(Buffer.compare(small.image, zboot.image.subarray(0, length))).toBe(0);
    },
  );
});

test("what was cut off is put back before anything else, and changes that are left stay", () => {
  const cut = changedAt([5]).slice(0, 40);
  const { small, tried } = traced(
    { image: cut, injection: undefined },
    zboot,
    ({ image }) => image[5] === cut[5],
  );
  expect(Buffer.compare(tried[0]?.image ?? cut, changedAt([5]))).toBe(0);
  expect(Buffer.compare(small.image, cut.subarray(0, 6))).toBe(0);
  // Of an image with its end there is nothing to put back: the first try is to undo its change.
  const whole = traced({ image: changedAt([5]), injection: undefined }, zboot, () => false);
  expect(Buffer.compare(whole.tried[0]?.image ?? cut, zboot.image)).toBe(0);
});

test.each<[string, Shown["injection"]]>([
  ["without an injection", undefined],
  ["with one", { failReserve: 1 }],
  ["with two", { failReserve: 1, refuseBuffer: 1 }],
])("the search ends after 2000 tries, %s", (_title, injection) => {
  const image = new Uint8Array(9000).map((_, i) => (i % 2 === 0 ? (zboot.image[i] ?? 0) : 0xa5));
  expect(traced({ image, injection }, zboot, () => false).tried).toHaveLength(2000);
  // The last one counts as any other does.
  let tries = 0;
  const last = minimise({ image, injection }, zboot, () => ++tries === 2000);
  expect(Buffer.compare(last.image, image)).not.toBe(0);
});

describe("of a table of its own, the rows that matter are left in their order", () => {
  const names = Array.from({ length: 21 }, (_, i) => `.s${i}`);
  const sets: readonly (readonly number[])[] = [[0], [20], [10], [0, 20], [3, 4, 5], [1, 7, 13, 19]];
  const uki = good("uki");
  const envelope = good("envelope");
  const found = {
    uki: () => {
      if (uki.format !== "uki") return expect.fail();
      const row = uki.layout.rows[0] ?? expect.fail();
      return withPeRows(
        uki.image,
        uki.layout,
        names.map((name, i) => ({ ...row, name, rawSize: i })),
      );
    },
    envelope: () => {
      if (envelope.format !== "envelope") return expect.fail();
      const { rows, namesIndex } = envelope.layout;
      const row = rows[1] ?? expect.fail();
      const own = rows[namesIndex] ?? expect.fail();
      return withElfRows(envelope.image, [
        ...names.map((name, i) => ({ ...row, name, size: BigInt(i) })),
        own,
      ]);
    },
  };
  const rowsOf = (image: Uint8Array) =>
    (elfLayout(image) ?? peLayout(image))?.rows.map(({ name }) => name) ?? [];

  it.each(sets.flatMap((set) => [["uki", set] as const, ["envelope", set] as const]))(
    "%s: %j",
    (kind, set) => {
      const image = found[kind]();
      const wanted = set.map((i) => `.s${i}`);
      const origin = kind === "uki" ? uki : envelope;
      const shows = (shown: Shown) => {
        const rows = rowsOf(shown.image);
        return wanted.every((name) => rows.includes(name));
      };
      const { small, tried } = traced({ image, injection: undefined }, origin, shows);
      expect(rowsOf(small.image).filter((name) => name.startsWith(".s") && name !== ".shstrtab")).toEqual(
        wanted,
      );
      expect(rowsOf(small.image)).toHaveLength(wanted.length + (kind === "uki" ? 0 : 1));
      expect(changesText(small.image, origin)).not.toBe(origin.name);
      expect(tried.length).toBeLessThan(400);
    },
  );

  it("and where the defect is not in the table, all stays as it is", () => {
    const image = found.envelope();
    const { small } = traced({ image, injection: undefined }, envelope, (shown) =>
      Buffer.from(image).equals(shown.image),
    );
    expect(Buffer.from(small.image).equals(image)).toBe(true);
  });
});
