import { extractBits, minus } from "./bits.ts";
import { type Bounds, boundsOf } from "./bounds.ts";
import { type Bits, constant, FALSE, literal, raw, type Test, TRUE, type Truth } from "./term.ts";

export function not(of: Truth): Truth {
  if (of.kind === "literal") return literal(!of.value);
  if (of.kind === "not") return of.of;
  // Comparisons have their contraries, so that a condition and its negation are told by their ids.
  if (of.kind === "compare" && of.test === "ult") return compare("ule", of.b, of.a);
  if (of.kind === "compare" && of.test === "ule") return compare("ult", of.b, of.a);
  if (of.kind === "compare" && of.test === "slt") return compare("sle", of.b, of.a);
  if (of.kind === "compare" && of.test === "sle") return compare("slt", of.b, of.a);
  return raw.not(of);
}

export function all(...of: readonly Truth[]): Truth {
  const members = flatten("all", of);
  if (members.includes(FALSE) || members.some((member) => members.includes(not(member)))) return FALSE;
  const kept = members.filter((member) => member !== TRUE);
  return kept.length === 0 ? TRUE : kept.length === 1 ? (kept[0] as Truth) : raw.all(kept);
}

export function any(...of: readonly Truth[]): Truth {
  const members = flatten("any", of);
  if (members.includes(TRUE) || members.some((member) => members.includes(not(member)))) return TRUE;
  const kept = members.filter((member) => member !== FALSE);
  return kept.length === 0 ? FALSE : kept.length === 1 ? (kept[0] as Truth) : raw.any(kept);
}

function flatten(kind: "all" | "any", of: readonly Truth[]): readonly Truth[] {
  const members = of.flatMap((one) => (one.kind === kind ? one.of : [one]));
  return [...new Set(members)].sort((a, b) => a.id - b.id);
}

export function implies(a: Truth, b: Truth): Truth {
  return any(not(a), b);
}

export function either(when: Truth, then: Truth, otherwise: Truth): Truth {
  if (when.kind === "literal") return when.value ? then : otherwise;
  return all(implies(when, then), any(when, otherwise));
}

export function same(a: Truth, b: Truth): Truth {
  return either(a, b, not(b));
}

export function equals(a: Bits, b: Bits): Truth {
  return compare("eq", a, b);
}

export function compare(test: Test, a: Bits, b: Bits): Truth {
  if (a === b) return literal(test === "eq" || test === "ule" || test === "sle");
  if (a.kind === "constant" && b.kind === "constant") return literal(holds(test, a, b));
  if (test === "eq") return equality(a, b);
  // One form for each bound by a constant.
  if (test === "ult" && b.kind === "constant") {
    return b.value === 0n ? FALSE : compare("ule", a, constant(b.width, b.value - 1n));
  }
  if (test === "ult" && a.kind === "constant") {
    const next = BigInt.asUintN(a.width, a.value + 1n);
    return next === 0n ? FALSE : compare("ule", constant(a.width, next), b);
  }
  const left = boundsOf(a);
  const right = boundsOf(b);
  if (test === "slt" || test === "sle") {
    const half = 1n << BigInt(a.width - 1);
    // Among numbers of one sign, both orders are one.
    const [low, high] = [(x: Bounds) => x.most < half, (x: Bounds) => x.least >= half];
    if (low(left) && high(right)) return FALSE;
    if (high(left) && low(right)) return TRUE;
    if ((low(left) && low(right)) || (high(left) && high(right))) {
      return compare(test === "slt" ? "ult" : "ule", a, b);
    }
    return raw.compare(test, a, b);
  }
  if (test === "ult") {
    if (left.most < right.least) return TRUE;
    if (left.least >= right.most) return FALSE;
  } else {
    if (left.most <= right.least) return TRUE;
    if (left.least > right.most) return FALSE;
  }
  return raw.compare(test, a, b);
}

function holds(test: Test, a: Bits & { kind: "constant" }, b: Bits & { kind: "constant" }): boolean {
  const signed = (term: typeof a) => BigInt.asIntN(term.width, term.value);
  if (test === "eq") return a.value === b.value;
  if (test === "ult") return a.value < b.value;
  if (test === "ule") return a.value <= b.value;
  return test === "slt" ? signed(a) < signed(b) : signed(a) <= signed(b);
}

function equality(a: Bits, b: Bits): Truth {
  const [left, right] = a.kind === "constant" ? [b, a] : [a, b];
  const one = boundsOf(left);
  const other = boundsOf(right);
  if (one.most < other.least || other.most < one.least) return FALSE;
  if (left.kind === "concat" && (right.kind === "concat" || right.kind === "constant")) {
    return piecewise(left.parts, right);
  }
  if (right.kind === "concat" && left.kind !== "concat") return piecewise(right.parts, left);
  const split = splitChoice(left, right) ?? splitChoice(right, left);
  if (split !== undefined) return split;
  const difference = minus(left, right);
  if (difference.kind === "constant") return literal(difference.value === 0n);
  return left.id < right.id || right.kind === "constant"
    ? raw.compare("eq", left, right)
    : raw.compare("eq", right, left);
}

