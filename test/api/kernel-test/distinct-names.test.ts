import { expect, it } from "vitest";
import { distinctNames } from "#api/kernel-test/distinct-names.ts";

it("names files by as little as tells them apart", () => {
  expect(distinctNames(["/a/old/zboot.bpf", "/a/new/zboot.bpf", "/a/new/uki.bpf"])).toEqual([
    "old/zboot.bpf",
    "new/zboot.bpf",
    "uki.bpf",
  ]);
  expect(distinctNames(["/w/x/a/p.bpf", "/w/y/a/p.bpf", "/p.bpf"])).toEqual([
    "x/a/p.bpf",
    "y/a/p.bpf",
    "/p.bpf",
  ]);
  expect(distinctNames(["/one.bpf"])).toEqual(["/one.bpf"]);
  expect(distinctNames([])).toEqual([]);
});
