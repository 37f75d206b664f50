import { unreachable } from "#core/unreachable.ts";
import type { Halves } from "./execution.ts";
import type { Coverage } from "./interpreter/coverage.ts";
import type { Machine } from "./machine.ts";
import type { MapInstance } from "./maps/instance.ts";
import { REGION_LOW } from "./memory/memory.ts";
import type { LoadedProgram } from "./program.ts";

/** How far addresses of a kernel's variable, whose size is not known, are taken to name it, in bytes. */
const UNMODELLED_SIZE = 1 << 28;

/** What a program's 64-bit immediates stand for on a machine. */
export type Symbols = {
  /** In the order of the program's symbols. */
  readonly addresses: readonly Halves[];
  /** Maps whose first element has to be the first in memory of each run, in this order: immediates name them. */
  readonly values: readonly MapInstance[];
};

/** Lays out what a program names, on a machine that has just been made, and keeps all that has no content. */
export function layOutSymbols({ lowered, immediates }: LoadedProgram, machine: Machine): Symbols {
  const { memory, maps } = machine;
  const size = 8 * lowered.bySlot.length;
  const code = memory.add({ kind: "code", name: "the program", size, access: "none" });
  const targets = lowered.symbols.map(({ instruction }) => immediates.get(instruction.index));
  const unmodelled = targets.map((target) =>
    target?.kind === "unmodelled"
      ? memory.add({ kind: "unmodelled", name: target.name, size: UNMODELLED_SIZE, access: "none" })
      : undefined,
  );
  memory.keep();
  const values = new Set<MapInstance>();
  const addresses = targets.map((target, i): Halves => {
    switch (target?.kind) {
      case undefined:
        return { high: 0, low: 0 };
      case "address":
        return {
          high: Number(BigInt.asIntN(32, target.value >> 32n)),
          low: Number(BigInt.asIntN(32, target.value)),
        };
      case "unmodelled":
        return { high: unmodelled[i]?.high ?? 0, low: REGION_LOW };
      case "function":
        return { high: code.high, low: REGION_LOW + 8 * target.slot };
      case "map":
        return { high: mapAt(maps, target.map).object.high, low: REGION_LOW };
      case "map-value": {
        const map = mapAt(maps, target.map);
        const element = map.element(0);
        if (element === undefined) throw new Error(`a program that names a value of map ${target.map}`);
        values.add(map);
        return { high: element.high, low: REGION_LOW + target.offset };
      }
      default:
        return unreachable(target);
    }
  });
  return { addresses, values: [...values] };
}

function mapAt(maps: readonly MapInstance[], place: number): MapInstance {
  const map = maps[place];
  if (map === undefined) throw new Error(`a program that names map ${place}, which it has not`);
  return map;
}

/**
 * Where the last printk was said. Compilers make one call of many, so it is the instruction that took the
 * format's address, where there is one.
 */
export function lastPrintk(
  { lastPrintk }: Machine,
  { symbols }: LoadedProgram["lowered"],
  addresses: readonly Halves[],
  coverage: Coverage,
): number | undefined {
  if (lastPrintk === undefined) return undefined;
  const { high, low, instruction } = lastPrintk;
  const taker = symbols.find((symbol, i) => {
    const address = addresses[i];
    return address?.high === high && address.low === low && coverage[symbol.instruction.index] !== 0;
  });
  return taker?.instruction.index ?? instruction;
}
