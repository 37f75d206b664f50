import fc from "fast-check";
import { expect, it, describe as suite } from "vitest";
import { decodeProgram, encodeProgram } from "#isa/instruction.ts";
import { FORMS } from "#isa/table.ts";
import { expectFailure, expectValue } from "../support/expect-value.ts";
import { bytesOf, one, programs, slot } from "./instructions.ts";

const RETURN = slot(0x95);

function failureOf(bytes: readonly number[], base = 0): unknown {
  return expectFailure(decodeProgram(Uint8Array.from(bytes), { base }));
}

suite("decodeProgram", () => {
  it("reads the fields of a slot, signs included", () => {
    expect(one(slot(0x7a, 3, 0, -32768, -2147483648))).toEqual({
      index: 0,
      opcode: 0x7a,
      dst: 3,
      src: 0,
      offset: -32768,
      imm: -2147483648,
      slots: 1,
    });
  });

  it("joins the halves of a two-slot load without a sign between them", () => {
    const load = one(slot(0x18, 2, 0, 0, -1), slot(0, 0, 0, 0, 0x11223344));
    expect(load).toMatchObject({ imm: -1, imm64: 0x11223344ffffffffn, slots: 2 });
    expect(one(slot(0x18, 2, 0, 0, 0), slot(0, 0, 0, 0, -1)).imm64).toBe(0xffffffff00000000n);
  });

  it("counts indices in slots", () => {
    const bytes = [...slot(0x18, 1, 0, 0, 5), ...slot(0), ...RETURN];
    const result = decodeProgram(Uint8Array.from(bytes));
    expect(result.ok && result.value.map(({ index }) => index)).toEqual([0, 2]);
  });

  it("takes an empty program", () => {
    expect(decodeProgram(new Uint8Array(0))).toEqual({ ok: true, value: [] });
  });

  it.each<[string, number[], number, string, number, string]>([
    ["bytes behind the last slot", [...RETURN, 1, 2, 3], 100, "program", 108, "3 bytes left behind"],
    [
      "an unknown opcode",
      [...RETURN, ...slot(0xff)],
      100,
      "instruction 1",
      108,
      "opcode 0xff is not defined",
    ],
    [
      "the second half of a load as an instruction",
      slot(0),
      0,
      "instruction 0",
      0,
      "opcode 0x00 is not defined",
    ],
    ["register 11 as dst", slot(0xb7, 11), 0, "instruction 0", 1, "dst is register 11"],
    ["register 15 as src", slot(0xbf, 0, 15), 0, "instruction 0", 1, "src is register 15"],
    ["a source where an immediate is used", slot(0xb7, 1, 1), 0, "instruction 0", 1, "src is 1, must be 0"],
    ["an offset in an addition", slot(0x07, 1, 0, 1, 1), 0, "instruction 0", 2, "offset is 1, must be 0"],
    ["an immediate beside a register", slot(0x0f, 1, 2, 0, 7), 0, "instruction 0", 4, "imm is 7, must be 0"],
    [
      "a division with offset 2",
      slot(0x37, 1, 0, 2, 3),
      0,
      "instruction 0",
      2,
      "with offset 2 is not defined",
    ],
    ["a 32-bit move of 32 signed bits", slot(0xbc, 1, 2, 32), 0, "instruction 0", 2, "with offset 32 is"],
    ["a swap of 24 bits", slot(0xd7, 1, 0, 0, 24), 0, "instruction 0", 4, "with imm 24 is not defined"],
    ["an unknown atomic", slot(0xdb, 1, 2, 0, 0x02), 0, "instruction 0", 4, "with imm 2 is not defined"],
    [
      "a byte-sized atomic addition",
      slot(0xd3, 1, 2, 0, 0),
      0,
      "instruction 0",
      4,
      "with imm 0 is not defined",
    ],
    ["a load of pseudo source 7", [...slot(0x18, 0, 7), ...slot(0)], 0, "instruction 0", 1, "with src 7"],
    ["a call of kind 3", slot(0x85, 0, 3), 0, "instruction 0", 1, "with src 3 is not defined"],
    ["a helper call with an offset", slot(0x85, 0, 0, 4, 1), 0, "instruction 0", 2, "offset is 4, must be 0"],
    ["a return with an immediate", slot(0x95, 0, 0, 0, 1), 0, "instruction 0", 4, "imm is 1, must be 0"],
    ["a jump with a destination register", slot(0x05, 1, 0, 0, 0), 0, "instruction 0", 1, "dst is 1"],
    ["a load cut in half", [...RETURN, ...slot(0x18)], 8, "instruction 1", 24, "the second slot is missing"],
    [
      "a second slot with an opcode",
      [...slot(0x18), ...slot(0x95)],
      0,
      "instruction 0",
      8,
      "the second slot",
    ],
    [
      "a second slot with an offset",
      [...slot(0x18), ...slot(0, 0, 0, 1)],
      0,
      "instruction 0",
      8,
      "the second",
    ],
    [
      "a map's descriptor of 64 bits",
      [...slot(0x18, 1, 1), ...slot(0, 0, 0, 0, 9)],
      0,
      "instruction 0",
      12,
      "9",
    ],
  ])("refuses %s", (_, bytes, base, section, offset, detail) => {
    expect(failureOf(bytes, base)).toEqual({
      reason: "malformed",
      format: "BPF",
      section,
      offset,
      detail: expect.stringContaining(detail),
    });
  });

  it("is total, and encodes to the same bytes whatever it takes", () => {
    // Opcodes and small fields make good instructions likely enough for both answers.
    const byte = fc.oneof(fc.constantFrom(...FORMS.map(({ opcode }) => opcode)), fc.nat({ max: 255 }));
    const small = fc.tuple(
      byte,
      fc.nat({ max: 255 }),
      fc.nat({ max: 1 }),
      fc.nat({ max: 1 }),
      fc.nat({ max: 2 }),
    );
    const slots = fc.array(
      small.map(([code, regs, low, high, imm]) => [code, regs, low, high, imm, 0, 0, 0]),
      { maxLength: 4 },
    );
    const seen = { good: 0, bad: 0 };
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 80 }),
          slots.map((s) => Uint8Array.from(s.flat())),
        ),
        (bytes) => {
          const result = decodeProgram(bytes);
          if (!result.ok) {
            seen.bad++;
            expect(result.failure.offset).toBeLessThanOrEqual(bytes.length);
            return;
          }
          seen.good++;
          expect(encodeProgram(result.value)).toEqual(bytes);
        },
      ),
      { numRuns: 5000, seed: 1 },
    );
    expect(seen.good).toBeGreaterThan(200);
    expect(seen.bad).toBeGreaterThan(200);
  });
});

suite("encodeProgram", () => {
  it("undoes decodeProgram for each form of the table", () => {
    for (const form of FORMS) {
      fc.assert(
        fc.property(bytesOf(form), (list) => {
          const bytes = Uint8Array.from(list);
          const result = expectValue(decodeProgram(bytes), form.mnemonic);
          expect(encodeProgram(result)).toEqual(bytes);
        }),
        { numRuns: 50, seed: 2 },
      );
    }
  });

  it("undoes decodeProgram for whole programs", () => {
    fc.assert(
      fc.property(programs, (list) => {
        const bytes = Uint8Array.from(list);
        const result = decodeProgram(bytes);
        expect(result.ok && encodeProgram(result.value)).toEqual(bytes);
      }),
      { numRuns: 500, seed: 3 },
    );
  });

  it("takes the high half from imm64", () => {
    const load = { index: 0, opcode: 0x18, dst: 1, src: 0, offset: 0, imm: -2, slots: 2 } as const;
    expect([...encodeProgram([{ ...load, imm64: 0x7_fffffffen }])]).toEqual([
      ...slot(0x18, 1, 0, 0, -2),
      ...slot(0, 0, 0, 0, 7),
    ]);
  });
});
