import { below, equal, less, type Pairs } from "./int64.ts";
import { Op } from "./operations.ts";

/** The last conditional jump among the operations. */
export const LAST_TEST = Op.sle32;

/** Whether a conditional jump is taken: `d TEST s`, by the index of their pairs. */
export function holds(test: number, r: Pairs, d: number, s: number): boolean {
  const a = r[d] ?? 0;
  const b = r[s] ?? 0;
  switch (test) {
    case 32: // eq64
      return equal(r, d, s);
    case 34: // ne64
      return !equal(r, d, s);
    case 36: // gt64
      return below(r, s, d);
    case 38: // ge64
      return !below(r, d, s);
    case 40: // lt64
      return below(r, d, s);
    case 42: // le64
      return !below(r, s, d);
    case 44: // set64
      return (a & b) !== 0 || ((r[d + 1] ?? 0) & (r[s + 1] ?? 0)) !== 0;
    case 46: // sgt64
      return less(r, s, d);
    case 48: // sge64
      return !less(r, d, s);
    case 50: // slt64
      return less(r, d, s);
    case 52: // sle64
      return !less(r, s, d);
    case 33: // eq32
      return a === b;
    case 35: // ne32
      return a !== b;
    case 37: // gt32
      return a >>> 0 > b >>> 0;
    case 39: // ge32
      return a >>> 0 >= b >>> 0;
    case 41: // lt32
      return a >>> 0 < b >>> 0;
    case 43: // le32
      return a >>> 0 <= b >>> 0;
    case 45: // set32
      return (a & b) !== 0;
    case 47: // sgt32
      return a > b;
    case 49: // sge32
      return a >= b;
    case 51: // slt32
      return a < b;
    case 53: // sle32
      return a <= b;
    default:
      throw new Error(`operation ${test} is no test`);
  }
}
