import type { Btf } from "#formats/btf/btf.ts";
import { declaredKind } from "#formats/btf/resolve.ts";

/**
 * Gives every type of a header its C name. C has one name space for the tags of structs, unions and enums
 * and another for typedefs and enumerators; BTF may hold several types of one name (drivers
 * have private ones). The first keeps the name, the others get `___2`, `___3` and so on, a suffix that
 * CO-RE leaves out when it looks for the kernel's type (libbpf's `bpf_core_essential_name_len`).
 */
export class CNames {
  readonly #btf: Btf;
  readonly #tags = new Map<string, number>();
  /** clang's own `__builtin_va_list` is a pointer for BPF, whatever the kernel's is. */
  readonly #ordinary = new Map<string, number>([["__builtin_va_list", 1]]);
  readonly #assigned = new Map<number, string>();

  constructor(btf: Btf) {
    this.#btf = btf;
  }

  /** The name of a struct, union, enum, forward declaration or typedef, the same at every call. */
  of(id: number): string {
    const owner = this.#btf.kind(id) === "fwd" ? this.#declared(id) : id;
    const known = this.#assigned.get(owner);
    if (known !== undefined) return known;
    const isTypedef = this.#btf.kind(id) === "typedef";
    const name = next(isTypedef ? this.#ordinary : this.#tags, this.#btf.name(id));
    this.#assigned.set(owner, name);
    return name;
  }

  /** A name for one enumerator, at the one place where it is written. */
  enumerator(name: string): string {
    return next(this.#ordinary, name);
  }

  /** Whether an enumerator or a typedef has this name already. */
  isTaken(name: string): boolean {
    return this.#ordinary.has(name);
  }

  /** A forward declaration is of the type that has its name, where there is one. */
  #declared(id: number): number {
    const name = this.#btf.name(id);
    const kind = declaredKind(this.#btf, id);
    const twins = this.#btf.findAll(name, ["fwd"]);
    return this.#btf.find(name, [kind]) ?? twins.find((twin) => declaredKind(this.#btf, twin) === kind) ?? id;
  }
}

function next(names: Map<string, number>, name: string): string {
  const count = (names.get(name) ?? 0) + 1;
  names.set(name, count);
  return count === 1 ? name : `${name}___${count}`;
}
