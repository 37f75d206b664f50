import { err, ok, type Result } from "#core/result.ts";
import type { Btf } from "#formats/btf/btf.ts";
import { Kind } from "#formats/btf/kinds.ts";
import { Body } from "./body.ts";
import { Definitions } from "./definitions.ts";
import type { Dialect } from "./dialect.ts";
import { kindsIn } from "./features.ts";
import { writeKfuncs } from "./kfuncs.ts";
import { Order } from "./order.ts";
import { inOrder } from "./sort.ts";
import { Steps } from "./steps.ts";
import { type Tables, tablesOf } from "./tables.ts";
import { TextSink } from "./text-sink.ts";
import { Unwritten } from "./unwritten.ts";

/** Bytes. */
const MOST_TEXT = 64 * 1024 * 1024;

export type WrittenHeader = {
  readonly text: Uint8Array;
  /** The kinds and the rules that it took. */
  readonly features: ReadonlySet<string>;
};

/** Raised when the writer changes: what comparisons have shown of another one is no longer known. */
export const WRITER_VERSION = 1;

/**
 * All types of a kernel as C: what `bpftool btf dump file X format c` prints, to the byte, as far as bpftool's version was observed. Other parts of
 * the program write headers that compile (`formats/btf/c/`); this one is to be equal.
 *
 * Errors: `unsupported` where the types are such that bpftool has to be asked: without an end, or beyond what a kernel has.
 */
export function writeVmlinuxHeader(btf: Btf, dialect: Dialect): Result<WrittenHeader> {
  try {
    return ok(write(btf, dialect));
  } catch (error) {
    if (!(error instanceof Unwritten)) throw error;
    return err({ reason: "unsupported", what: "a vmlinux.h of these types", detail: error.message });
  }
}

function write(btf: Btf, dialect: Dialect): WrittenHeader {
  const tables = tablesOf(btf);
  const sink = new TextSink(tables.strings, MOST_TEXT);
  const features = kindsIn(tables);
  const definitions = new Definitions(tables, sink, dialect, features);
  const steps = new Steps(tables.count);
  const order = new Order(tables, usedTypes(tables), steps);
  const body = new Body(tables, sink, definitions, steps, features);
  sink.text(HEAD);
  if (dialect.kfuncs !== undefined) sink.text(KFUNC_HEAD);
  if (dialect.fastcalls) sink.text(FASTCALL_HEAD);
  const dump = (id: number): void => {
    for (const next of order.upTo(id)) body.define(next);
  };
  if (dialect.sorted) inOrder(tables, dump, (id) => order.isDone(id));
  else for (let id = 1; id < tables.count; id++) dump(id);
  if (dialect.kfuncs !== undefined) writeKfuncs(tables, sink, definitions, dialect, features);
  sink.text(TAIL);
  return { text: sink.bytes(), features };
}

/** By type: 1 where another one uses it. */
function usedTypes({ words, starts, kinds, strings, count }: Tables): Uint8Array {
  const used = new Uint8Array(count);
  for (let id = 1; id < count; id++) {
    const start = starts[id] ?? 0;
    const kind = kinds[id] ?? 0;
    const name = words[start] ?? 0;
    if (name !== 0 && strings[name] === 0)
      throw new Unwritten("an empty name that is not the empty string's");
    switch (kind) {
      case Kind.ARRAY:
        used[words[start + 3] ?? 0] = 1;
        used[words[start + 4] ?? 0] = 1;
        break;
      case Kind.STRUCT:
      case Kind.UNION:
      case Kind.FUNC_PROTO: {
        const size = kind === Kind.FUNC_PROTO ? 2 : 3;
        for (let left = (words[start + 1] ?? 0) & 0xffffff, at = start + 4; left > 0; left--, at += size) {
          used[words[at] ?? 0] = 1;
        }
        break;
      }
      case Kind.DATASEC:
        for (let left = (words[start + 1] ?? 0) & 0xffffff, at = start + 3; left > 0; left--, at += 3) {
          used[words[at] ?? 0] = 1;
        }
        break;
      case Kind.PTR:
      case Kind.TYPEDEF:
      case Kind.VOLATILE:
      case Kind.CONST:
      case Kind.RESTRICT:
      case Kind.TYPE_TAG:
      case Kind.FUNC:
      case Kind.VAR:
      case Kind.DECL_TAG:
        used[words[start + 2] ?? 0] = 1;
        break;
    }
  }
  return used;
}

const HEAD = `#ifndef __VMLINUX_H__
#define __VMLINUX_H__

#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)
#endif

`;
const KFUNC_HEAD = `#ifndef __ksym
#define __ksym __attribute__((section(".ksyms")))
#endif

#ifndef __weak
#define __weak __attribute__((weak))
#endif

`;
const FASTCALL_HEAD = `#ifndef __bpf_fastcall
#if __has_attribute(bpf_fastcall)
#define __bpf_fastcall __attribute__((bpf_fastcall))
#else
#define __bpf_fastcall
#endif
#endif

`;
const TAIL = `#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute pop
#endif

#endif /* __VMLINUX_H__ */
`;
