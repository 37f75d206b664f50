/** The smallest multiple of `alignment` that is not below `value`. Both are whole numbers up to 2^53. */
export function alignUp(value: number, alignment: number): number {
  return Math.ceil(value / alignment) * alignment;
}

/** The smallest power of two that is not below `value` (`value` from 1 to 2^52). */
export function powerOfTwoAtLeast(value: number): number {
  let power = 1;
  while (power < value) power *= 2;
  return power;
}
