import type { PathState } from "#prove/machine/state.ts";
import { number, pointer, UNREADABLE_VALUE, type Value } from "#prove/machine/value.ts";
import { extractBits, minus, plus, times, zeroExtend } from "#prove/terms/bits.ts";
import { turnName } from "#prove/terms/names.ts";
import { type Bits, constant, variable } from "#prove/terms/term.ts";
import { cellsWritten, type KeptPlace, overlap, placeName, valueAt, withValue } from "./places.ts";
import { both, forgetting, type Ranges, rangesWritten } from "./writes.ts";

/** What turns of a loop do to a value that is kept from one to the next. */
export type TurnChange =
  /** Each turn adds this: nothing, where it stays as it is. */
  | { readonly kind: "adds"; readonly step: bigint }
  | { readonly kind: "anything" }
  /** A number in one turn and an address in another, or nothing that may be read. */
  | { readonly kind: "unreadable" };

/** What turns may change, and how. */
export type Shape = {
  readonly places: ReadonlyMap<string, { readonly place: KeptPlace; readonly change: TurnChange }>;
  readonly ranges: Ranges;
};

const REGISTERS: readonly KeptPlace[] = Array.from({ length: 10 }, (_, index) => ({
  kind: "register",
  index,
}));

/** What is known before a turn was looked at. */
export const NO_SHAPE: Shape = { places: new Map(), ranges: new Map() };

/** A loop at whose head nothing is known but the state in which it was come to, and what its turns may change since. */
export type LoopHead = {
  /** The loop's name, which its variables begin with. */
  readonly loop: string;
  readonly first: PathState;
  readonly shape: Shape;
  /** Bits of the number of a turn: the fewer, the quicker a solver answers. */
  readonly width: number;
};

/** The variable that is the number of turns made before the one that begins. */
export function turnVariable({ loop, width }: Pick<LoopHead, "loop" | "width">): Bits {
  return variable(width, turnName(loop));
}

/** The same, 64 bits wide. */
export function turnsBefore(head: Pick<LoopHead, "loop" | "width">): Bits {
  return zeroExtend(turnVariable(head), 64);
}

/** The state in which any turn begins. */
export function anyTurn(head: LoopHead): PathState {
  const { first, shape, loop } = head;
  let state = forgetting(first, shape.ranges, `in ${loop}`);
  for (const { place, change } of shape.places.values()) {
    if (place.kind === "cell" && change.kind !== "adds") continue;
    state = withValue(state, place, anyValue(head, place, change));
  }
  return state;
}

function anyValue(head: LoopHead, place: KeptPlace, change: TurnChange): Value {
  const first = valueAt(head.first, place);
  if (change.kind === "unreadable" || first.kind === "unreadable") return UNREADABLE_VALUE;
  const own = variable(64, `${head.loop} ${placeName(place)}`);
  const old = first.kind === "number" ? first.bits : first.offset;
  const now = change.kind === "anything" ? own : plus(old, stepsMade(head, change.step, old.width));
  return first.kind === "number" ? number(now) : pointer(first.to, now);
}

function stepsMade(head: LoopHead, step: bigint, width: number): Bits {
  return times(extractBits(turnsBefore(head), 0, width), constant(width, step));
}

/** The shape with what else these turns, all from one start, have changed. */
export function grownShape({ shape, first }: LoopHead, start: PathState, ends: readonly PathState[]): Shape {
  const known = [...shape.places.values()].map(({ place }) => place);
  const written = ends.flatMap((end) => cellsWritten(start, end));
  const places = new Map([...REGISTERS, ...known, ...written].map((place) => [placeName(place), place]));
  const all = [...places.values()];
  const apart = all.filter((place) => !all.some((other) => other !== place && overlap(place, other)));
  return {
    ranges: both(shape.ranges, rangesWritten(start, ends)),
    places: new Map(
      apart.map((place) => {
        const name = placeName(place);
        const before = shape.places.get(name)?.change;
        const isFirst = start === first;
        const seen = ends.map((end) => changeOf(valueAt(start, place), valueAt(end, place)));
        return [name, { place, change: united(isFirst || before === undefined ? seen : [before, ...seen]) }];
      }),
    ),
  };
}

function changeOf(start: Value, end: Value): TurnChange {
  if (start.kind === "unreadable" || end.kind === "unreadable") return { kind: "unreadable" };
  const [from, to] = [addend(start), addend(end)];
  if (start.kind !== end.kind || from.width !== to.width) return { kind: "unreadable" };
  if (start.kind === "pointer" && end.kind === "pointer" && start.to !== end.to)
    return { kind: "unreadable" };
  const step = minus(to, from);
  return step.kind === "constant" ? { kind: "adds", step: step.value } : { kind: "anything" };
}

function addend(value: Exclude<Value, { kind: "unreadable" }>): Bits {
  return value.kind === "number" ? value.bits : value.offset;
}

function united(changes: readonly TurnChange[]): TurnChange {
  const [one] = changes;
  if (one === undefined) return { kind: "adds", step: 0n };
  if (changes.some(({ kind }) => kind === "unreadable")) return { kind: "unreadable" };
  const isSame = changes.every(
    (other) => other.kind === "adds" && one.kind === "adds" && other.step === one.step,
  );
  return isSame ? one : { kind: "anything" };
}

/** The same without counting: what turns add something to may be anything. */
export function uncounted(shape: Shape): Shape {
  return {
    ...shape,
    places: new Map(
      [...shape.places].map(([name, { place, change }]) => {
        const counts = change.kind === "adds" && change.step !== 0n;
        return [name, { place, change: counts ? { kind: "anything" } : change }];
      }),
    ),
  };
}

export function isSameShape(a: Shape, b: Shape): boolean {
  const text = ({ places, ranges }: Shape) =>
    JSON.stringify([[...places], [...ranges]], (_, value) =>
      typeof value === "bigint" ? `${value}` : value,
    );
  return text(a) === text(b);
}
