import { describe, expect, it } from "vitest";
import { mutate, parentOf } from "#fuzz/engine/mutate.ts";
import { Random } from "#fuzz/engine/random.ts";
import { goodFiles } from "#verify/mutations/good-files.ts";

const LONGEST = 9000;
const CASES = 3000;

describe("random numbers", () => {
  it("follow from seed and index, spread evenly and stay below their bound", () => {
    const drawn = (seed: number, index: number) => {
      const random = new Random(seed, index);
      return Array.from({ length: 50 }, () => random.u32());
    };
    expect(drawn(1, 2)).toEqual(drawn(1, 2));
    expect(drawn(1, 2)).not.toEqual(drawn(2, 1));
    const counts = new Array(7).fill(0);
    for (let index = 0; index < 7000; index++) counts[new Random(3, index).below(7)] += 1;
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});

describe.each(goodFiles("v7").map((file) => [file.name, file] as const))("mutants of %s", (_name, file) => {
  const parent = parentOf(file.image, file);
  const mutant = (index: number) => mutate(new Random(5, index), parent, file.image, LONGEST);

  it("are the same for the same numbers, and leave their parent alone", () => {
    const before = Buffer.from(file.image).toString("hex");
    for (let index = 0; index < 200; index++) {
      expect(Buffer.compare(mutant(index), mutant(index))).toBe(0);
    }
    expect(Buffer.from(file.image).toString("hex")).toBe(before);
  });

  it("are rarely their parent, mostly its size or more, never too long, and touch each field", () => {
    let [same, shorter] = [0, 0];
    const untouched = new Set(parent.fields);
    for (let index = 0; index < CASES; index++) {
      const image = mutant(index);
      expect(image.length).toBeLessThanOrEqual(LONGEST);
      if (Buffer.compare(image, file.image) === 0) same += 1;
      if (image.length < file.image.length) shorter += 1;
      for (const field of untouched) {
        const { at, width } = field;
        const now = image.subarray(at, at + width);
        if (now.length === width && Buffer.compare(now, file.image.subarray(at, at + width)) !== 0) {
          untouched.delete(field);
        }
      }
    }
    expect(same).toBeLessThan(CASES / 20);
    expect(shorter).toBeLessThan(CASES / 4);
    expect([...untouched].map(({ section, name }) => `${section} ${name}`)).toEqual([]);
  });

  it("may be made of nothing at all", () => {
    const nothing = parentOf(new Uint8Array(0), undefined);
    for (let index = 0; index < 500; index++) {
      mutate(new Random(6, index), nothing, new Uint8Array(0), LONGEST);
    }
  });
});
