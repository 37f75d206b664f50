import { Kind } from "#formats/btf/kinds.ts";
import type { Definitions } from "./definitions.ts";
import type { Dialect } from "./dialect.ts";
import type { WritingRule } from "./features.ts";
import { stringPlaces } from "./string-order.ts";
import { stringAt, type Tables } from "./tables.ts";
import type { TextSink } from "./text-sink.ts";

const BEGIN = `
/* BPF kfuncs */
#ifndef BPF_NO_KFUNC_PROTOTYPES
`;
const END = "#endif\n\n";

/** The component of a declaration tag that marks the whole declaration. */
const WHOLE = 0xffffffff;

/** Declares the kernel's functions for BPF programs, which have a declaration tag. */
export function writeKfuncs(
  tables: Tables,
  sink: TextSink,
  definitions: Definitions,
  dialect: Dialect,
  used: Set<string>,
): void {
  const { words, starts, kinds, count } = tables;
  const nameOf = (id: number): number => words[starts[id] ?? 0] ?? 0;
  const fastcalls = new Set<number>();
  let kfuncs: number[] = [];
  for (let id = 1; id < count; id++) {
    if (kinds[id] !== Kind.DECL_TAG) continue;
    const start = starts[id] ?? 0;
    const func = words[start + 2] ?? 0;
    if (words[start + 3] !== WHOLE || kinds[func] !== Kind.FUNC) continue;
    const name = stringAt(tables, words[start] ?? 0);
    if (name === "bpf_fastcall") {
      fastcalls.add(func);
      used.add("a kfunc with a fast call" satisfies WritingRule);
    }
    if (name === "bpf_kfunc") kfuncs.push(func);
  }
  if (dialect.kfuncs === "by name") {
    const places = stringPlaces(tables.strings, Uint32Array.from(kfuncs, nameOf));
    const placed = kfuncs.map((func, i) => ({ func, place: places[i] ?? 0 }));
    kfuncs = placed.sort((a, b) => a.place - b.place).map(({ func }) => func);
  }
  sink.text(BEGIN);
  for (const func of kfuncs) {
    const start = starts[func] ?? 0;
    sink.text("extern ");
    if (dialect.fastcalls && fastcalls.has(func)) sink.text("__bpf_fastcall ");
    definitions.declaration(words[start + 2] ?? 0, words[start] ?? 0);
    sink.text(" __weak __ksym;\n");
  }
  sink.text(END);
}
