import type { HeaderLayout } from "#abi/header-layout.ts";
import { LARGEST_PART } from "#abi/limits.ts";
import { type PerPart, perPart } from "#abi/parts.ts";
import { revisionProfile } from "#abi/revisions.ts";
import { MapType } from "#bpf-vm/maps/definition.ts";
import type { LoadedProgram } from "#bpf-vm/program.ts";
import type { ContextLayout } from "#bpf-vm/run-parser.ts";
import { busiestHead } from "#prove/induction/flow.ts";
import { CutJumps } from "#prove/induction/jumps.ts";
import { anyState, inductionRule } from "#prove/induction/loop.ts";
import { unrolledJumps, unrolledLoop } from "#prove/induction/unrolled.ts";
import { FAR, type LoopRule, NEAR, SymbolicExecutor } from "#prove/machine/executor.ts";
import { byteAt } from "#prove/machine/memory.ts";
import type { Gap, Obligation, ObligationKind } from "#prove/machine/obligation.ts";
import { startStates } from "#prove/machine/start.ts";
import { isUndisturbed, type PathState, type Sent } from "#prove/machine/state.ts";
import type { SearchState, Specification } from "#prove/specification/specification.ts";
import { type HandedOver, matches, type SpecifiedStream, streamTerms } from "#prove/specification/stream.ts";
import { bits64, bytesOf, concat, plus, zeroExtend } from "#prove/terms/bits.ts";
import { momentName } from "#prove/terms/names.ts";
import { type Bits, FALSE, TRUE, type Truth, variable } from "#prove/terms/term.ts";
import { equals, not } from "#prove/terms/truth.ts";

/** A program that is to be proven. */
export type Theorem = {
  readonly program: LoadedProgram;
  readonly context: ContextLayout;
  readonly header: HeaderLayout;
  /** Without one, safety alone is shown. */
  readonly specification?: Specification;
  /** Show safety alone, though there is a specification: what it says of loops is used, and what it says of streams is not. */
  readonly safety?: boolean;
  /** The largest parts that are sent, in bytes. Undefined: those that its records have room for. */
  readonly limits: PerPart<number> | undefined;
};

/** All ways through a program, and what must hold on them. */
export type Paths = {
  /** Those that come to the end. */
  readonly ends: readonly PathState[];
  /** Those of single turns of loops. */
  readonly turnEnds: readonly PathState[];
  readonly obligations: readonly Obligation[];
  /** Obligations that needed no solver. */
  readonly calculated: ReadonlyMap<ObligationKind, number>;
  readonly gaps: readonly Gap[];
  /** The largest parts that the proof is for, in bytes. */
  readonly limits: PerPart<number>;
};

/** Goes all ways through the program. What it comes to is for a solver to say. */
export function waysThrough(theorem: Theorem): Paths {
  const { program, context, specification } = theorem;
  return pathsOf(theorem, allWays(program, context, inductionRule(specification?.search)));
}

/** The ways through the program on which no loop makes more than so many turns: each is one that an image settles. */
export function shortWaysThrough(theorem: Theorem, turns: number): Paths {
  const { program, context } = theorem;
  const rules = { loop: unrolledLoop(turns), jumps: unrolledJumps(program, turns) };
  const executor = new SymbolicExecutor(program, { ...rules, reach: NEAR });
  return pathsOf(theorem, { executor, ends: waysFromStart(executor, context) });
}

type Gone = { readonly executor: SymbolicExecutor; readonly ends: readonly PathState[] };

function pathsOf(theorem: Theorem, { executor, ends }: Gone): Paths {
  const { program } = theorem;
  const limits = theorem.limits ?? recordLimits(program, executor.records, theorem.header);
  for (const end of ends) requireStream(executor, end, { ...theorem, limits });
  const { turnEnds, obligations, calculated, gaps } = executor;
  return { ends, turnEnds, obligations, calculated, gaps, limits };
}

/** Loops that may be cut, one more at each look. */
const MOST_CUTS = 8;

/** Loops of jumps are unrolled; where that is too long, the one that makes it long is cut at its head, and all begins anew. */
function allWays(program: LoadedProgram, context: ContextLayout, loop: LoopRule): Gone {
  const heads: number[] = [];
  for (let reach = NEAR; ; ) {
    const executor = new SymbolicExecutor(program, { loop, jumps: new CutJumps(program, heads), reach });
    const ends = waysFromStart(executor, context);
    if (executor.longest === undefined || reach === FAR) return { executor, ends };
    const head = busiestHead(program, executor.longest.trail, heads);
    if (head === undefined || heads.length === MOST_CUTS) reach = FAR;
    else heads.push(head);
  }
}

