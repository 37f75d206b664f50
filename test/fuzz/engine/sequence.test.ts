import { describe, expect, it, test } from "vitest";
import type { Injection } from "#bpf-vm/injection.ts";
import { digest } from "#files/digest.ts";
import { Campaign } from "#fuzz/engine/campaign.ts";
import { changedRanges, changesText } from "#fuzz/engine/changes.ts";
import { fileNameOf, findingKey } from "#fuzz/engine/finding-key.ts";
import { injectionsFor, simpler } from "#fuzz/engine/injections.ts";
import { mutate, parentOf } from "#fuzz/engine/mutate.ts";
import { Random } from "#fuzz/engine/random.ts";
import { goodFiles } from "#verify/mutations/good-files.ts";
import type { Finding } from "#verify/verdict.ts";
import { op } from "../../bpf-vm/support/assemble.ts";
import { silentParser, silentParserOf } from "../simple-subject.ts";

/** The beginning of the digest of 400 mutants' digests. */
const MUTANTS: Readonly<Record<string, string>> = {
  zboot: "ad558fc5b422ebc8",
  uki: "f60b72e36c8b4448",
  "uki-profiles": "e452a3bce8ee8d57",
  "uki-text-without-nul": "d64494dacf5208b5",
  envelope: "afa83507cb2d839f",
  "envelope-headers-last": "30a7bd8f62a6d127",
  plain: "6328f14b44cda473",
};

/**
 * A report names a case by seed and number, and a corpus folder goes on with the number where it ended: what they stand for may
 * only change on purpose. Who changes it writes the new values here.
 */
describe("case N of a seed is the same in every version", () => {
  test("by its random numbers", () => {
    const random = new Random(1, 0);
    expect([random.u32(), random.u32(), random.u32()]).toEqual([582174707, 4234053455, 3124958643]);
    const other = new Random(7, 123);
    expect([other.below(10), other.below(1000), other.pick("abcdef".split("")), other.once(2)]).toEqual([
      4,
      46,
      "d",
      true,
    ]);
  });

  test.each(goodFiles("v7").map((file) => [file.format, file.name, file] as const))(
    "by the mutants of a %s: %s",
    (_format, name, file) => {
      const parent = parentOf(file.image, file);
      const made = Array.from({ length: 400 }, (_, i) =>
        digest(mutate(new Random(1, i), parent, file.image, file.image.length + 500)),
      );
      expect(digest(made.join()).slice(0, 16)).toBe(MUTANTS[name]);
    },
  );

  test("by what a campaign makes of its queue, and denies", () => {
    const seeds = goodFiles("v7").filter(({ name }) => name === "zboot" || name === "uki");
    // Every fifth size is a way of its own: its first image joins the queue.
    const ways = Array.from({ length: 1000 }, (_, i) => op("jeq", { dst: 1, imm: 5 * i, offset: 1 }));
    const subject = silentParserOf("v7", ways);
    const campaign = new Campaign({ subject, seeds, seed: 1, first: 1000, known: ["difference in command"] });
    for (let index = 0; index < 1200; index++) campaign.step();
    const queue = campaign.queue.map(({ image, injection, origin }) => [digest(image), injection, origin]);
    expect([queue.length, digest(JSON.stringify(queue)).slice(0, 16)]).toEqual([84, "414b4d06013ccedf"]);
  });

  test("by what is denied", () => {
    const injection = injectionsFor(silentParser("v7", 1));
    const made = Array.from({ length: 400 }, (_, i) => injection(new Random(1, i)));
    expect(made.slice(0, 4)).toEqual([
      { noContext: true },
      { refuseBuffer: 4 },
      { refuseBuffer: 1 },
      { refuseBuffer: 4 },
    ]);
    const names = new Set(made.flatMap((one) => Object.keys(one)));
    expect([...names].sort()).toEqual(["failProbeCall", "failReserve", "noContext", "refuseBuffer"]);
    expect(made.filter((one) => Object.keys(one).length === 2)).toHaveLength(36);
    const most = (name: "failReserve" | "refuseBuffer" | "failProbeCall") => {
      const counts = made.flatMap((one) => one[name] ?? []);
      return [Math.min(...counts), Math.max(...counts)];
    };
    expect([most("failReserve"), most("refuseBuffer"), most("failProbeCall")]).toEqual([
      [1, 5],
      [1, 4],
      [1, 12],
    ]);
  });
});

