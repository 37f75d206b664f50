import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, it, describe as suite } from "vitest";
import { disassemble, type Names } from "#isa/disassemble.ts";
import { helperId, helperName } from "#isa/helpers.ts";
import { formOf } from "#isa/lookup.ts";
import { FORMS } from "#isa/table.ts";
import { bytesOf, one, slot } from "./instructions.ts";

const KERNEL = readFileSync(new URL("kernel-text.txt", import.meta.url), "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"))
  .map((line) => {
    const end = line.indexOf("  ");
    return { bytes: line.slice(0, end).split(" "), text: line.slice(end + 2) };
  });

suite("disassemble", () => {
  it("writes what Linux 6.18 writes, instruction by instruction", () => {
    const kfuncs = new Map([
      [65472, "bpf_rcu_read_lock"],
      [65474, "bpf_rcu_read_unlock"],
    ]);
    const names: Names = { kfunc: ({ imm }) => kfuncs.get(imm) };
    const ours = KERNEL.map(({ bytes }) =>
      disassemble(one(bytes.map((byte) => Number.parseInt(byte, 16))), names),
    );
    expect(ours).toEqual(KERNEL.map(({ text }) => text));
  });

  it("is compared with Linux for every form but those that no object file holds", () => {
    const judged = new Set(
      KERNEL.map(({ bytes }) => formOf(one(bytes.map((byte) => Number.parseInt(byte, 16))))),
    );
    const rest = FORMS.filter((form) => !judged.has(form)).map(({ does, mnemonic }) =>
      does.kind === "load-imm64" ? `${mnemonic} ${does.meaning}` : mnemonic,
    );
    expect(rest.sort()).toEqual([
      "callx",
      "gotox",
      "lddw btf-id",
      "lddw func",
      "lddw map-fd",
      "lddw map-fd-value",
      "lddw map-index",
      "lddw map-index-value",
    ]);
  });

  const wide = (src: number, low: number, high = 0): number[][] => [
    slot(0x18, 1, src, 0, low),
    slot(0, 0, 0, 0, high),
  ];
  it.each<[string, number[][], Names, string]>([
    ["a map by descriptor", wide(1, 7), {}, "(18) r1 = map[fd:7]"],
    ["a map as the kernel's dump numbers it", wide(1, 30), { maps: "id" }, "(18) r1 = map[id:30]"],
    ["a place in a map's value", wide(2, 33, 24), { maps: "id" }, "(18) r1 = map[id:33][0]+24"],
    ["a map by index", wide(5, 2), {}, "(18) r1 = map[idx:2]"],
    ["a place in an indexed map's value", wide(6, 2, 4096), {}, "(18) r1 = map[idx:2]+4096"],
    ["a kernel variable", wide(3, 0x1234, 1), {}, "(18) r1 = 0x100001234"],
    ["a function's address", wide(4, 45), {}, "(18) r1 = subprog[+45]"],
    ["a named value", wide(1, 7), { imm64: () => "ringbuf_1 ll" }, "(18) r1 = ringbuf_1 ll"],
    ["a value without a name", wide(0, 7), { imm64: () => undefined }, "(18) r1 = 0x7"],
    ["an unnamed kfunc", [slot(0x85, 0, 2, 0, 99)], {}, "(85) call kernel-function#99"],
    ["a named function", [slot(0x85, 0, 1, 0, 6)], { local: (at) => `f${at}` }, "(85) call pc+6#f7"],
    ["a helper that no kernel has", [slot(0x85, 0, 0, 0, -1)], {}, "(85) call unknown#-1"],
    ["a jump through a register", [slot(0x0d, 3)], {}, "(0d) gotox r3"],
    ["a call through a register", [slot(0x8d, 3)], {}, "(8d) callx r3"],
    ["a jump back", [slot(0x05, 0, 0, -5)], {}, "(05) goto pc-5"],
    ["a lower place", [slot(0x79, 1, 10, -8)], {}, "(79) r1 = *(u64 *)(r10 -8)"],
  ])("writes %s", (_, slots, names, text) => {
    expect(disassemble(one(...slots), names)).toBe(text);
  });

  it("has text of its own for every form, in one line", () => {
    for (const form of FORMS) {
      fc.assert(
        fc.property(bytesOf(form), (bytes) => {
          expect(disassemble(one(bytes))).toMatch(/^\([0-9a-f]{2}\) [ -~]+$/);
        }),
        { numRuns: 20, seed: 1 },
      );
    }
  });
});

suite("helper names", () => {
  it("go to ids and back", () => {
    expect(helperName(1)).toBe("bpf_map_lookup_elem");
    expect(helperName(113)).toBe("bpf_probe_read_kernel");
    expect(helperId("bpf_ringbuf_reserve")).toBe(131);
    expect(helperId("ringbuf_reserve")).toBeUndefined();
    expect([-1, 212, 0.5].map(helperName)).toEqual([undefined, undefined, undefined]);
    for (let id = 0; id < 212; id++) expect(helperId(helperName(id) ?? "")).toBe(id);
  });
});
