import type { LoadedProgram } from "#bpf-vm/program.ts";
import type { Instruction } from "#isa/instruction.ts";
import { bits64 } from "#prove/terms/bits.ts";
import { unknown } from "./problem.ts";
import { number, pointer, type Value } from "./value.ts";

/** What stands in for objects that a program holds the address of, but cannot look into. */
export const MAP_OBJECT = "map ";
export const CODE = "code";

/** The name of a map's one value. */
export function mapValueName(place: number): string {
  return `value of map ${place}`;
}

/** What a 64-bit immediate gives. */
export function immediate(program: LoadedProgram, { index, imm64 }: Instruction): Value {
  const target = program.immediates.get(index);
  switch (target?.kind) {
    case undefined:
      return number(bits64(imm64 ?? 0n));
    case "map":
      return pointer(`${MAP_OBJECT}${target.map}`, bits64(0));
    case "map-value":
      return pointer(mapValueName(target.map), bits64(target.offset));
    case "function":
      return pointer(CODE, bits64(8 * target.slot));
    case "address":
      return number(bits64(target.value));
    case "unmodelled":
      return unknown(`takes the address of ${target.name}, whose content is not known`);
  }
}
