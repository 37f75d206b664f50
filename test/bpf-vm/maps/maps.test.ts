import { describe, expect, it, test } from "vitest";
import { errnoName } from "#bpf-vm/errno.ts";
import {
  BPF_F_RDONLY_PROG,
  BPF_F_WRONLY_PROG,
  creationProblem,
  type MapDefinition,
  MapType,
} from "#bpf-vm/maps/definition.ts";
import { MapInstance } from "#bpf-vm/maps/instance.ts";
import { Memory } from "#bpf-vm/memory/memory.ts";
import { WriteWatch } from "#bpf-vm/memory/write-watch.ts";
import { helperId } from "#isa/helpers.ts";
import { call, exit, op, run, symbol } from "../support/assemble.ts";

const HASH: MapDefinition = {
  ...{ name: "m", type: MapType.HASH, keySize: 4, valueSize: 4, maxEntries: 2, flags: 0, frozen: false },
};
const ARRAY: MapDefinition = { ...HASH, type: MapType.ARRAY };
const RING: MapDefinition = { ...HASH, type: MapType.RINGBUF, keySize: 0, valueSize: 0, maxEntries: 4096 };

/** What came of it: a count, or the name of the error. */
const said = (result: number) => (result < 0 ? errnoName(result) : result);
const key = (value: number) => Uint8Array.of(value, 0, 0, 0);
const instance = (definition: MapDefinition) => new MapInstance(new Memory(), definition);

describe("a kernel creates", () => {
  const problem = (map: MapDefinition, more: Partial<MapDefinition>) => {
    const found = creationProblem({ ...map, ...more }, 4096);
    return found && errnoName(found.errno);
  };

  test.each<[string, MapDefinition, Partial<MapDefinition>, string | undefined]>([
    ["a hash", HASH, {}, undefined],
    ["no hash without keys", HASH, { keySize: 0 }, "EINVAL"],
    ["no hash without values", HASH, { valueSize: 0 }, "EINVAL"],
    ["no hash without entries", HASH, { maxEntries: 0 }, "EINVAL"],
    ["an array", ARRAY, {}, undefined],
    ["an array for each processor", ARRAY, { type: MapType.PERCPU_ARRAY }, undefined],
    ["no array with other keys", ARRAY, { keySize: 8 }, "EINVAL"],
    ["no array of nothing", ARRAY, { valueSize: 0 }, "EINVAL"],
    ["no array without entries", ARRAY, { maxEntries: 0 }, "EINVAL"],
    ["an array of 1 GiB, its elements rounded up to 8", ARRAY, { maxEntries: 0x8000000 }, undefined],
    ["no larger one", ARRAY, { maxEntries: 0x8000001 }, "E2BIG"],
    ["a ring of a page", RING, {}, undefined],
    ["no ring with a key", RING, { keySize: 4 }, "EINVAL"],
    ["no ring with a value", RING, { valueSize: 4 }, "EINVAL"],
    ["no ring of nothing", RING, { maxEntries: 0 }, "EINVAL"],
    ["no ring of three pages", RING, { maxEntries: 3 * 4096 }, "EINVAL"],
    ["no ring of half a page", RING, { maxEntries: 2048 }, "EINVAL"],
    ["types that are not looked at", HASH, { type: 34, keySize: 0 }, undefined],
    ["no type 0", HASH, { type: 0 }, "EINVAL"],
    ["no type after the last", HASH, { type: 35 }, "EINVAL"],
  ])("%s", (_what, map, more, expected) => expect(problem(map, more)).toBe(expected));
});

describe("a hash", () => {
  it("takes so many keys, new, known or any by the flags, and gives them up", () => {
    const map = instance(HASH);
    const update = (which: number, value: number, flags = 0) =>
      said(map.update(key(which), key(value), flags));
    expect(update(1, 10, 2)).toBe("ENOENT");
    expect(update(1, 10, 1)).toBe(0);
    expect(update(1, 11, 1)).toBe("EEXIST");
    expect([...(map.lookup(key(1))?.bytes ?? [])]).toEqual([10, 0, 0, 0]);
    expect(update(1, 12, 2)).toBe(0);
    expect([...(map.lookup(key(1))?.bytes ?? [])]).toEqual([12, 0, 0, 0]);
    expect(update(1, 13, 3)).toBe("EINVAL");
    expect(update(2, 20)).toBe(0);
    expect(update(3, 30)).toBe("E2BIG");
    expect(said(map.remove(key(1)))).toBe(0);
    expect(said(map.remove(key(1)))).toBe("ENOENT");
    expect(map.lookup(key(1))).toBeUndefined();
    expect(update(3, 30)).toBe(0);
    map.reset();
    expect(map.lookup(key(2))).toBeUndefined();
  });
});

