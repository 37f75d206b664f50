/** What the decoders take for given in Node: put before every other module of the page. */
import { Buffer } from "buffer";

/** As Node's, whose operands may be any bytes; the package copies them first. */
function compare(a: Uint8Array, b: Uint8Array): -1 | 0 | 1 {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const [one = 0, other = 0] = [a[at], b[at]];
    if (one !== other) return one < other ? -1 : 1;
  }
  return a.length === b.length ? 0 : a.length < b.length ? -1 : 1;
}

Buffer.compare = compare;
Buffer.prototype.equals = function equals(this: Uint8Array, other: Uint8Array) {
  return compare(this, other) === 0;
};

export { Buffer };

/** No handlers of signals stand aside in a page. */
export const process = {
  listeners: () => [],
  on: () => process,
  off: () => process,
};
