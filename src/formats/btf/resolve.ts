import type { Btf } from "./btf.ts";
import { type BtfKind, infoFlag } from "./kinds.ts";

const TRANSPARENT: ReadonlySet<BtfKind> = new Set(["typedef", "volatile", "const", "restrict", "type_tag"]);

/**
 * The id of the type that remains without typedefs, qualifiers and type tags; 0 is `void`. Ends
 * always: `decodeBtf()` refuses chains that lead back.
 */
export function resolve(btf: Btf, id: number): number {
  let at = id;
  while (TRANSPARENT.has(btf.kind(at))) at = btf.word(at, 8);
  return at;
}

/** Like `resolve()`, but stops at a typedef. */
export function stripQualifiers(btf: Btf, id: number): number {
  let at = id;
  for (let kind = btf.kind(at); TRANSPARENT.has(kind) && kind !== "typedef"; kind = btf.kind(at)) {
    at = btf.word(at, 8);
  }
  return at;
}

/**
 * The size of a type in bytes (a variable's is its type's), or undefined for what has none: `void`,
 * a forward declaration, a function, an array beyond 2^53. `pointerSize` is the target's, which
 * BTF does not say.
 */
export function sizeOf(btf: Btf, id: number, pointerSize = 8): number | undefined {
  const size = measure(btf, id, pointerSize);
  return size !== undefined && size <= Number.MAX_SAFE_INTEGER ? size : undefined;
}

function measure(btf: Btf, id: number, pointerSize: number): number | undefined {
  let factor = 1;
  let at = id;
  for (;;) {
    at = resolve(btf, at);
    switch (btf.kind(at)) {
      case "array":
        factor *= btf.word(at, 20);
        at = btf.word(at, 12);
        break;
      case "var":
        at = btf.word(at, 8);
        break;
      case "ptr":
        return factor * pointerSize;
      case "int":
      case "float":
      case "struct":
      case "union":
      case "enum":
      case "enum64":
      case "datasec":
        return factor * btf.word(at, 8);
      default:
        return undefined;
    }
  }
}

/** What the forward declaration `id` declares: kind_flag says union. */
export function declaredKind(btf: Btf, id: number): "struct" | "union" {
  return infoFlag(btf.word(id, 4)) ? "union" : "struct";
}