describe("an array", () => {
  it("has all its elements from the beginning, at multiples of 8 of its content, and keeps them", () => {
    const content = Uint8Array.from({ length: 16 }, (_, i) => i);
    const map = instance({ ...ARRAY, content });
    expect([0, 1].map((index) => [...(map.lookup(key(index))?.bytes ?? [])])).toEqual([
      [0, 1, 2, 3],
      [8, 9, 10, 11],
    ]);
    expect([0, 1].map((index) => map.element(index)?.name)).toEqual(["map m[0]", "map m[1]"]);
    expect(instance({ ...ARRAY, maxEntries: 1 }).element(0)?.name).toBe("map m");
    expect(map.lookup(key(2))).toBeUndefined();
    expect(said(map.update(key(1), key(5), 0))).toBe(0);
    expect(map.lookup(key(1))?.bytes[0]).toBe(5);
    expect(said(map.update(key(1), key(5), 1))).toBe("EEXIST");
    expect(said(map.update(key(2), key(5), 0))).toBe("E2BIG");
    expect(said(map.remove(key(1)))).toBe("EINVAL");
  });

  it("is for the program's eyes as its flags say", () => {
    const access = (flags: number) => instance({ ...ARRAY, flags }).element(0)?.access;
    expect([0, BPF_F_RDONLY_PROG, BPF_F_WRONLY_PROG].map(access)).toEqual(["read-write", "read", "none"]);
    const unknown = instance({ ...ARRAY, unknownValues: true, content: new Uint8Array(16) }).element(0);
    expect(unknown).toMatchObject({ kind: "unmodelled", access: "none" });
  });
});

test("a ring buffer has no elements", () => {
  const map = instance(RING);
  expect(map.element(0)).toBeUndefined();
  expect(said(map.update(new Uint8Array(0), new Uint8Array(0), 0))).toBe("EOPNOTSUPP");
  expect(said(map.remove(new Uint8Array(0)))).toBe("EOPNOTSUPP");
});

test("errors have the numbers of the kernel's errno.h", () => {
  const names = [
    "EPERM",
    "ENOENT",
    "E2BIG",
    "ENOEXEC",
    "EBADF",
    "EAGAIN",
    "ENOMEM",
    "EACCES",
    "EFAULT",
    "EEXIST",
  ];
  expect([1, 2, 7, 8, 9, 11, 12, 13, 14, 17].map(errnoName)).toEqual(names);
  expect([22, 28, 34, 95, 117, 524].map((code) => errnoName(-code))).toEqual([
    "EINVAL",
    "ENOSPC",
    "ERANGE",
    "EOPNOTSUPP",
    "EUCLEAN",
    "ENOTSUPP",
  ]);
  expect(errnoName(-3)).toBe("3");
});

describe("a program", () => {
  const helper = (name: string) => call("helper", helperId(name) ?? -1);
  /** Key at R10 - 8, value at R10 - 16. */
  const put = (at: number, value: number) => op("stw", { dst: 10, offset: at, imm: value });
  const point = (register: number, at: number) => [
    op("mov", { dst: register, src: 10 }),
    op("add", { dst: register, imm: at }),
  ];
  const update = [
    ...[symbol(1, "map-fd", 0), ...point(2, -8), ...point(3, -16), op("mov", { dst: 4, imm: 0 })],
    helper("bpf_map_update_elem"),
  ];
  const on = (name: string) => [symbol(1, "map-fd", 0), ...point(2, -8), helper(name)];

  it("puts a value into a map, finds it there, and takes it out", () => {
    const found = [...update, ...on("bpf_map_lookup_elem"), op("ldxw", { dst: 0, src: 0, offset: 0 }), exit];
    expect(run([put(-8, 1), put(-16, 77), ...found], { maps: [HASH] }).result).toBe(77n);
    const gone = [...update, ...on("bpf_map_delete_elem"), ...on("bpf_map_lookup_elem"), exit];
    expect(run([put(-8, 1), put(-16, 77), ...gone], { maps: [HASH] }).result).toBe(0n);
  });
});

describe("stores to a record", () => {
  it("are told by the bytes that they touch, from a part's start on, with the instruction", () => {
    const memory = new Memory();
    const record = memory.add({ kind: "record", name: "r", size: 32, access: "read-write" });
    const other = memory.add({ kind: "map-value", name: "o", size: 32, access: "read-write" });
    const watch = new WriteWatch();
    for (const [slot, at, size] of [
      [1, 0, 8],
      [2, 8, 4],
      [3, 12, 8],
      [4, 20, 1],
    ] as const) {
      watch.slot = slot;
      watch.note(record, at, size);
      watch.note(other, at, size);
    }
    expect(watch.within(record, 8, 12)).toEqual([
      { offset: 0, size: 4, slot: 2 },
      { offset: 4, size: 8, slot: 3 },
    ]);
    expect(watch.within(record, 10, 3).map(({ slot, offset }) => [slot, offset])).toEqual([
      [2, -2],
      [3, 2],
    ]);
    expect(watch.within(other, 0, 32)).toEqual([]);
  });
});