test("an injection is simplest without itself, then with one of its faults", () => {
  const both: Injection = { noContext: true, failReserve: 2 };
  expect(simpler(undefined)).toEqual([]);
  expect(simpler({ noContext: true })).toEqual([undefined]);
  expect(simpler(both)).toEqual([undefined, { noContext: true }, { failReserve: 2 }]);
});

test("a number below the largest bound is spread over all of it", () => {
  const [drawn, below] = [new Random(3, 4), new Random(3, 4)];
  for (let i = 0; i < 20; i++) expect(below.below(0xffff_ffff)).toBe(Math.max(0, drawn.u32() - 1));
});

describe("two findings are the same defect", () => {
  const source = { offset: 8, file: "/a/b/zboot.c", line: 12, text: "" };
  const leak: Finding = { kind: "leak", source, reference: { kind: "record", name: "ring", acquiredAt: 1 } };
  it("by kind and line, with the file's name alone", () => {
    expect(findingKey(leak)).toBe("leak at zboot.c:12");
    expect(findingKey({ kind: "went-on", index: 3, source: undefined })).toBe("went-on");
  });

  it("a fault and a difference by what they are, and without a line by the instruction", () => {
    const fault: Finding = { kind: "fault", source, fault: { reason: "wild", instruction: 7, detail: "" } };
    expect(findingKey(fault)).toBe("fault wild at zboot.c:12");
    expect(findingKey({ ...fault, source: undefined })).toBe("fault wild at instruction 7");
  });

  it("and give files a name that every file system takes", () => {
    expect(fileNameOf("fault Bad access at /zboot.c:12")).toBe("fault-bad-access-at-zboot-c-12");
    expect(fileNameOf("[odd]")).toBe("odd");
  });
});

describe("the changes of an image", () => {
  const [file] = goodFiles("v7").filter(({ format }) => format === "zboot");
  if (file === undefined) throw new Error("no good zboot file");
  const changed = (change: (image: Uint8Array) => void, length = file.image.length) => {
    const image = new Uint8Array(length);
    image.set(file.image.subarray(0, length));
    change(image);
    return image;
  };

  it("are runs of bytes that differ; behind the origin's end zeros do not", () => {
    const origin = Uint8Array.of(1, 2, 3);
    expect(changedRanges(Uint8Array.of(1, 2, 3, 0, 0), origin)).toEqual([]);
    expect(changedRanges(Uint8Array.of(9, 2, 9, 9), origin)).toEqual([
      { start: 0, end: 1 },
      { start: 2, end: 4 },
    ]);
    expect(changedRanges(Uint8Array.of(1), origin)).toEqual([]);
    expect(changedRanges(Uint8Array.of(9, 9, 3), origin)).toEqual([{ start: 0, end: 2 }]);
    expect(changedRanges(Uint8Array.of(1, 9, 9, 0, 0, 1, 1, 0, 1), origin)).toEqual([
      { start: 1, end: 3 },
      { start: 5, end: 7 },
      { start: 8, end: 9 },
    ]);
  });

  it("are told by the fields that they are in, their number and the size", () => {
    expect(changesText(file.image, file)).toBe(file.name);
    const { at, section, name, width } =
      file.layout.fields.find((field) => field.width === 4) ?? expect.fail();
    expect(width).toBe(4);
    const before = Buffer.from(file.image).readUInt32LE(at);
    const other = changed((image) => {
      image[at] = (image[at] ?? 0) ^ 0xff;
      image[at + 1] = (image[at + 1] ?? 0) ^ 0xff;
    });
    expect(changesText(other, file)).toBe(
      `${file.name} with ${section} ${name} 0x${before.toString(16)} to 0x${(before ^ 0xffff).toString(16)}`,
    );
    // A field that is cut off, by a byte, is told by the size alone.
    const cut = changed(() => undefined, at + width - 1);
    expect(changesText(cut, file)).toBe(
      `${file.name} with ${at + width - 1} bytes instead of ${file.image.length}`,
    );
    const cutAndChanged = changed(
      (image) => {
        image[at] = (image[at] ?? 0) ^ 0xff;
      },
      at + width - 1,
    );
    expect(changesText(cutAndChanged, file)).toContain(`${file.name} with 1 other byte,`);
    const last = file.image.length - 1;
    const one = changed((image) => {
      image[last] = (image[last] ?? 0) ^ 1;
    });
    expect(changesText(one, file)).toBe(`${file.name} with 1 other byte`);
    const more = changed((image) => image.fill(0xa5, last + 1), last + 3);
    expect(changesText(more, file)).toBe(
      `${file.name} with 2 other bytes, ${last + 3} bytes instead of ${last + 1}`,
    );
  });
});
