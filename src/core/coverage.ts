/*
 * What runs of a program have reached, as a plain value: `bpf-vm/coverage/` makes it, `report/` words it.
 *
 * A branch is one of the two ways that a conditional jump can go.
 */

/** `taken`: the jump's condition held. `passed`: the next instruction followed. */
export type Direction = "taken" | "passed";

/**
 * Branches that no input can reach, by the text of their source line: numbers change with every edit. A compiler
 * may have made several jumps of one line, of which the first `reachable` that are reached are not meant.
 */
export type DeclaredBranch = {
  /** Exactly the source line, without the space around it. */
  readonly source: string;
  /** The jump as the compiler made it, as a regular expression over its whole text. Default: any on that line. */
  readonly jump?: string;
  readonly direction: Direction;
  /** How many of these jumps can go this way, and must before the others are excused. Default 0. */
  readonly reachable?: number;
  /** Why nothing reaches the others. */
  readonly reason: string;
};

/** Percentage: `100 * reached / expected`. */
export type Count = {
  readonly reached: number;
  /** Those that are not behind a declared branch alone. */
  readonly expected: number;
  readonly total: number;
};

export type SourcePlace = {
  readonly file: string;
  readonly line: number;
  /** The line's text, without the space around it; "" where it is not known. */
  readonly text: string;
};

/** A conditional jump's way. `source` is missing without debug information. */
export type BranchPlace = {
  /** Of the jump, in eight-byte slots. */
  readonly slot: number;
  /** The jump as the kernel writes it, without its opcode: `if r1 == 0x0 goto pc+3`. */
  readonly jump: string;
  readonly direction: Direction;
  readonly source?: SourcePlace;
};

export type LineCoverage = SourcePlace & {
  readonly instructions: Count;
  readonly branches: Count;
};

export type CoverageReport = {
  /** The program's name. */
  readonly program: string;
  readonly instructions: Count;
  readonly branches: Count;
  /** A line is reached when one of its instructions is. */
  readonly lines: Count;
  /** In the program's order: expected, and not reached. */
  readonly unreached: readonly BranchPlace[];
  /** The declarations that were used, with the unreached branches that each one stands for. */
  readonly declared: readonly {
    readonly declaration: DeclaredBranch;
    readonly branches: readonly BranchPlace[];
  }[];
  /** Declarations that are wrong: more of their branches were reached than they let there be. */
  readonly contradicted: readonly {
    readonly declaration: DeclaredBranch;
    /** All that were reached. */
    readonly branches: readonly BranchPlace[];
  }[];
  /** By file and line, in order. */
  readonly sourceLines: readonly LineCoverage[];
};
