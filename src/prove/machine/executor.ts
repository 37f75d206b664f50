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

/** Forks after which a program is said to have too many paths. */
const MOST_FORKS = 20_000;
/** Instructions on one path. */
const LONGEST_PATH = 20_000;

/** What a `bpf_loop` call comes to. */
export type LoopRule = (executor: SymbolicExecutor, state: PathState, call: LoopCall) => readonly PathState[];

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
  #last: { readonly conditions: readonly Truth[]; readonly assumption: Assumption } | undefined;
  #forks = 0;
  #names = 0;
  readonly #loopRule: LoopRule;
  readonly #bySlot: ReadonlyMap<number, Instruction>;

  constructor(program: LoadedProgram, loopRule: LoopRule) {
    this.program = program;
    this.#loopRule = loopRule;
    this.#bySlot = new Map(program.instructions.map((instruction) => [instruction.index, instruction]));
  }

  name(what: string): string {
    this.#names += 1;
    return `${what} ${this.#names}`;
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
    return this.#loopRule(this, state, call);
  }

  /** The ends of all paths from a state on. */
  explore(start: PathState): readonly PathState[] {
    const ends: PathState[] = [];
    const pending = [start];
    for (let state = pending.pop(); state !== undefined; state = pending.pop()) {
      const next = this.#next(state);
      for (const after of [...next].reverse()) (after.slot === ENDED ? ends : pending).push(after);
      if (next.length > 1) this.#forks += 1;
      if (this.#forks > MOST_FORKS) {
        this.gaps.push({ slot: state.slot, detail: `it has too many paths (${MOST_FORKS} forks)` });
        return ends;
      }
    }
    return ends;
  }

  #next(state: PathState): readonly PathState[] {
    const instruction = this.#bySlot.get(state.slot);
    try {
      if (instruction === undefined) return unknown("leaves the program");
      if ((state.trail?.length ?? 0) > LONGEST_PATH) {
        return unknown(`runs for more than ${LONGEST_PATH} instructions`);
      }
      return step(this, state, instruction);
    } catch (error) {
      if (!(error instanceof PathEnd)) throw error;
      const { kind, detail } = error.problem;
      if (kind === "unknown") this.gaps.push({ slot: state.slot, detail });
      else this.obligations.push({ kind: "access", detail, claim: FALSE, state });
      return [];
    }
  }
}
