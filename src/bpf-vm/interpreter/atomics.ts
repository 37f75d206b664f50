import type { Memory } from "#bpf-vm/memory/memory.ts";
import * as int64 from "./int64.ts";
import { REGISTERS } from "./lower.ts";
import type { Update } from "./operations.ts";

/** Pairs for the memory's old value and for the new one, behind R10's in a file of their own. */
const scratch = new Int32Array(4);

/**
 * Carries out an atomic operation on the bytes that `memory.toUpdate` has found. `source` is the index
 * of the source register's pair. There is one thread, so being atomic costs nothing.
 */
export function applyUpdate(does: Update, memory: Memory, registers: Int32Array, source: number): void {
  if (source >= 2 * REGISTERS) throw new Error("the source of an atomic operation is a constant");
  const { view } = memory.region;
  const { offset } = memory;
  const wide = does.bytes === 8;
  scratch[0] = view.getInt32(offset, true);
  scratch[1] = wide ? view.getInt32(offset + 4, true) : 0;
  scratch[2] = registers[source] ?? 0;
  scratch[3] = wide ? (registers[source + 1] ?? 0) : 0;
  const write = (i: number) => {
    view.setInt32(offset, scratch[i] ?? 0, true);
    if (wide) view.setInt32(offset + 4, scratch[i + 1] ?? 0, true);
  };
  const fetchTo = (register: number) => {
    registers[register] = scratch[0] ?? 0;
    registers[register + 1] = scratch[1] ?? 0;
  };
  switch (does.kind) {
    case "exchange":
      write(2);
      fetchTo(source);
      return;
    case "compare-exchange": {
      const same = registers[0] === scratch[0] && (!wide || registers[1] === scratch[1]);
      if (same) write(2);
      fetchTo(0);
      return;
    }
    case "atomic":
      combine(does.op);
      write(2);
      if (does.fetch) fetchTo(source);
  }
}

/** New value = old OP operand, in the operand's place. */
function combine(op: Extract<Update, { kind: "atomic" }>["op"]): void {
  const [low = 0, high = 0] = scratch;
  switch (op) {
    case "add":
      int64.add(scratch, 2, 0);
      break;
    case "or":
      scratch[2] = (scratch[2] ?? 0) | low;
      scratch[3] = (scratch[3] ?? 0) | high;
      break;
    case "and":
      scratch[2] = (scratch[2] ?? 0) & low;
      scratch[3] = (scratch[3] ?? 0) & high;
      break;
    case "xor":
      scratch[2] = (scratch[2] ?? 0) ^ low;
      scratch[3] = (scratch[3] ?? 0) ^ high;
      break;
  }
}
