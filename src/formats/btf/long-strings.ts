/**
 * The longest name that a type, member or enumerator may have, in bytes. The kernel allows 511
 * (KSYM_NAME_LEN); without a limit, a file of some MB could give each of its types a name of some MB.
 * Strings that are no names (a program's source lines are among them) may be of any length.
 */
export const MAX_NAME = 4096;

/**
 * Whether strings longer than `MAX_NAME` are possible. Looks at a few bytes in each block of that
 * length: where every block has a NUL, no string is twice as long, which is short enough.
 */
export function mayHaveLongStrings(strings: Uint8Array): boolean {
  for (let at = 0; at + MAX_NAME <= strings.length; at += MAX_NAME) {
    if (isLongAt(strings, at)) return true;
  }
  return false;
}

/** Whether the string that begins at a byte goes on for `MAX_NAME` bytes or more. */
export function isLongAt(strings: Uint8Array, start: number): boolean {
  return strings.subarray(start, start + MAX_NAME).indexOf(0) < 0;
}
