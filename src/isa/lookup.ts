import { type FieldName, FORMS, type InstructionForm } from "./table.ts";

export type Fields = { readonly opcode: number } & { readonly [Name in FieldName]: number };

/** The forms of one opcode, and the field whose number tells them apart where there are several. */
export type OpcodeForms = {
  readonly forms: readonly InstructionForm[];
  readonly selector?: FieldName;
  readonly byValue: ReadonlyMap<number, InstructionForm>;
};

const BY_OPCODE: readonly (OpcodeForms | undefined)[] = Array.from({ length: 256 }, (_, opcode) =>
  group(opcode),
);

/** The forms that share `opcode` (0 to 255); undefined where the instruction set has no such opcode. */
export function formsOf(opcode: number): OpcodeForms | undefined {
  return BY_OPCODE[opcode];
}

/**
 * The form that the opcode and its telling field choose; undefined where there is none. The other
 * fields are the decoder's to check.
 */
export function findForm(fields: Fields): InstructionForm | undefined {
  const entry = BY_OPCODE[fields.opcode];
  if (entry === undefined) return undefined;
  return entry.selector === undefined ? entry.forms[0] : entry.byValue.get(fields[entry.selector]);
}

/**
 * As `findForm`, for instructions that came out of `decodeProgram`.
 *
 * @throws where the instruction is in no table, which the decoder rules out
 */
export function formOf(fields: Fields): InstructionForm {
  const form = findForm(fields);
  if (form === undefined) throw new Error(`opcode 0x${fields.opcode.toString(16)} is in no table`);
  return form;
}

function group(opcode: number): OpcodeForms | undefined {
  const forms = FORMS.filter((form) => form.opcode === opcode);
  if (forms.length === 0) return undefined;
  if (forms.length === 1) return { forms, byValue: new Map() };
  const selector = (["src", "offset", "imm"] as const).find((name) => {
    const values = forms.map((form) => form.fields[name]);
    return values.every((value) => typeof value === "number") && new Set(values).size === forms.length;
  });
  if (selector === undefined)
    throw new Error(`nothing tells the forms of opcode 0x${opcode.toString(16)} apart`);
  return { forms, selector, byValue: new Map(forms.map((form) => [Number(form.fields[selector]), form])) };
}
