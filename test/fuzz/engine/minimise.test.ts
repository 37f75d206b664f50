import { describe, expect, it } from "vitest";
import { changesText } from "#fuzz/engine/changes.ts";
import { minimise, type Shown } from "#fuzz/engine/minimise.ts";
import { setNumber } from "#verify/mutations/field.ts";
import { type GoodFile, goodFile } from "#verify/mutations/good-file.ts";
import { goodFiles } from "#verify/mutations/good-files.ts";
import { peLayout, withPeRows } from "#verify/mutations/pe-layout.ts";

function good(name: string): GoodFile {
  const file = goodFiles("v7").find((one) => one.name === name);
  if (file === undefined) throw new Error(name);
  return file;
}

/** The image with its size of the payload set, many other bytes changed, and more behind its end. */
function spoiled({ image }: GoodFile, size: bigint): Uint8Array {
  const copy = new Uint8Array(image.length + 100).fill(0x55);
  copy.set(image);
  for (let at = 0x100; at < image.length; at += 3) copy[at] = 0xee;
  setNumber(copy, 0x10, 8, 0x1122334455667788n);
  setNumber(copy, 0x0c, 4, size);
  return copy;
}

describe("minimise", () => {
  const zboot = good("zboot");

  it("undoes all but the field that matters, and cuts the end off", () => {
    const image = spoiled(zboot, 0x8000_0001n);
    const small = minimise({ image, injection: undefined }, zboot, (shown) => shown.image[0x0f] === 0x80);
    expect(small.image).toHaveLength(0x10);
    expect(changesText(small.image, zboot)).toMatch(
      /^zboot with DOS header payload size 0x30 to 0x800000\w\w, 16 bytes/,
    );
  });

  it.each<[string, Shown["injection"], (shown: Shown) => boolean, Shown["injection"]]>([
    ["drops an injection that does not matter", { failReserve: 2 }, () => true, undefined],
    [
      "keeps the one fault of two that matters",
      { failReserve: 2, refuseBuffer: 1 },
      ({ injection }) => injection?.refuseBuffer === 1,
      { refuseBuffer: 1 },
    ],
    [
      "keeps both where both matter",
      { failReserve: 2, refuseBuffer: 1 },
      ({ injection }) => injection?.refuseBuffer === 1 && injection.failReserve === 2,
      { failReserve: 2, refuseBuffer: 1 },
    ],
  ])("%s", (_title, injection, shows, left) => {
    expect(minimise({ image: zboot.image, injection }, zboot, shows).injection).toEqual(left);
  });

  it("puts back what was cut off, where it does not matter that it was", () => {
    const cut = { image: zboot.image.slice(0, 50), injection: undefined };
    const small = minimise(cut, zboot, ({ image }) => image.length > 40 && image[0] === 0x4d);
    expect(Buffer.compare(small.image, zboot.image.subarray(0, 41))).toBe(0);
  });

  it("leaves sections out of a table of its own", () => {
    const uki = good("uki");
    if (uki.format !== "uki") throw new Error("no UKI");
    const [row] = uki.layout.rows;
    if (row === undefined) throw new Error("no section");
    const many = Array.from({ length: 40 }, (_, i) => ({ ...row, name: `.s${i}`, rawSize: i }));
    const image = withPeRows(uki.image, uki.layout, [...many, { ...row, name: ".odd" }, ...many]);
    const shows = (shown: Shown) => peLayout(shown.image)?.rows.some(({ name }) => name === ".odd") === true;
    const small = minimise({ image, injection: undefined }, uki, shows);
    expect(peLayout(small.image)?.rows.length).toBe(1);
    expect(goodFile("small", small.image)?.format).toBe("uki");
  });
});
