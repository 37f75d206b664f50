import type { Btf } from "#formats/btf/btf.ts";
import { membersOf } from "#formats/btf/members.ts";
import type { Composite } from "#formats/btf/types.ts";

/**
 * What the compiler must agree to for a struct or union of this name to mean what the BTF means: its size, and the
 * place of each member that C can ask for, those of members without a name included. (It cannot ask for bit-fields.)
 */
export function layoutChecks(btf: Btf, type: Composite, tag: string): readonly string[] {
  const checks = [check(`sizeof(${tag})`, type.size)];
  for (const { name, offset, bitSize } of membersOf(btf, type.id)) {
    if (bitSize === 0) checks.push(check(`__builtin_offsetof(${tag}, ${name})`, offset));
  }
  return checks;
}

function check(expression: string, value: number): string {
  return `_Static_assert(${expression} == ${value}, "the kernel's BTF has ${value}");\n`;
}
