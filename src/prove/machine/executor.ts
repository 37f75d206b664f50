import type { LoadedProgram } from "#bpf-vm/program.ts";
import type { Instruction } from "#isa/instruction.ts";
import { Assumption } from "#prove/terms/assume.ts";
import { type Bits, FALSE, TRUE, type Truth } from "#prove/terms/term.ts";
import { all, follows, not } from "#prove/terms/truth.ts";
import type { ExecutionContext, LoopCall } from "./context.ts";
import { ENDED } from "./frames.ts";
import type { Gap, Obligation, ObligationKind } from "./obligation.ts";
import { PathEnd, unknown } from "./problem.ts";
import type { PathState } from "./state.ts";
import { step } from "./step.ts";

/** How far a program is gone through. */
export type Reach = {
  /** Forks after which it is said to have too many paths. */
  readonly forks: number;
  /** Instructions on one path. */
  readonly length: number;
};

export const FAR: Reach = { forks: 20_000, length: 20_000 };
/** Where loops are looked for that make it long: what has none is done by then. */
export const NEAR: Reach = { forks: 1_000, length: 4_000 };

/** How loops are gone through, and how far. */
export type Rules = { readonly loop: LoopRule; readonly jumps?: JumpRule; readonly reach?: Reach };

/** What a `bpf_loop` call comes to. */
export type LoopRule = (executor: SymbolicExecutor, state: PathState, call: LoopCall) => readonly PathState[];

/** What becomes of a path that comes to an instruction: it goes on as these. */
export interface JumpRule {
  admit(executor: SymbolicExecutor, state: PathState): readonly PathState[];
}

/** Loops of jumps are unrolled. */
const UNROLLED: JumpRule = { admit: (_executor, state) => [state] };

/**
 * Executes a program on all images at once. Where what follows depends on a value that is not known, both ways are gone; what must
 * hold for all images on a way is noted as an obligation. It has nothing in common with the virtual machine but the loaded
 * program: the two are held against each other, path by path.
 */
export class SymbolicExecutor implements ExecutionContext {
  readonly program: LoadedProgram;
  readonly obligations: Obligation[] = [];
  readonly gaps: Gap[] = [];
  /** Bytes of each ring's records, by the map's place. */
  readonly records = new Map<number, number>();
  /** The ends of turns of loops in which nothing was denied. */
  readonly turnEnds: PathState[] = [];
  /** Obligations of each kind that simplification alone has met. */
  readonly calculated = new Map<ObligationKind, number>();
  /** A path that was too long to be gone to its end, where there was one. */
  longest: PathState | undefined;
  #last: { readonly conditions: readonly Truth[]; readonly assumption: Assumption } | undefined;
  #forks = 0;
  #names = 0;
  readonly #rules: Required<Rules>;
  readonly #bySlot: ReadonlyMap<number, Instruction>;

  constructor(program: LoadedProgram, rules: Rules) {
    this.program = program;
    this.#rules = { jumps: UNROLLED, reach: FAR, ...rules };
    this.#bySlot = new Map(program.instructions.map((instruction) => [instruction.index, instruction]));
  }

  name(what: string): string {
    this.#names += 1;
    return `${what} ${this.#names}`;
  }

  /** One by other rules, whose names are not those of this one. */
  another(rules: Partial<Rules>): SymbolicExecutor {
    const other = new SymbolicExecutor(this.program, { ...this.#rules, ...rules });
    other.#names = this.#names;
    return other;
  }

  require(state: PathState, kind: ObligationKind, detail: string, claim: Truth): void {
    const left = follows(claim, state.conditions) ? TRUE : this.#assumption(state).truth(claim);
    if (left === TRUE || all(...state.conditions, not(left)) === FALSE) {
      this.calculated.set(kind, (this.calculated.get(kind) ?? 0) + 1);
    } else this.obligations.push({ kind, detail, claim: left, state });
  }

  /** States that follow each other often have the same conditions. */
  #assumption({ conditions }: PathState): Assumption {
    if (this.#last?.conditions !== conditions) {
      this.#last = { conditions, assumption: new Assumption(conditions) };
    }
    return this.#last.assumption;
  }

  bitsIn(state: PathState, bits: Bits): Bits {
    return this.#assumption(state).bits(bits);
  }

  truthIn(state: PathState, truth: Truth): Truth {
    return this.#assumption(state).truth(truth);
  }

  noteRecord(ring: number, size: number): void {
    this.records.set(ring, Math.max(size, this.records.get(ring) ?? 0));
  }

  loop(state: PathState, call: LoopCall): readonly PathState[] {
    return this.#rules.loop(this, state, call);
  }

  /** The ends of all paths from a state on. */
  explore(start: PathState): readonly PathState[] {
    const ends: PathState[] = [];
    const pending = [start];
    for (let state = pending.pop(); state !== undefined; state = pending.pop()) {
      const next = this.#next(state);
      for (const after of [...next].reverse()) (after.slot === ENDED ? ends : pending).push(after);
      if (next.length > 1) this.#forks += 1;
      if (this.#forks > this.#rules.reach.forks) {
        this.leave(state, `it has too many paths (${this.#rules.reach.forks} forks)`);
        return ends;
      }
    }
    return ends;
  }

  /** Leaves a path that is not gone to its end. */
  leave(state: PathState, detail: string): void {
    this.gaps.push({ slot: state.slot, detail });
    this.longest ??= state;
  }

  #next(state: PathState): readonly PathState[] {
    const instruction = this.#bySlot.get(state.slot);
    try {
      if (instruction === undefined) return unknown("leaves the program");
      const { length } = this.#rules.reach;
      if ((state.trail?.length ?? 0) > length) {
        this.leave(state, `it runs for more than ${length} instructions`);
        return [];
      }
      const after = step(this, state, instruction);
      return after.flatMap((one) => (one.slot === ENDED ? [one] : this.#rules.jumps.admit(this, one)));
    } catch (error) {
      if (!(error instanceof PathEnd)) throw error;
      const { kind, detail } = error.problem;
      if (kind === "unknown") this.gaps.push({ slot: state.slot, detail });
      else this.obligations.push({ kind: "access", detail, claim: FALSE, state });
      return [];
    }
  }
}
