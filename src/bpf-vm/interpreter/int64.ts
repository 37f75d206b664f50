/*
 * 64-bit arithmetic on pairs of signed 32-bit halves: index i holds the low half, i + 1 the high one.
 * BigInt took five times as long. `d` is the destination and first operand, `s` the second; they may be
 * the same. Division keeps to RFC 9669, section 4.1: by zero gives 0, modulo zero leaves `d`.
 */
export type Pairs = Int32Array;

const HALF = 0x100000000;

export function add(r: Pairs, d: number, s: number): void {
  const before = r[d] ?? 0;
  const low = (before + (r[s] ?? 0)) | 0;
  r[d + 1] = (r[d + 1] ?? 0) + (r[s + 1] ?? 0) + (low >>> 0 < before >>> 0 ? 1 : 0);
  r[d] = low;
}

export function subtract(r: Pairs, d: number, s: number): void {
  const a = r[d] ?? 0;
  const b = r[s] ?? 0;
  r[d + 1] = (r[d + 1] ?? 0) - (r[s + 1] ?? 0) - (a >>> 0 < b >>> 0 ? 1 : 0);
  r[d] = a - b;
}

export function negate(r: Pairs, d: number): void {
  const low = r[d] ?? 0;
  r[d + 1] = -(r[d + 1] ?? 0) - (low === 0 ? 0 : 1);
  r[d] = -low;
}

export function multiply(r: Pairs, d: number, s: number): void {
  const a = r[d] ?? 0;
  const b = r[s] ?? 0;
  const cross = (Math.imul(a, r[s + 1] ?? 0) + Math.imul(r[d + 1] ?? 0, b)) | 0;
  r[d + 1] = highProduct(a, b) + cross;
  r[d] = Math.imul(a, b);
}

/** The high half of the unsigned 64-bit product, by schoolbook multiplication of 16-bit digits. */
function highProduct(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const middle = a1 * b0 + ((a0 * b0) >>> 16);
  const other = a0 * b1 + (middle % 0x10000);
  return (a1 * b1 + Math.floor(middle / 0x10000) + Math.floor(other / 0x10000)) | 0;
}

/** Unsigned. */
export function divide(r: Pairs, d: number, s: number): void {
  const [high, other] = [(r[d + 1] ?? 0) >>> 0, (r[s + 1] ?? 0) >>> 0];
  if (isZero(r, s)) set(r, d, 0);
  else if (high < 0x200000 && other < 0x200000) {
    // Below 2^53 doubles are exact, and so is the remainder, which makes the quotient exact too.
    const a = unsigned(r, d);
    const b = unsigned(r, s);
    set(r, d, (a - (a % b)) / b);
  } else setBig(r, d, big(r, d) / big(r, s));
}

/** Unsigned. */
export function modulo(r: Pairs, d: number, s: number): void {
  if (isZero(r, s)) return;
  const [high, other] = [(r[d + 1] ?? 0) >>> 0, (r[s + 1] ?? 0) >>> 0];
  if (high < 0x200000 && other < 0x200000) set(r, d, unsigned(r, d) % unsigned(r, s));
  else setBig(r, d, big(r, d) % big(r, s));
}

/** Towards zero; the lowest number by -1 gives itself. */
export function divideSigned(r: Pairs, d: number, s: number): void {
  if (isZero(r, s)) set(r, d, 0);
  else if (isInt32(r, d) && isInt32(r, s)) set(r, d, Math.trunc((r[d] ?? 0) / (r[s] ?? 0)));
  else setBig(r, d, BigInt.asIntN(64, big(r, d)) / BigInt.asIntN(64, big(r, s)));
}

/** With the sign of `d`. */
export function moduloSigned(r: Pairs, d: number, s: number): void {
  if (isZero(r, s)) return;
  if (isInt32(r, d) && isInt32(r, s)) set(r, d, (r[d] ?? 0) % (r[s] ?? 0));
  else setBig(r, d, BigInt.asIntN(64, big(r, d)) % BigInt.asIntN(64, big(r, s)));
}

/** The low six bits of `s` count, here and below. */
export function shiftLeft(r: Pairs, d: number, s: number): void {
  const count = (r[s] ?? 0) & 63;
  const low = r[d] ?? 0;
  if (count === 0) return;
  if (count < 32) {
    r[d + 1] = ((r[d + 1] ?? 0) << count) | (low >>> (32 - count));
    r[d] = low << count;
  } else {
    r[d + 1] = low << (count - 32);
    r[d] = 0;
  }
}

export function shiftRight(r: Pairs, d: number, s: number): void {
  const count = (r[s] ?? 0) & 63;
  const high = r[d + 1] ?? 0;
  if (count === 0) return;
  if (count < 32) {
    r[d] = ((r[d] ?? 0) >>> count) | (high << (32 - count));
    r[d + 1] = high >>> count;
  } else {
    r[d] = high >>> (count - 32);
    r[d + 1] = 0;
  }
}

export function shiftRightSigned(r: Pairs, d: number, s: number): void {
  const count = (r[s] ?? 0) & 63;
  const high = r[d + 1] ?? 0;
  if (count === 0) return;
  if (count < 32) {
    r[d] = ((r[d] ?? 0) >>> count) | (high << (32 - count));
    r[d + 1] = high >> count;
  } else {
    r[d] = high >> (count - 32);
    r[d + 1] = high >> 31;
  }
}

/** Reverses the eight bytes. */
export function swap(r: Pairs, d: number): void {
  const low = r[d] ?? 0;
  r[d] = swapBytes32(r[d + 1] ?? 0);
  r[d + 1] = swapBytes32(low);
}

export function swapBytes32(value: number): number {
  return (value << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24);
}

function isZero(r: Pairs, i: number): boolean {
  return (r[i] ?? 0) === 0 && (r[i + 1] ?? 0) === 0;
}

export function equal(r: Pairs, d: number, s: number): boolean {
  return r[d] === r[s] && r[d + 1] === r[s + 1];
}

/** Unsigned `d < s`. */
export function below(r: Pairs, d: number, s: number): boolean {
  const a = (r[d + 1] ?? 0) >>> 0;
  const b = (r[s + 1] ?? 0) >>> 0;
  return a < b || (a === b && (r[d] ?? 0) >>> 0 < (r[s] ?? 0) >>> 0);
}

/** Signed `d < s`. */
export function less(r: Pairs, d: number, s: number): boolean {
  const a = r[d + 1] ?? 0;
  const b = r[s + 1] ?? 0;
  return a < b || (a === b && (r[d] ?? 0) >>> 0 < (r[s] ?? 0) >>> 0);
}

/** A whole number within ±2^53, two's complement. */
export function set(r: Pairs, i: number, value: number): void {
  r[i] = value;
  r[i + 1] = Math.floor(value / HALF);
}

/** Unsigned; rounded where it is above 2^53. */
export function unsigned(r: Pairs, i: number): number {
  return ((r[i + 1] ?? 0) >>> 0) * HALF + ((r[i] ?? 0) >>> 0);
}

/** Unsigned. */
export function big(r: Pairs, i: number): bigint {
  return (BigInt((r[i + 1] ?? 0) >>> 0) << 32n) | BigInt((r[i] ?? 0) >>> 0);
}

/** The low 64 bits of `value`. */
function setBig(r: Pairs, i: number, value: bigint): void {
  r[i] = Number(BigInt.asIntN(32, value));
  r[i + 1] = Number(BigInt.asIntN(32, value >> 32n));
}

function isInt32(r: Pairs, i: number): boolean {
  return r[i + 1] === (r[i] ?? 0) >> 31;
}
