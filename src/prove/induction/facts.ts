import type { ExecutionContext } from "#prove/machine/context.ts";
import type { PathState } from "#prove/machine/state.ts";
import type { Value } from "#prove/machine/value.ts";
import { bits64, bytesOf, extractBits, minus, plus, zeroExtend } from "#prove/terms/bits.ts";
import { IMAGE, IMAGE_SIZE, initialName } from "#prove/terms/names.ts";
import { leavesOf } from "#prove/terms/operands.ts";
import { Replacement } from "#prove/terms/replace.ts";
import { type Bits, constant, FALSE, TRUE, type Truth, variable } from "#prove/terms/term.ts";
import { all, any, compare, equals, follows, mostOf } from "#prove/terms/truth.ts";
import { type KeptPlace, placeName, valueAt } from "./places.ts";
import { anyTurn, type LoopHead, turnsBefore, turnVariable } from "./shape.ts";

/** So many are tried at most: each is looked at after every turn. */
const MOST_FACTS = 200;

/** More turns of a loop of jumps than a kernel lets a program make. */
export const MOST_TURNS = (1n << 31n) - 1n;

/** A value that may be anything when a turn begins. */
type Open = { readonly place: KeptPlace; readonly term: Bits; readonly leaves: readonly Bits[] };

const known = new WeakMap<LoopHead, readonly Open[]>();

/** Found once for each head: facts are said of many states. */
function opensOf(head: LoopHead): readonly Open[] {
  const before = known.get(head);
  if (before !== undefined) return before;
  const start = anyTurn(head);
  const opens = [...head.shape.places.values()].flatMap(({ place, change }) => {
    const term = change.kind === "anything" ? bitsAt(start, place) : undefined;
    return term === undefined ? [] : [{ place, term, leaves: leavesOf([term]) }];
  });
  known.set(head, opens);
  return opens;
}

/** The number that is kept there, or the offset of the address. */
function bitsAt(state: PathState, place: KeptPlace): Bits | undefined {
  const value: Value = valueAt(state, place);
  if (value.kind === "unreadable") return undefined;
  return value.kind === "number" ? value.bits : value.offset;
}

/** A fact of the beginning of any turn, said of the state in which the loop was come to. */
export function saidOfFirst(head: LoopHead, fact: Truth): Truth {
  return said(head, head.first, bits64(0), fact);
}

/** The same, said of the end of a turn, at which the next one begins. */
export function saidOfEnd(head: LoopHead, end: PathState, fact: Truth): Truth {
  return said(head, end, plus(turnsBefore(head), bits64(1)), fact);
}

function said(head: LoopHead, state: PathState, turns: Bits, fact: Truth): Truth {
  const leaves = new Set(leavesOf([fact]));
  const parts: (readonly [Bits, Bits])[] = [[turnVariable(head), extractBits(turns, 0, head.width)]];
  for (const { place, term, leaves: own } of opensOf(head)) {
    if (!own.some((leaf) => leaves.has(leaf))) continue;
    const value = bitsAt(state, place);
    if (value === undefined) return FALSE;
    parts.push(...leafByLeaf(term, value));
  }
  return new Replacement(parts).truth(fact);
}

/** A variable is its value; bytes side by side are the value's bytes. */
function leafByLeaf(term: Bits, value: Bits): readonly (readonly [Bits, Bits])[] {
  if (term.kind !== "concat") return [[term, value]];
  return term.parts.map((part, index) => [part, extractBits(value, 8 * index, 8)]);
}

/**
 * What may be true whenever a turn begins: bounds of numbers, and what turns have asked of values that they keep. Whether it is true, is to
 * be shown.
 */
export function likelyFacts(head: LoopHead, ends: readonly PathState[]): readonly Truth[] {
  const relations = ends.flatMap((end) => relationsIn(head, end));
  return [...new Set([...boundsIn(head, ends), ...relations])].slice(0, MOST_FACTS);
}

