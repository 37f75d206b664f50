import { expect, it, describe as suite } from "vitest";
import { findBtf } from "#formats/btf/find-btf.ts";
import { BtfBuilder } from "../../support/btf-builder.ts";
import { processorTime } from "../../support/until.ts";
import { everyKind } from "./samples.ts";

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

const noise = new Uint8Array(37).fill(0xab);

function blob(typeName: string, typedefs = 1, littleEndian = true): Uint8Array {
  const b = new BtfBuilder({ littleEndian });
  b.struct(typeName, 0, []);
  for (let i = 0; i < typedefs; i++) b.typedef(`t${i}`, 1);
  return b.build();
}

suite("findBtf", () => {
  for (const littleEndian of [true, false]) {
    it(`finds ${littleEndian ? "little" : "big"}-endian BTF amid other bytes`, () => {
      const bytes = everyKind(littleEndian).builder.build();
      const found = findBtf(joined(noise, bytes, noise));
      expect(found).toMatchObject({ offset: noise.length, length: bytes.length });
      expect(found?.btf.find("s")).toBeDefined();
    });
  }

  it("finds BTF with the longer header of newer kernels", () => {
    const b = new BtfBuilder();
    b.struct("s", 0, []);
    const bytes = b.build({ layout: [[0, 0]] });
    expect(findBtf(joined(noise, bytes, noise))).toMatchObject({ offset: 37, length: bytes.length });
  });

  it("passes over a header without good BTF behind it", () => {
    const good = blob("s");
    const bad = good.slice();
    bad[bad.length - 1] = 0x61;
    expect(findBtf(joined(bad, noise, good))).toMatchObject({ offset: bad.length + noise.length });
    expect(findBtf(joined(good.subarray(0, 24), good))).toMatchObject({ offset: 24 });
  });

  it("takes the largest of several", () => {
    const small = blob("s", 1);
    const large = blob("s", 9);
    expect(findBtf(joined(small, large, small))?.offset).toBe(small.length);
  });

  it("takes a kernel's before a larger one", () => {
    const kernel = blob("task_struct", 1);
    const large = blob("s", 9);
    expect(findBtf(joined(large, kernel, large))?.offset).toBe(large.length);
    expect(findBtf(joined(kernel, large))?.offset).toBe(0);
  });

  it("takes a kernel's wherever it begins, and an aligned one that is no kernel's where there is no other", () => {
    const large = blob("s", 9);
    for (const distance of [1, 2, 3, 4]) {
      const gap = new Uint8Array(distance);
      const kernel = blob("task_struct", 1);
      expect(findBtf(joined(large, gap, kernel))?.offset).toBe(large.length + distance);
      expect(findBtf(joined(large, gap, blob("s", 1)))?.offset).toBe(0);
    }
  });

  it("finds nothing where there is nothing, or only BTF without types", () => {
    expect(findBtf(new Uint8Array(0))).toBeUndefined();
    expect(findBtf(noise)).toBeUndefined();
    expect(findBtf(new BtfBuilder().build())).toBeUndefined();
  });

  it("gives up in a bounded time on a file of false beginnings", () => {
    const length = 4 * 1024 * 1024;
    const bytes = Buffer.alloc(length, Buffer.from("9feb010018000000", "hex"));
    const time = processorTime(() => expect(findBtf(bytes)).toBeUndefined());
    expect(time).toBeLessThan(20_000);
  });
});
