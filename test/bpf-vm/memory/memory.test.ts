import { describe, expect, it } from "vitest";
import { FaultSignal } from "#bpf-vm/fault.ts";
import { addressOf, MAX_REGION_SIZE, Memory, REGION_LOW } from "#bpf-vm/memory/memory.ts";

function faultOf(work: () => void) {
  try {
    work();
  } catch (error) {
    if (error instanceof FaultSignal) return error.fault;
    throw error;
  }
  return undefined;
}

function writable(memory: Memory, size: number, unwritten?: "load" | "hand-over") {
  return memory.add({
    kind: "record",
    name: "it",
    size,
    access: "read-write",
    ...(unwritten && { unwritten }),
  });
}

describe("memory", () => {
  it("gives an access within a region its region and offset", () => {
    const memory = new Memory();
    memory.add({ kind: "record", name: "another", size: 8, access: "read-write" });
    const region = writable(memory, 100);
    memory.toWrite(region.high, REGION_LOW + 92, 8);
    expect([memory.region, memory.offset]).toEqual([region, 92]);
  });

  it.each([
    [-1, 1, -1],
    [93, 8, 93],
    [100, 1, 100],
    [0x7fffffff, 4, 0x7fffffff],
    [0xffffff00 - REGION_LOW, 4, 0xffffff00 - REGION_LOW],
    [-REGION_LOW, 4, -REGION_LOW],
  ])("refuses, of 100 bytes, offset %i of %i bytes", (offset, size, named) => {
    const memory = new Memory();
    const region = writable(memory, 100);
    for (const access of ["toRead", "toWrite"] as const) {
      expect(faultOf(() => memory[access](region.high, (REGION_LOW + offset) | 0, size))).toMatchObject({
        reason: "out-of-bounds",
        access: {
          kind: access === "toRead" ? "read" : "write",
          size,
          region: { name: "it", offset: named, size: 100 },
        },
      });
    }
  });

  it("leads from no region into another by adding any multiple of 4 GiB below 61, or any power of two", () => {
    const memory = new Memory();
    const regions = Array.from({ length: 200 }, () => writable(memory, 64));
    const middle = regions[100];
    if (middle === undefined) throw new Error();
    const steps = [
      ...Array.from({ length: 60 }, (_, i) => i + 1),
      ...Array.from({ length: 60 }, (_, i) => -i - 1),
      ...Array.from({ length: 32 }, (_, i) => 2 ** i),
    ];
    for (const step of steps) {
      expect(memory.at((middle.high + step) | 0, REGION_LOW), String(step)).toBeUndefined();
    }
  });

  it("tells null from an address in no region", () => {
    const memory = new Memory();
    expect(faultOf(() => memory.toRead(0, 8, 4))?.reason).toBe("null");
    expect(faultOf(() => memory.toRead(0, 4096, 4))?.reason).toBe("wild");
    expect(faultOf(() => memory.toRead(0x1234, 8, 4))).toMatchObject({
      reason: "wild",
      access: { address: 0x123400000008n },
      detail: "wild: read of 4 bytes at 0x123400000008",
    });
  });

  it("refuses to write what may only be read, and to touch what only helpers may", () => {
    const memory = new Memory();
    const constant = memory.add({
      kind: "map-value",
      name: "c",
      size: 8,
      bytes: new Uint8Array(8),
      access: "read",
    });
    const image = memory.add({
      kind: "kernel-buffer",
      name: "i",
      size: 8,
      bytes: new Uint8Array(8),
      access: "none",
    });
    expect(faultOf(() => memory.toRead(constant.high, REGION_LOW, 8))).toBeUndefined();
    expect(faultOf(() => memory.toWrite(constant.high, REGION_LOW, 8))?.reason).toBe("read-only");
    expect(faultOf(() => memory.toRead(image.high, REGION_LOW, 1))?.reason).toBe("no-direct-access");
    expect(faultOf(() => memory.toWrite(image.high, REGION_LOW, 1))?.reason).toBe("no-direct-access");
    expect(memory.peek(image.high, REGION_LOW, 8)).toHaveLength(8);
    expect(memory.peek(image.high, REGION_LOW, 9)).toBeUndefined();
  });

  it("refuses everything once a region is released", () => {
    const memory = new Memory();
    const region = writable(memory, 8);
    memory.toWrite(region.high, REGION_LOW, 8);
    region.release();
    expect(faultOf(() => memory.toRead(region.high, REGION_LOW, 1))?.reason).toBe("use-after-release");
    expect(faultOf(() => memory.toWrite(region.high, REGION_LOW, 1))?.reason).toBe("use-after-release");
    expect(memory.peek(region.high, REGION_LOW, 1)).toBeUndefined();
  });

  it("notices a single unwritten byte where loads are checked", () => {
    const memory = new Memory();
    const region = writable(memory, 64, "load");
    memory.toWrite(region.high, REGION_LOW, 7);
    memory.toWrite(region.high, REGION_LOW + 8, 56);
    expect(faultOf(() => memory.toRead(region.high, REGION_LOW, 8))?.reason).toBe("uninitialised");
    expect(faultOf(() => memory.toRead(region.high, REGION_LOW, 64))?.reason).toBe("uninitialised");
    expect(faultOf(() => memory.toRead(region.high, REGION_LOW + 8, 56))).toBeUndefined();
  });

  it("lets unwritten bytes of a record be loaded, as zero, but not handed over", () => {
    const memory = new Memory();
    const region = writable(memory, 64, "hand-over");
    memory.toRead(region.high, REGION_LOW, 8);
    expect(memory.region.view.getBigUint64(memory.offset, true)).toBe(0n);
    expect(faultOf(() => memory.toHandOver(region.high, REGION_LOW, 8))?.reason).toBe("uninitialised");
    memory.toWrite(region.high, REGION_LOW, 8);
    expect(faultOf(() => memory.toHandOver(region.high, REGION_LOW, 8))).toBeUndefined();
  });

  it("wants atomics aligned to their size", () => {
    const memory = new Memory();
    const region = writable(memory, 64);
    expect(faultOf(() => memory.toUpdate(region.high, REGION_LOW + 4, 4))).toBeUndefined();
    expect(faultOf(() => memory.toUpdate(region.high, REGION_LOW + 4, 8))).toMatchObject({
      reason: "misaligned",
      access: { kind: "atomic", size: 8, region: { offset: 4 } },
    });
    expect(faultOf(() => memory.toUpdate(region.high, REGION_LOW + 64, 8))?.reason).toBe("out-of-bounds");
  });

  it("makes bytes of a large region present only where they are reached", () => {
    const memory = new Memory();
    const region = writable(memory, MAX_REGION_SIZE);
    memory.toWrite(region.high, REGION_LOW + 5000, 8);
    expect(region.bytes.length).toBeLessThan(20000);
    memory.toRead(region.high, REGION_LOW + 9000, 8);
    expect(region.bytes.length).toBeLessThan(40000);
  });

  it("writes an address as one number", () => {
    expect(addressOf(-1, -1)).toBe(0xffffffffffffffffn);
    expect(addressOf(0, 5)).toBe(5n);
  });
});
