import type { Malformed, SizeExceeded } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import type { Btf } from "#formats/btf/btf.ts";
import type { BtfKind } from "#formats/btf/kinds.ts";
import { debugClosure } from "./c-closure.ts";
import { CEmitter } from "./c-emit.ts";
import { EmitError } from "./c-write.ts";

export type CHeader = {
  readonly text: string;
  /** Assertions of C, true where the compiler lays out what the header defines as the BTF does. */
  readonly checks: string;
  /** The roots that the BTF does not define, in the order they were given. */
  readonly missing: readonly string[];
};

export type CHeaderOptions = {
  /**
   * What becomes of structs that are only pointed to. `declared` (the default) keeps the header
   * smallest; the program's BTF then has them in another place than with a full `vmlinux.h`, and
   * lacks what arrays of pointers and prototypes lead to. `defined` defines as many as it takes for
   * clang to write the same types (their ids too, but for clangs that order forward declarations by
   * memory addresses: 19 does, 14 does not).
   */
  readonly pointees?: "declared" | "defined";
};

/** The lines around the declarations, as `bpftool btf dump file X format c` has them. */
const HEAD = `#ifndef __VMLINUX_H__
#define __VMLINUX_H__

#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)
#endif

`;
const TAIL = `#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute pop
#endif

#endif /* __VMLINUX_H__ */
`;

/**
 * A `vmlinux.h` of only what is asked for. Each root is written as C writes it: `struct kexec_context`,
 * `union bpf_attr`, `enum bpf_map_type`, or one word for a typedef (`__u32`) or else an enumerator
 * (`BPF_RB_NO_WAKEUP`, whose whole enum is written). What roots hold by value is defined
 * too; structs and unions that are only pointed to are declared.
 *
 * Fails with `malformed` where the BTF describes what C cannot say, with `size-exceeded` where the
 * text would pass 16 MiB.
 */
export function emitHeader(
  btf: Btf,
  roots: readonly string[],
  options: CHeaderOptions = {},
): Result<CHeader, Malformed | SizeExceeded> {
  const emitter = new CEmitter(btf);
  const missing: string[] = [];
  try {
    const found = roots.map((root) => ({ root, id: findType(btf, root) }));
    const ids = found.flatMap(({ id }) => (id === undefined ? [] : [id]));
    for (const id of ids) emitter.define(id);
    if (options.pointees === "defined") for (const id of debugClosure(btf, ids)) emitter.define(id);
    const enumerators = found.filter(({ id }) => id === undefined).map(({ root }) => root);
    // After the types: one of these may have brought the enum along.
    for (const name of enumerators) {
      if (!emitEnumerator(btf, emitter, name)) missing.push(name);
    }
  } catch (error) {
    if (error instanceof EmitError) return err(error.failure);
    throw error;
  }
  return ok({ text: HEAD + emitter.text + TAIL, checks: emitter.checks, missing });
}

function findType(btf: Btf, root: string): number | undefined {
  const [word, tag] = root.trim().split(/\s+/);
  const kinds = tag === undefined ? TYPEDEF : KINDS[word ?? ""];
  return kinds && btf.find(tag ?? word ?? "", kinds);
}

const TYPEDEF: readonly BtfKind[] = ["typedef"];
const KINDS: Readonly<Record<string, readonly BtfKind[]>> = {
  struct: ["struct"],
  union: ["union"],
  enum: ["enum", "enum64"],
};

/** False where no enum has such an enumerator. */
function emitEnumerator(btf: Btf, emitter: CEmitter, name: string): boolean {
  if (emitter.hasName(name)) return true;
  const id = findEnumerator(btf, name);
  if (id === undefined) return false;
  // An enum without a name is written where it is used, and a typedef is its likely user.
  const user = btf.name(id) === "" ? typedefOf(btf, id) : id;
  if (user === undefined) emitter.defineEnum(id);
  else emitter.define(user);
  return true;
}

/** The first enum that has an enumerator called `name`. Compares offsets; decodes no other string. */
function findEnumerator(btf: Btf, name: string): number | undefined {
  const wanted = btf.stringOffsets(name);
  if (wanted.size === 0) return undefined;
  for (const id of btf.ids()) {
    const kind = btf.kind(id);
    if (kind !== "enum" && kind !== "enum64") continue;
    const size = kind === "enum" ? 8 : 12;
    const count = btf.vlen(id);
    for (let i = 0; i < count; i++) {
      if (wanted.has(btf.word(id, 12 + size * i))) return id;
    }
  }
  return undefined;
}

function typedefOf(btf: Btf, target: number): number | undefined {
  for (const id of btf.ids()) {
    if (btf.kind(id) === "typedef" && btf.word(id, 8) === target) return id;
  }
  return undefined;
}
