import type { LoadedProgram } from "#bpf-vm/program.ts";
import { findMember } from "#formats/btf/members.ts";
import { sizeOf } from "#formats/btf/resolve.ts";
import type { PathState } from "#prove/machine/state.ts";

/** What parsers of the templates search with. */
const STRUCT = "scratch";

/** Where a cell of the search is: bytes in a memory. */
export type Cell = { readonly offset: number; readonly size: number };

/** Finds members of `struct scratch` in the record that a state holds, by the program's own BTF. */
export type Scratch = {
  /** The record's name among the state's memories. */
  readonly memory: string;
  /** Undefined for a path that the struct does not have. */
  readonly cell: (path: string) => Cell | undefined;
};

/** Undefined where the program has no such struct, or holds no record of its size. */
export function findScratch({ types }: LoadedProgram, state: PathState): Scratch | undefined {
  const id = types?.find(STRUCT, ["struct"]);
  if (types === undefined || id === undefined) return undefined;
  const size = sizeOf(types, id);
  const memory = [...state.held.keys()].find((name) => state.memories.get(name)?.size === size);
  if (memory === undefined) return undefined;
  const cell = (path: string): Cell | undefined => {
    let offset = 0;
    let within = id;
    let found: ReturnType<typeof findMember>;
    for (const name of path.split(".")) {
      found = findMember(types, within, name);
      if (found === undefined) return undefined;
      offset += found.offset;
      within = found.type;
    }
    return found?.size === undefined ? undefined : { offset, size: found.size };
  };
  return { memory, cell };
}
