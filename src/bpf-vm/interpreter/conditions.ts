import { below, equal, less, type Pairs } from "./int64.ts";
import * as Op from "./operation-codes.ts";

/** The last conditional jump among the operations. */
export const LAST_TEST = Op.sle32;

/** Whether a conditional jump is taken: `d TEST s`, by the index of their pairs. */
export function holds(test: number, r: Pairs, d: number, s: number): boolean {
  const a = r[d] ?? 0;
  const b = r[s] ?? 0;
  switch (test) {
    case Op.eq64:
      return equal(r, d, s);
    case Op.ne64:
      return !equal(r, d, s);
    case Op.gt64:
      return below(r, s, d);
    case Op.ge64:
      return !below(r, d, s);
    case Op.lt64:
      return below(r, d, s);
    case Op.le64:
      return !below(r, s, d);
    case Op.set64:
      return (a & b) !== 0 || ((r[d + 1] ?? 0) & (r[s + 1] ?? 0)) !== 0;
    case Op.sgt64:
      return less(r, s, d);
    case Op.sge64:
      return !less(r, d, s);
    case Op.slt64:
      return less(r, d, s);
    case Op.sle64:
      return !less(r, s, d);
    case Op.eq32:
      return a === b;
    case Op.ne32:
      return a !== b;
    case Op.gt32:
      return a >>> 0 > b >>> 0;
    case Op.ge32:
      return a >>> 0 >= b >>> 0;
    case Op.lt32:
      return a >>> 0 < b >>> 0;
    case Op.le32:
      return a >>> 0 <= b >>> 0;
    case Op.set32:
      return (a & b) !== 0;
    case Op.sgt32:
      return a > b;
    case Op.sge32:
      return a >= b;
    case Op.slt32:
      return a < b;
    case Op.sle32:
      return a <= b;
    default:
      throw new Error(`operation ${test} is no test`);
  }
}