/** Choices are taken apart where that leaves something simpler: what is the same on both sides, or constant. */
function splitChoice(one: Bits, other: Bits): Truth | undefined {
  if (one.kind !== "choice") return undefined;
  const { when, then, otherwise } = one;
  if (other.kind === "choice" && other.when === when) {
    return either(when, compare("eq", then, other.then), compare("eq", otherwise, other.otherwise));
  }
  const simpler = [then, otherwise].some(
    (branch) => branch === other || (branch.kind === "constant" && other.kind === "constant"),
  );
  if (!simpler) return undefined;
  return either(when, compare("eq", then, other), compare("eq", otherwise, other));
}

/** Bytes side by side that are compared with a constant are compared one by one: a magic number's four letters. */
function piecewise(parts: readonly Bits[], whole: Bits): Truth {
  let at = 0;
  const pieces = parts.map((part) => {
    const other = extractBits(whole, at, part.width);
    at += part.width;
    return { part, other };
  });
  if (
    whole.kind !== "constant" &&
    pieces.some(({ other }) => other.kind === "extract" && other.of === whole)
  ) {
    const term = rawWhole(parts, whole);
    return term;
  }
  return all(...pieces.map(({ part, other }) => compare("eq", part, other)));
}

function rawWhole(parts: readonly Bits[], whole: Bits): Truth {
  const joined = raw.concat(whole.width, parts);
  return joined.id < whole.id ? raw.compare("eq", joined, whole) : raw.compare("eq", whole, joined);
}

/** Whether one of the conditions says so, or says more. Where it is not that plain, a solver has to be asked. */
export function follows(claim: Truth, conditions: readonly Truth[]): boolean {
  if (claim === TRUE || conditions.includes(claim)) return true;
  if (claim.kind === "all") return claim.of.every((one) => follows(one, conditions));
  if (claim.kind === "any") return claim.of.some((one) => follows(one, conditions));
  if (claim.kind === "not") return claim.of.kind === "compare" && differs(claim.of, conditions);
  if (claim.kind !== "compare") return false;
  if (claim.test === "ult") return isLess(claim.a, claim.b, conditions);
  if (claim.test !== "ule") return false;
  if (claim.a.kind === "constant") return leastOf(claim.b, conditions) >= claim.a.value;
  if (claim.b.kind !== "constant") return false;
  const most = mostOf(claim.a, conditions);
  return most <= claim.b.value;
}

/** The most that a number can be, by its shape or by a condition that bounds it, by a number or another term. Unsigned. */
export function mostOf(bits: Bits, conditions: readonly Truth[]): bigint {
  let { most } = boundsOf(bits);
  if (bits.kind === "sum") {
    const total = mostOfSum(bits, conditions);
    if (total < most) most = total;
  }
  for (const one of conditions) {
    if (one.kind !== "compare" || one.a !== bits || (one.test !== "ule" && one.test !== "ult")) continue;
    const others = one.b.kind === "constant" ? [] : conditions.filter((other) => other !== one);
    const bound = mostOf(one.b, others) - (one.test === "ult" ? 1n : 0n);
    if (bound >= 0n && bound < most) most = bound;
  }
  return most;
}

/** Of a sum that does not wrap; where it may, anything. */
function mostOfSum(
  { width, constant: start, addends }: Bits & { kind: "sum" },
  conditions: readonly Truth[],
): bigint {
  const all = (1n << BigInt(width)) - 1n;
  let most = start;
  for (const { factor, term } of addends) {
    if (factor < 0n) return all;
    most += factor * mostOf(term, conditions);
  }
  return most > all ? all : most;
}

/** The least that a number can be, by a condition that says just this. */
function leastOf(bits: Bits, conditions: readonly Truth[]): bigint {
  let { least } = boundsOf(bits);
  for (const one of conditions) {
    if (one.kind === "not" && least === 0n && isZero(one.of, bits)) least = 1n;
    if (one.kind !== "compare" || one.test !== "ule" || one.b !== bits || one.a.kind !== "constant") continue;
    if (one.a.value > least) least = one.a.value;
  }
  if (bits.kind === "sum" && least === boundsOf(bits).least) {
    const whole = (1n << BigInt(bits.width)) - 1n;
    if (mostOfSum(bits, conditions) < whole && bits.addends.every(({ factor }) => factor > 0n))
      return bits.constant;
  }
  return least;
}

function isZero(one: Truth, bits: Bits): boolean {
  return (
    one.kind === "compare" &&
    one.test === "eq" &&
    one.a === bits &&
    one.b.kind === "constant" &&
    one.b.value === 0n
  );
}

/** x - k is below x, where x is at least k and k is not 0. */
function isLess(a: Bits, b: Bits, conditions: readonly Truth[]): boolean {
  const distance = minus(b, a);
  return distance.kind === "constant" && distance.value !== 0n && leastOf(b, conditions) >= distance.value;
}

/** Whether two sides of an equality are surely not the same: their ranges have nothing in common. */
function differs({ test, a, b }: Truth & { kind: "compare" }, conditions: readonly Truth[]): boolean {
  if (test !== "eq") return false;
  return mostOf(a, conditions) < leastOf(b, conditions) || mostOf(b, conditions) < leastOf(a, conditions);
}