function waysFromStart(executor: SymbolicExecutor, context: ContextLayout): readonly PathState[] {
  return startStates(executor.program, context).flatMap((start) => executor.explore(start));
}

/** What records have room for: the first ring's is the kernel's, and so on; one ring alone is for all parts. */
function recordLimits(
  { maps }: LoadedProgram,
  records: ReadonlyMap<number, number>,
  header: HeaderLayout,
): PerPart<number> {
  const rings = [...maps.keys()].filter((place) => maps[place]?.type === MapType.RINGBUF);
  const [only] = records.keys();
  return perPart((_, index) => {
    const size = records.get((records.size === 1 ? only : rings[index]) ?? -1);
    return size === undefined ? LARGEST_PART : size - header.size;
  });
}

/** Any place in a payload, whose length has 32 bits in its header. */
function anyPlace(): Bits {
  return zeroExtend(variable(32, "place in a payload"), 64);
}

type Limited = Theorem & { readonly limits: PerPart<number> };

function requireStream(executor: SymbolicExecutor, end: PathState, theorem: Limited): void {
  const refused = end.sent.findIndex(({ accepted }) => !accepted);
  if (refused >= 0 && refused < end.sent.length - 1) {
    executor.require(end, "stream", "nothing is sent after a refusal", FALSE);
    return;
  }
  if (theorem.specification === undefined || theorem.safety === true) {
    for (const [detail, claim] of safeStream(end, theorem)) executor.require(end, "stream", detail, claim);
    return;
  }
  const stream = specifiedStream(theorem.specification, end, theorem);
  const claim = isSpecified(end, stream, refused >= 0);
  executor.require(
    end,
    "stream",
    end.sent.length === 0 ? "nothing is sent" : "sends what is specified",
    claim,
  );
}

function specifiedStream(
  specification: Specification,
  end: PathState,
  { header, limits }: Pick<Limited, "header" | "limits">,
): SpecifiedStream {
  return streamTerms(specification.outcome(foundBy(specification, end)), header, limits);
}

/** What the search of a path has found; anything at all where there was no search, or it was cut short. */
function foundBy({ search }: Specification, { loops }: PathState): SearchState {
  if (search === undefined) return new Map();
  const last = loops.at(-1);
  return anyState(search, last?.kind === "as-specified" ? momentName(last.loop, "after") : "never searched");
}

/** All or nothing: a parser that was denied something may send nothing, but not a part. */
function isSpecified(end: PathState, stream: SpecifiedStream, cutShort: boolean): Truth {
  if (end.sent.length === 0)
    return isUndisturbed(end.denials) && !wasDenied(end) ? not(stream.accepted) : TRUE;
  return matches(stream, end.sent.map(handedOver), cutShort, anyPlace());
}

function wasDenied({ loops }: PathState): boolean {
  return loops.some(({ kind }) => kind === "denied");
}

function handedOver({ memory, at, size }: Sent): HandedOver {
  return {
    size,
    byte: (place) => {
      const found = byteAt(memory, plus(at, place));
      if (found === undefined) return bytesOf(`an address in ${memory.name}`, place, 1);
      // What was never written may be anything.
      return found.bits;
    },
  };
}

/** What can be asked of any format: a header says how long its payload is, DONE comes last, and where it exists, it comes. */
function safeStream(end: PathState, { header }: Theorem): readonly (readonly [string, Truth])[] {
  const claims: [string, Truth][] = [];
  const { commands } = revisionProfile(header.revision);
  for (const [index, sent] of end.sent.entries()) {
    const length = fieldOf(sent, header, "payload_len");
    const agrees = equals(plus(length, bits64(header.size)), sent.size);
    claims.push([`command ${index} is as long as its header says`, agrees]);
    if (commands.DONE === undefined) continue;
    const isDone = equals(fieldOf(sent, header, "cmd"), bits64(commands.DONE));
    const isLast = index === end.sent.length - 1;
    if (!isLast) claims.push([`command ${index} is not DONE, as more come`, not(isDone)]);
    else if (sent.accepted) claims.push(["DONE comes last", isDone]);
  }
  return claims;
}

function fieldOf(sent: Sent, header: HeaderLayout, name: string): Bits {
  const place = header.places.get(name);
  if (place === undefined) return bits64(0);
  const { byte } = handedOver(sent);
  const parts = Array.from({ length: place.size }, (_, i) => byte(bits64(place.offset + i)));
  return zeroExtend(concat(parts), 64);
}
