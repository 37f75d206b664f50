import { deepStrictEqual } from "node:assert";
import type { Injection } from "#bpf-vm/injection.ts";
import type { Coverage } from "#bpf-vm/interpreter/coverage.ts";
import { lower } from "#bpf-vm/interpreter/lower.ts";
import type { Machine } from "#bpf-vm/machine.ts";
import type { MapDefinition } from "#bpf-vm/maps/definition.ts";
import type { ImmediateTarget, LoadedProgram } from "#bpf-vm/program.ts";
import { type Executor, type RunOutcome, runProgram, TRACING_CALLABLES } from "#bpf-vm/run-program.ts";
import { decodeProgram, encodeProgram, type Instruction } from "#isa/instruction.ts";
import { FORMS, type InstructionForm } from "#isa/table.ts";
import { expectValue } from "../../support/expect-value.ts";

/** One instruction to be: its form and the fields that the form leaves open. */
export type Line = {
  readonly form: InstructionForm;
  readonly dst?: number;
  readonly src?: number;
  readonly offset?: number;
  readonly imm?: number;
  readonly imm64?: bigint;
};

/** The form called `mnemonic`; with two sources, the one asked for. */
function form(mnemonic: string, source?: "reg" | "imm"): InstructionForm {
  const found = FORMS.filter((candidate) => candidate.mnemonic === mnemonic);
  const chosen =
    source === undefined ? found[0] : found.find(({ does }) => "source" in does && does.source === source);
  if (chosen === undefined) throw new Error(`no ${mnemonic}`);
  return chosen;
}

type Fields = Omit<Line, "form">;

/** The instruction called `mnemonic` with an immediate operand, or with no choice of operand. */
export function op(mnemonic: string, fields: Fields = {}): Line {
  const forms = FORMS.filter((candidate) => candidate.mnemonic === mnemonic);
  const [only] = forms;
  if (forms.length === 1 && only !== undefined) return { form: only, ...fields };
  return { form: form(mnemonic, "src" in fields ? "reg" : "imm"), ...fields };
}

export const exit = op("exit");

/** dst = 64 bits. */
export function load64(dst: number, value: bigint): Line {
  const lddw = FORMS.find(({ does }) => does.kind === "load-imm64" && does.meaning === "value");
  if (lddw === undefined) throw new Error("no lddw");
  const imm64 = BigInt.asUintN(64, value);
  return { form: lddw, dst, imm: Number(BigInt.asIntN(32, imm64)), imm64 };
}

/** dst = what `meaning` says `imm` stands for. */
export function symbol(dst: number, meaning: "map-fd" | "map-fd-value" | "func", imm: number): Line {
  const lddw = FORMS.find(({ does }) => does.kind === "load-imm64" && does.meaning === meaning);
  if (lddw === undefined) throw new Error(`no ${meaning}`);
  return { form: lddw, dst, imm, imm64: BigInt(imm >>> 0) };
}

export function call(target: "helper" | "local" | "kfunc", imm: number): Line {
  const found = FORMS.find(({ does }) => does.kind === "call" && does.target === target);
  if (found === undefined) throw new Error(`no call of a ${target}`);
  return { form: found, imm };
}

/** The instructions, through the encoder and the strict decoder. */
export function assemble(lines: readonly Line[]): readonly Instruction[] {
  let index = 0;
  const instructions = lines.map(({ form: { fields, opcode, slots }, ...given }): Instruction => {
    const field = (name: "dst" | "src" | "offset" | "imm"): number => {
      const rule = fields[name];
      return typeof rule === "number" ? rule : (given[name] ?? 0);
    };
    const made = {
      index,
      opcode,
      dst: field("dst"),
      src: field("src"),
      offset: field("offset"),
      imm: field("imm"),
    };
    index += slots;
    return slots === 1 ? { ...made, slots } : { ...made, slots, imm64: given.imm64 ?? 0n };
  });
  return expectValue(decodeProgram(encodeProgram(instructions)));
}

export type Setting = {
  readonly maps?: readonly MapDefinition[];
  readonly kfuncs?: ReadonlyMap<number, string>;
  readonly injection?: Injection;
  readonly budget?: number;
  readonly coverage?: Coverage | undefined;
  readonly parserId?: number;
  readonly prepare?: (machine: Machine) => { readonly high: number; readonly low: number };
};

/** A program of these lines; `map-fd` immediates name the setting's maps by their place. */
export function programOf(
  lines: readonly Line[],
  { maps = [], kfuncs = new Map() }: Setting = {},
): LoadedProgram {
  const instructions = assemble(lines);
  const immediates = new Map<number, ImmediateTarget>();
  for (const [
    i,
    {
      form: { does },
    },
  ] of lines.entries()) {
    const instruction = instructions[i];
    if (does.kind !== "load-imm64" || instruction === undefined) continue;
    const { index, imm } = instruction;
    if (does.meaning === "map-fd") immediates.set(index, { kind: "map", map: imm });
    if (does.meaning === "map-fd-value") immediates.set(index, { kind: "map-value", map: imm, offset: 0 });
    if (does.meaning === "func") immediates.set(index, { kind: "function", slot: index + 1 + imm });
  }
  return {
    name: "test",
    type: 26,
    instructions,
    maps,
    immediates,
    kfuncs,
    lines: [],
    functions: [],
    lowered: lower(instructions),
  };
}

/** Runs the lines with both executors, whose outcomes must be the same. */
export function run(lines: readonly Line[], setting: Setting = {}): RunOutcome {
  const program = programOf(lines, setting);
  const compiled = runWith("wasm", program, { ...setting, coverage: setting.coverage?.slice() });
  const interpreted = runWith("interpreter", program, setting);
  deepStrictEqual(compiled, interpreted);
  return interpreted;
}

export function runWith(executor: Executor, program: LoadedProgram, setting: Setting = {}): RunOutcome {
  const {
    prepare = () => ({ high: 0, low: 0 }),
    maps: _maps,
    kfuncs: _kfuncs,
    coverage,
    ...options
  } = setting;
  const given = { ...options, executor, ...(coverage && { coverage }) };
  return runProgram(program, TRACING_CALLABLES, given, prepare);
}
