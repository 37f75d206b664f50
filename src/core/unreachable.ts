/**
 * Ends a switch over a union: the compiler refuses the call while a case is missing.
 *
 * @throws always, with the value that no case expected
 */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
