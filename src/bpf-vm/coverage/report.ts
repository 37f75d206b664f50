import { type Coverage, Covered } from "#bpf-vm/interpreter/coverage.ts";
import { type LoadedProgram, sourceOf } from "#bpf-vm/program.ts";
import type {
  BranchPlace,
  Count,
  CoverageReport,
  DeclaredBranch,
  Direction,
  LineCoverage,
  SourcePlace,
} from "#core/coverage.ts";
import { disassemble } from "#isa/disassemble.ts";
import type { Instruction } from "#isa/instruction.ts";
import { isConditional, reachableSlots } from "./flow.ts";

const BIT: { readonly [D in Direction]: number } = { taken: Covered.TAKEN, passed: Covered.PASSED };

/** What runs of one program have reached together, in a new array. */
export function mergeCoverage(a: Coverage, b: Coverage): Coverage {
  return Uint8Array.from(
    { length: Math.max(a.length, b.length) },
    (_, slot) => (a[slot] ?? 0) | (b[slot] ?? 0),
  );
}

/**
 * What runs have reached of a program: instructions, both ways of every conditional jump, source lines.
 * A branch that was not reached and is declared is taken out of what is expected, and so is all
 * that only such branches lead to. Where fewer of a declaration's branches were reached than could be, or more,
 * none is taken out.
 */
export function coverageReport(
  program: LoadedProgram,
  coverage: Coverage,
  declared: readonly DeclaredBranch[] = [],
): CoverageReport {
  const branches = branchesOf(program);
  const isReached = ({ slot, direction }: BranchPlace) => ((coverage[slot] ?? 0) & BIT[direction]) !== 0;
  const matches = declared.map((declaration) => {
    const meant = branches.filter((branch) => isDeclared(branch, declaration));
    return {
      declaration,
      reached: meant.filter(isReached),
      others: meant.filter((branch) => !isReached(branch)),
    };
  });
  const used = matches.flatMap(({ declaration, reached, others }) =>
    others.length > 0 && reached.length === (declaration.reachable ?? 0)
      ? [{ declaration, branches: others }]
      : [],
  );
  const closed = new Set(used.flatMap(({ branches }) => branches.map(keyOf)));
  const open = reachableSlots(program.instructions, (slot, direction) =>
    closed.has(keyOf({ slot, direction })),
  );
  const isExpected = (branch: BranchPlace) => open.has(branch.slot) && !closed.has(keyOf(branch));
  const ran = ({ index }: Instruction) => ((coverage[index] ?? 0) & Covered.RUN) !== 0;
  const countBranches = (some: readonly BranchPlace[]) => count(some, isReached, isExpected);
  const countInstructions = (some: readonly Instruction[]) =>
    count(some, ran, ({ index }) => open.has(index));
  const sourceLines = linesOf(program).map(({ place, instructions }): LineCoverage => {
    const slots = new Set(instructions.map(({ index }) => index));
    return {
      ...place,
      instructions: countInstructions(instructions),
      branches: countBranches(branches.filter(({ slot }) => slots.has(slot))),
    };
  });
  return {
    program: program.name,
    instructions: countInstructions(program.instructions),
    branches: countBranches(branches),
    lines: count(
      sourceLines,
      ({ instructions }) => instructions.reached > 0,
      ({ instructions }) => instructions.expected > 0,
    ),
    unreached: branches.filter((branch) => isExpected(branch) && !isReached(branch)),
    declared: used,
    contradicted: matches.flatMap(({ declaration, reached, others }) =>
      // Where a compiler made one jump of all, it is one that can be reached.
      others.length > 0 && reached.length > (declaration.reachable ?? 0)
        ? [{ declaration, branches: reached }]
        : [],
    ),
    sourceLines,
  };
}

function count<T>(
  items: readonly T[],
  isReached: (item: T) => boolean,
  isExpected: (item: T) => boolean,
): Count {
  const reached = items.filter(isReached).length;
  // What was reached is no less expected for a declaration that says otherwise.
  const expected = items.filter((item) => isReached(item) || isExpected(item)).length;
  return { reached, expected, total: items.length };
}

function keyOf({ slot, direction }: Pick<BranchPlace, "slot" | "direction">): string {
  return `${slot} ${direction}`;
}

function branchesOf(program: LoadedProgram): readonly BranchPlace[] {
  return program.instructions.filter(isConditional).flatMap((instruction) => {
    const source = placeOf(program, instruction);
    const jump = disassemble(instruction).replace(/^\(\w+\) /, "");
    return (["taken", "passed"] as const).map((direction) => ({
      slot: instruction.index,
      jump,
      direction,
      ...(source !== undefined && { source }),
    }));
  });
}

function isDeclared({ jump, direction, source }: BranchPlace, declaration: DeclaredBranch): boolean {
  return (
    declaration.direction === direction &&
    declaration.source === source?.text &&
    (declaration.jump === undefined || new RegExp(`^(?:${declaration.jump})$`).test(jump))
  );
}

function placeOf(program: LoadedProgram, { index }: Instruction): SourcePlace | undefined {
  const source = sourceOf(program, index);
  return source && { file: source.file, line: source.line, text: source.text.trim() };
}

type Line = { readonly place: SourcePlace; readonly instructions: Instruction[] };

function linesOf(program: LoadedProgram): readonly Line[] {
  const lines = new Map<string, Line>();
  for (const instruction of program.instructions) {
    const place = placeOf(program, instruction);
    // Line 0 is what the compiler made up itself.
    if (place === undefined || place.line === 0) continue;
    const key = `${place.file}:${place.line}`;
    const line = lines.get(key) ?? { place, instructions: [] };
    line.instructions.push(instruction);
    lines.set(key, line);
  }
  return [...lines.values()].sort(
    ({ place: a }, { place: b }) => a.file.localeCompare(b.file) || a.line - b.line,
  );
}
