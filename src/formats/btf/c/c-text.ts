import type { Btf } from "#formats/btf/btf.ts";
import { declaredKind, resolve, stripQualifiers } from "#formats/btf/resolve.ts";
import type { BtfType } from "#formats/btf/types.ts";

/** The words for what a C declaration begins with: everything but pointers, arrays and prototypes. */
export type Specifier = (id: number) => string;

/**
 * The C declaration of `name` (which may be "") as a thing of type `id`. `specifier` gives the text
 * for structs, enums, typedefs and base types.
 */
export function declaration(btf: Btf, id: number, name: string, specifier: Specifier): string {
  return declare({ btf, specifier, parametersLeft: Number.POSITIVE_INFINITY }, id, name, []);
}

type Context = { readonly btf: Btf; readonly specifier: Specifier; parametersLeft: number };

/**
 * C writes a type inside out: from the name outwards, pointers to the left, arrays and parameters
 * to the right. `inner` is what is written so far; `qualifiers` wait for the pointer or the
 * specifier that they belong to.
 */
function declare(context: Context, id: number, inner: string, qualifiers: readonly string[]): string {
  const { btf } = context;
  const kind = btf.kind(id);
  switch (kind) {
    case "const":
    case "volatile":
    case "restrict":
      return declare(context, btf.word(id, 8), inner, [...qualifiers, kind]);
    case "type_tag":
      return declare(context, btf.word(id, 8), inner, [...qualifiers, ...tagText(btf.type(id))]);
    case "ptr":
      return declare(context, btf.word(id, 8), pointer(btf, id, inner, qualifiers), []);
    case "array":
      // C has no qualified arrays: the qualifier is the element's.
      return declare(context, btf.word(id, 12), `${inner}[${btf.word(id, 20)}]`, qualifiers);
    case "func_proto":
      return declare(context, btf.word(id, 8), `${inner}(${parameters(context, id)})`, []);
    default:
      return leaf(context, id, inner, qualifiers);
  }
}

function pointer(btf: Btf, id: number, inner: string, qualifiers: readonly string[]): string {
  const words = unique(qualifiers).join(" ");
  const text = `*${words}${words !== "" && inner !== "" ? " " : ""}${inner}`;
  const target = btf.kind(stripQualifiers(btf, btf.word(id, 8)));
  return target === "array" || target === "func_proto" ? `(${text})` : text;
}

function leaf(context: Context, id: number, inner: string, qualifiers: readonly string[]): string {
  // `restrict` is for pointers, which a typedef may hide.
  const isPointer = context.btf.kind(resolve(context.btf, id)) === "ptr";
  const kept = unique(qualifiers).filter((word) => isPointer || word !== "restrict");
  const before = kept.filter((word) => !word.startsWith("__attribute__"));
  const after = kept.filter((word) => word.startsWith("__attribute__"));
  const text = [...before, context.specifier(id), ...after].join(" ");
  return inner === "" || inner.startsWith("[") ? `${text}${inner}` : `${text} ${inner}`;
}

function parameters(context: Context, id: number): string {
  const proto = context.btf.type(id);
  if (proto.kind !== "func_proto") return "";
  const list: string[] = [];
  for (const { name, type } of proto.parameters) {
    if (context.parametersLeft-- <= 0) return [...list, "..."].join(", ");
    list.push(declare(context, type, name, []));
  }
  if (proto.variadic) list.push("...");
  return list.length === 0 ? "void" : list.join(", ");
}

/** Tags with kind_flag are attributes of other names, which mean nothing to a BPF program. */
function tagText(tag: BtfType): string[] {
  const isPlain = tag.kind === "type_tag" && !tag.attribute && /^[\w .:()-]+$/.test(tag.name);
  return isPlain ? [`__attribute__((btf_type_tag("${tag.name}")))`] : [];
}

function unique(words: readonly string[]): string[] {
  return [...new Set(words)];
}

/** Past this many parameters a description has `...`: a hostile prototype can take ever more prototypes. */
const MAX_PARAMETERS = 200;

/**
 * The type as C text, for messages: `char *[16]`, `struct kexec_context *`, `enum {...}`. A function
 * or a variable is written with its name: `int bpf_buffer_parser(char *buf, int buf_sz)`.
 */
export function describe(btf: Btf, id: number): string {
  const type = btf.type(id);
  switch (type.kind) {
    case "func":
    case "var":
      return describeAs(btf, type.type, type.name);
    case "datasec":
      return `section ${type.name}`;
    case "decl_tag":
      return `tag ${type.name} of ${describe(btf, type.type)}`;
    default:
      return describeAs(btf, id, "");
  }
}

function describeAs(btf: Btf, id: number, name: string): string {
  const specifier = (leafId: number): string => specifierOf(btf, leafId);
  return declare({ btf, specifier, parametersLeft: MAX_PARAMETERS }, id, name, []);
}

function specifierOf(btf: Btf, id: number): string {
  const kind = btf.kind(id);
  const name = btf.name(id);
  switch (kind) {
    case "void":
      return "void";
    case "struct":
    case "union":
      return `${kind} ${name || "{...}"}`;
    case "enum":
    case "enum64":
      return `enum ${name || "{...}"}`;
    case "fwd":
      return `${declaredKind(btf, id)} ${name}`;
    case "unknown":
      return `type of unknown kind ${btf.kindNumber(id)}`;
    default:
      return name;
  }
}
