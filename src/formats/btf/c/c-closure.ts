import type { Btf } from "#formats/btf/btf.ts";
import { resolve } from "#formats/btf/resolve.ts";

/**
 * The structs and unions whose definitions clang's choice of BTF depends on, in a program that uses the
 * types `roots`; in the order of their finding. A pointer in a struct becomes a forward declaration
 * at the end of the BTF if what it points to is defined, and in the middle if that is not; a
 * pointer in an array or a prototype brings all that it points to along.
 *
 * Source: LLVM's `lib/Target/BPF/BTFDebug.cpp`, `visitDerivedType` and its CheckPointer, SeenPointer.
 */
export function debugClosure(btf: Btf, roots: readonly number[]): number[] {
  const found = new Set<number>();
  const visited = new Set<number>();
  const waiting = [...roots];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (visited.has(id)) continue;
    visited.add(id);
    const type = btf.type(id);
    switch (type.kind) {
      case "struct":
      case "union":
        found.add(id);
        for (const member of type.members) {
          const end = pointee(btf, member.type);
          if (end.isPointer && isNamed(btf, end.id)) found.add(end.id);
          else waiting.push(end.id);
        }
        break;
      case "func_proto":
        waiting.push(type.returns);
        for (const parameter of type.parameters) waiting.push(parameter.type);
        break;
      case "ptr":
      case "typedef":
      case "const":
      case "volatile":
      case "restrict":
      case "type_tag":
      case "array":
        waiting.push(type.type);
        break;
    }
  }
  return [...found].filter((id) => btf.name(id) !== "");
}

/**
 * Past a member's qualifiers: what a pointer points to, or the type itself. Behind `const` and the like
 * some versions of LLVM look on and some do not; what is looked at in vain does no harm.
 */
function pointee(btf: Btf, start: number): { readonly id: number; readonly isPointer: boolean } {
  const id = resolve(btf, start);
  return btf.kind(id) === "ptr" ? { id: btf.word(id, 8), isPointer: true } : { id, isPointer: false };
}

function isNamed(btf: Btf, id: number): boolean {
  const kind = btf.kind(id);
  return (kind === "struct" || kind === "union") && btf.name(id) !== "";
}
