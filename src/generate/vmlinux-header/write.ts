import { err, ok, type Result } from "#core/result.ts";
import type { Btf } from "#formats/btf/btf.ts";
import { Kind } from "#formats/btf/kinds.ts";
import { Body } from "./body.ts";
import { Definitions } from "./definitions.ts";
import type { Dialect } from "./dialect.ts";
import { Order } from "./order.ts";
import { sortedTypes } from "./sort.ts";
import { Steps } from "./steps.ts";
import { TextSink } from "./text-sink.ts";
import { Unwritten } from "./unwritten.ts";

/** Bytes. */
const MOST_TEXT = 64 * 1024 * 1024;

export type Written = { readonly text: Uint8Array };

export function writeVmlinuxHeader(btf: Btf, dialect: Dialect): Written | string {
  try {
    return { text: write(btf, dialect) };
  } catch (error) {
    if (error instanceof Unwritten) return error.message;
    throw error;
  }
}

function write(btf: Btf, dialect: Dialect): Uint8Array {
  const sink = new TextSink(btf, MOST_TEXT);
  const definitions = new Definitions(btf, sink, dialect);
  const steps = new Steps(btf.typeCount);
  const order = new Order(btf, usedTypes(btf), steps);
  const body = new Body(btf, sink, definitions, steps);
  sink.text(HEAD);
  if (dialect.kfuncs !== undefined) sink.text(KFUNC_HEAD);
  if (dialect.fastcalls) sink.text(FASTCALL_HEAD);
  const dump = (id: number): void => {
    for (const next of order.upTo(id)) body.define(next);
  };
  if (dialect.sorted) for (const id of sortedTypes(btf)) dump(id);
  else for (let id = 1; id < btf.typeCount; id++) dump(id);
  if (dialect.kfuncs !== undefined) kfuncs(btf, sink, definitions, dialect);
  sink.text(TAIL);
  return sink.bytes();
}

function kfuncs(btf: Btf, sink: TextSink, definitions: Definitions, dialect: Dialect): void {
  const marked = new Set<number>();
  const funcs: number[] = [];
  for (let id = 1; id < btf.typeCount; id++) {
    if (btf.kindNumber(id) !== Kind.DECL_TAG) continue;
    const func = btf.word(id, 8);
    if (btf.word(id, 12) !== 0xffffffff || btf.kindNumber(func) !== Kind.FUNC) continue;
    const name = btf.name(id);
    if (name === "bpf_fastcall") marked.add(func);
    if (name === "bpf_kfunc") funcs.push(func);
  }
  if (dialect.kfuncs === "by function") funcs.sort((a, b) => a - b);
  sink.text(KFUNCS_BEGIN);
  for (const func of funcs) {
    sink.text("extern ");
    if (dialect.fastcalls && marked.has(func)) sink.text("__bpf_fastcall ");
    definitions.declaration(btf.word(func, 8), btf.word(func, 0));
    sink.text(" __weak __ksym;\n");
  }
  sink.text("#endif\n\n");
}

/** By type: 1 where another one uses it. */
function usedTypes(btf: Btf): Uint8Array {
  const used = new Uint8Array(btf.typeCount);
  for (let id = 1; id < btf.typeCount; id++) {
    switch (btf.kindNumber(id)) {
      case Kind.ARRAY:
        used[btf.word(id, 12)] = 1;
        used[btf.word(id, 16)] = 1;
        break;
      case Kind.STRUCT:
      case Kind.UNION:
        for (let left = btf.vlen(id), at = 12; left > 0; left--, at += 12) used[btf.word(id, at + 4)] = 1;
        break;
      case Kind.FUNC_PROTO:
        for (let left = btf.vlen(id), at = 12; left > 0; left--, at += 8) used[btf.word(id, at + 4)] = 1;
        break;
      case Kind.DATASEC:
        for (let left = btf.vlen(id), at = 12; left > 0; left--, at += 12) used[btf.word(id, at)] = 1;
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
        used[btf.word(id, 8)] = 1;
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
const KFUNCS_BEGIN = `
/* BPF kfuncs */
#ifndef BPF_NO_KFUNC_PROTOTYPES
`;
const TAIL = `#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute pop
#endif

#endif /* __VMLINUX_H__ */
`;
