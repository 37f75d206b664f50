import * as int64 from "./int64.ts";
import * as Op from "./operation-codes.ts";

/** The arithmetic that programs seldom do: division, sign extension, byte order. `d OP= s`. */
export function calculate(operation: number, r: int64.Pairs, d: number, s: number): void {
  const a = r[d] ?? 0;
  const b = r[s] ?? 0;
  switch (operation) {
    case Op.div64:
      int64.divide(r, d, s);
      return;
    case Op.sdiv64:
      int64.divideSigned(r, d, s);
      return;
    case Op.mod64:
      int64.modulo(r, d, s);
      return;
    case Op.smod64:
      int64.moduloSigned(r, d, s);
      return;
    case Op.div32:
      low(r, d, b === 0 ? 0 : (a >>> 0) / (b >>> 0));
      return;
    case Op.sdiv32:
      low(r, d, b === 0 ? 0 : a / b);
      return;
    case Op.mod32:
      low(r, d, b === 0 ? a : (a >>> 0) % (b >>> 0));
      return;
    case Op.smod32:
      low(r, d, b === 0 ? a : a % b);
      return;
    case Op.extend8to64:
      int64.set(r, d, (b << 24) >> 24);
      return;
    case Op.extend16to64:
      int64.set(r, d, (b << 16) >> 16);
      return;
    case Op.extend32to64:
      int64.set(r, d, b);
      return;
    case Op.extend8to32:
      low(r, d, (b << 24) >> 24);
      return;
    case Op.extend16to32:
      low(r, d, (b << 16) >> 16);
      return;
    case Op.zero16:
      low(r, d, a & 0xffff);
      return;
    case Op.swap16:
      low(r, d, ((a & 0xff) << 8) | ((a >>> 8) & 0xff));
      return;
    case Op.swap32:
      low(r, d, int64.swapBytes32(a));
      return;
    case Op.swap64:
      int64.swap(r, d);
      return;
    default:
      throw new Error(`operation ${operation} is no arithmetic`);
  }
}

/** A 32-bit result: rounded towards zero, cut to 32 bits, the high half zero. */
function low(r: int64.Pairs, d: number, value: number): void {
  r[d] = Math.trunc(value);
  r[d + 1] = 0;
}