function boundsIn(head: LoopHead, ends: readonly PathState[]): readonly Truth[] {
  const turns = turnsBefore(head);
  const next = plus(turns, bits64(1));
  const bounds = [
    boundOf(
      turns,
      ends.map((end) => mostOf(next, end.conditions)),
    ),
  ];
  for (const { place, term } of opensOf(head)) {
    const first = bitsAt(head.first, place);
    if (first === undefined) continue;
    const mosts = ends.flatMap((end) => {
      const value = bitsAt(end, place);
      return value === undefined || value === term ? [] : [mostOf(value, end.conditions)];
    });
    bounds.push(boundOf(term, [mostOf(first, head.first.conditions), ...mosts]));
  }
  return bounds.filter((bound) => bound !== TRUE);
}

function boundOf(term: Bits, mosts: readonly bigint[]): Truth {
  const most = mosts.reduce((a, b) => (a > b ? a : b), 0n);
  return most >> BigInt(term.width) > 0n ? TRUE : compare("ule", term, constantOf(term, most));
}

function constantOf({ width }: Bits, value: bigint): Bits {
  return extractBits(bits64(value), 0, width);
}

/** What a turn has asked of the values that it leaves, each said of the state that the next begins with, or else they are as they were first. */
function relationsIn(head: LoopHead, end: PathState): readonly Truth[] {
  const turns = turnVariable(head);
  const opens = opensOf(head);
  const later = opens.map((open) => ({ ...open, later: laterOf(open) }));
  const parts: (readonly [Bits, Bits])[] = [[turns, minus(turns, constant(head.width, 1n))]];
  for (const { place, later: term } of later) {
    const value = bitsAt(end, place);
    if (value !== undefined) parts.push(...asLater(value, term));
  }
  const toLater = new Replacement(parts);
  const fromLater = new Replacement(later.flatMap((one) => leafByLeaf(one.later, one.term)));
  const old = new Set(opens.flatMap(({ leaves }) => leaves));
  const before = new Set(leavesOf(head.first.conditions));
  return end.conditions.flatMap((condition) => {
    const renamed = toLater.truth(condition);
    const leaves = leavesOf([renamed]);
    const spoken = later.filter((one) => leavesOf([one.later]).some((leaf) => leaves.includes(leaf)));
    const counts = leaves.includes(turns);
    if (spoken.length === 0 && !counts) return [];
    const mine = new Set(spoken.flatMap((one) => leavesOf([one.later])));
    const isSettled = (leaf: Bits) =>
      !old.has(leaf) && (mine.has(leaf) || leaf === turns || before.has(leaf) || isGiven(leaf));
    if (!leaves.every(isSettled)) return [];
    return [any(asFirst(head, spoken, counts), fromLater.truth(renamed))];
  });
}

/** The same value by another name. */
function laterOf({ place, term }: Open): Bits {
  if (term.kind !== "concat") return variable(term.width, `${placeName(place)}, later`);
  return bytesOf(`${placeName(place)}, later`, bits64(0), term.width / 8);
}

function asLater(value: Bits, later: Bits): readonly (readonly [Bits, Bits])[] {
  if (value.kind === "constant") return [];
  const whole: (readonly [Bits, Bits])[] = [[value, later]];
  if (value.width < 64) whole.push([zeroExtend(value, 64), zeroExtend(later, 64)]);
  if (value.kind !== "concat" || later.kind !== "concat" || value.parts.length !== later.parts.length)
    return whole;
  const pieces = value.parts.map((part, index) => [part, later.parts[index] ?? part] as const);
  return [...pieces.filter(([part, own]) => part.kind !== "constant" && part.width === own.width), ...whole];
}

/** What an image and a kernel settle, whatever turns do. */
function isGiven(leaf: Bits): boolean {
  if (leaf.kind === "variable") return leaf.name === IMAGE_SIZE;
  return leaf.kind === "byte" && (leaf.memory === IMAGE || leaf.memory.startsWith(initialName("")));
}

function asFirst(head: LoopHead, spoken: readonly Open[], counts: boolean): Truth {
  const values = spoken.map(({ place, term }) => {
    const first = bitsAt(head.first, place);
    return first === undefined ? FALSE : equals(term, first);
  });
  return all(...values, ...(counts ? [equals(turnVariable(head), constant(head.width, 0n))] : []));
}

/** Whether simplification alone shows a fact of the end of a turn. */
export function isShown(executor: ExecutionContext, head: LoopHead, end: PathState, fact: Truth): boolean {
  const claim = saidOfEnd(head, end, fact);
  return follows(claim, end.conditions) || executor.truthIn(end, claim) === TRUE;
}
