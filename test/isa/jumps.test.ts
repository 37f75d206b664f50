import { expect, it, describe as suite } from "vitest";
import { checkJumps, targetOf } from "#isa/jumps.ts";
import { decoded, one, slot } from "./instructions.ts";

const EXIT = slot(0x95);
const WIDE = [...slot(0x18, 1, 0, 0, 1), ...slot(0)];

suite("targetOf", () => {
  it.each([
    ["goto", [slot(0x05, 0, 0, -3)], -2, "jump"],
    ["gotol", [slot(0x06, 0, 0, 0, 70000)], 70001, "jump"],
    ["a test", [slot(0x15, 0, 0, 4, 9)], 5, "jump"],
    ["a 32-bit test of registers", [slot(0x1e, 1, 2, 32767)], 32768, "jump"],
    ["may_goto", [slot(0xe5, 0, 0, 2)], 3, "jump"],
    ["a call within the program", [slot(0x85, 0, 1, 0, 6)], 7, "call"],
    [
      "a function's address, from its own second slot on",
      [slot(0x18, 1, 4, 0, 6), slot(0)],
      7,
      "function address",
    ],
  ] as const)("is, for %s, the distance from the slot behind the first", (_, slots, target, by) => {
    expect(targetOf(one(...slots))).toEqual({ slot: target, by });
  });

  it.each([
    ["a helper call", slot(0x85, 0, 0, 0, 6)],
    ["a kfunc call", slot(0x85, 0, 2, 0, 6)],
    ["exit", EXIT],
    ["gotox", slot(0x0d, 3)],
    ["an addition", slot(0x07, 1, 0, 0, 6)],
  ])("is nothing for %s", (_, bytes) => {
    expect(targetOf(one(bytes))).toBeUndefined();
  });
});

suite("checkJumps", () => {
  it("takes jumps to the first and to the last instruction", () => {
    expect(checkJumps(decoded(slot(0x05, 0, 0, 3), WIDE, slot(0x05, 0, 0, -4), EXIT))).toEqual({
      ok: true,
      value: undefined,
    });
  });

  it("takes an empty program", () => {
    expect(checkJumps([]).ok).toBe(true);
  });

  it.each([
    [
      "before the program",
      [slot(0x05, 0, 0, -2), EXIT],
      0,
      "the jump goes to -1, outside the program of 2 slots",
    ],
    ["right behind it", [EXIT, slot(0x05)], 1, "the jump goes to 2, outside the program of 2 slots"],
    [
      "behind a two-slot end",
      [slot(0x05, 0, 0, 2), WIDE],
      0,
      "the jump goes to 3, outside the program of 3 slots",
    ],
    [
      "into a load",
      [slot(0x15, 0, 0, 1, 0), WIDE, EXIT],
      0,
      "the jump goes to 2, the second slot of an instruction",
    ],
    ["far away", [EXIT, slot(0x06, 0, 0, 0, 2 ** 31 - 1)], 1, "the jump goes to 2147483649, outside"],
    ["by a call", [EXIT, slot(0x85, 0, 1, 0, 5)], 1, "the call goes to 7, outside"],
    [
      "by an address",
      [EXIT, slot(0x18, 1, 4, 0, -3), slot(0)],
      1,
      "the function address goes to -1, outside",
    ],
  ])("refuses to go %s", (_, slots, index, detail) => {
    const result = checkJumps(decoded(...slots), { base: 1000 });
    expect(result.ok ? undefined : result.failure).toEqual({
      reason: "malformed",
      format: "BPF",
      section: `instruction ${index}`,
      offset: 1000 + 8 * index,
      detail: expect.stringContaining(detail),
    });
  });
});
