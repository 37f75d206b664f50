import { expect, it, describe as suite } from "vitest";
import { findForm, formsOf } from "#isa/lookup.ts";
import { FORMS, type InstructionForm } from "#isa/table.ts";

/**
 * What RFC 9669 defines, read from its sections rather than from the table: opcode, and the numbers that its
 * field columns fix (an absent one is free or reserved).
 */
function rfc(): string[] {
  const all: string[] = [];
  const add = (opcode: number, telling: Partial<Record<"src" | "offset" | "imm", number>> = {}): void => {
    all.push(key(opcode, telling));
  };
  // 4.1 arithmetic: operations 0x0 to 0xc in the upper four bits, both classes, K and X.
  for (const group of [4, 7]) {
    for (let code = 0; code <= 0xc; code++) {
      const opcode = code * 16 + group;
      const signed = code === 0x3 || code === 0x9;
      for (const source of code === 0x8 ? [0] : [0, 8]) {
        if (signed) for (const offset of [0, 1]) add(opcode + source, { offset });
        else if (code === 0xb && source === 8) {
          for (const offset of group === 7 ? [0, 8, 16, 32] : [0, 8, 16]) add(opcode + source, { offset });
        } else add(opcode + source);
      }
    }
  }
  // 4.2 byte swaps.
  for (const imm of [16, 32, 64]) for (const opcode of [0xd4, 0xdc, 0xd7]) add(opcode, { imm });
  // 4.3 jumps: 0x1 to 0x7 and 0xa to 0xd are conditional.
  for (const group of [5, 6]) {
    for (const code of [1, 2, 3, 4, 5, 6, 7, 0xa, 0xb, 0xc, 0xd]) {
      add(code * 16 + group);
      add(code * 16 + 8 + group);
    }
    add(group);
  }
  for (const src of [0, 1, 2]) add(0x85, { src });
  add(0x95);
  // 5.1 and 5.2 regular and sign-extending accesses; sizes W 0x00, H 0x08, B 0x10, DW 0x18.
  for (const size of [0x00, 0x08, 0x10, 0x18]) for (const group of [1, 2, 3]) add(0x60 + size + group);
  for (const size of [0x00, 0x08, 0x10]) add(0x80 + size + 1);
  // 5.3 atomics, of words and double words.
  for (const opcode of [0xc3, 0xdb]) {
    for (const imm of [0x00, 0x01, 0x40, 0x41, 0x50, 0x51, 0xa0, 0xa1, 0xe1, 0xf1]) add(opcode, { imm });
  }
  // 5.4 two-slot immediates, 5.5 packet access.
  for (const src of [0, 1, 2, 3, 4, 5, 6]) add(0x18, { src });
  for (const size of [0x00, 0x08, 0x10]) for (const mode of [0x20, 0x40]) add(mode + size);
  return all.sort();
}

function key(opcode: number, telling: Partial<Record<string, number>>): string {
  return `${opcode.toString(16).padStart(2, "0")} ${JSON.stringify(telling)}`;
}

function keyOf(form: InstructionForm): string {
  const selector = formsOf(form.opcode)?.selector;
  if (selector === undefined) return key(form.opcode, {});
  return key(form.opcode, { [selector]: Number(form.fields[selector]) });
}

const named = (origin: InstructionForm["origin"]): string[] =>
  FORMS.filter((form) => form.origin === origin)
    .map((form) => `${form.opcode.toString(16)} ${form.mnemonic}`)
    .sort();

suite("the table of instructions", () => {
  it("has exactly what RFC 9669 defines under that origin", () => {
    const rfcForms = FORMS.filter(({ origin }) => origin === "rfc");
    expect(rfcForms.map(keyOf).sort()).toEqual(rfc());
  });

  it("has of Linux's additions those named here, and callx of the compilers'", () => {
    expect(named("linux")).toEqual([
      "bf addr_space_cast",
      "c3 load_acquire_w",
      "c3 store_release_w",
      "cb load_acquire_h",
      "cb store_release_h",
      "d gotox",
      "d3 load_acquire_b",
      "d3 store_release_b",
      "db load_acquire_dw",
      "db store_release_dw",
      "e5 may_goto",
    ]);
    expect(named("compiler")).toEqual(["8d callx"]);
  });

  it("has each form once: no two agree in what they do", () => {
    const told = FORMS.map((form) => JSON.stringify(form.does));
    expect(new Set(told).size).toBe(FORMS.length);
  });

  it("finds each form by its own fields", () => {
    for (const form of FORMS) {
      const value = (rule: InstructionForm["fields"]["dst"]): number => (typeof rule === "number" ? rule : 7);
      const { dst, src, offset, imm } = form.fields;
      const fields = { dst: value(dst), src: value(src), offset: value(offset), imm: value(imm) };
      expect(findForm({ opcode: form.opcode, ...fields })).toBe(form);
    }
  });

  it("has arithmetic and jumps in both widths or says which one", () => {
    expect(findForm({ opcode: 0x04, dst: 0, src: 0, offset: 0, imm: 1 })?.does).toEqual({
      kind: "alu",
      op: "add",
      width: 32,
      source: "imm",
    });
    expect(findForm({ opcode: 0x0f, dst: 0, src: 0, offset: 0, imm: 0 })?.does).toEqual({
      kind: "alu",
      op: "add",
      width: 64,
      source: "reg",
    });
    expect(findForm({ opcode: 0xae, dst: 0, src: 0, offset: 0, imm: 0 })?.does).toEqual({
      kind: "jump-if",
      test: "lt",
      width: 32,
      source: "reg",
    });
  });
});
