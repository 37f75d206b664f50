import type { Malformed, SizeExceeded } from "#core/failure.ts";
import type { Btf } from "#formats/btf/btf.ts";
import { declaredKind } from "#formats/btf/resolve.ts";
import type { Composite, Enum, Enum64 } from "#formats/btf/types.ts";
import { baseTypeName, enumeratorValue, enumMode } from "./c-base.ts";
import { Layouts, paddingFields } from "./c-layout.ts";
import { CNames } from "./c-names.ts";
import { declaration } from "./c-text.ts";

/** Bytes of C after which a header is no longer a header: anonymous types can multiply without end. */
const MAX_TEXT = 16 * 1024 * 1024;

const PADDING_TYPES = { 8: "char", 16: "short", 32: "int", 64: "long" } as const;

/** Carries an expected failure out of nested emission; `emitHeader()` turns it into a Result. */
export class EmitError extends Error {
  readonly failure: Malformed | SizeExceeded;
  constructor(failure: Malformed | SizeExceeded) {
    super(failure.reason);
    this.failure = failure;
  }
}

/** Writes single types as C, by their names in one header. Knows nothing of what must stand before what. */
export class CWriter {
  readonly names: CNames;
  readonly #btf: Btf;
  readonly #layouts: Layouts;
  /** The anonymous types being written, each inside the one before. */
  readonly #open = new Set<number>();
  #textSize = 0;

  constructor(btf: Btf) {
    this.#btf = btf;
    this.#layouts = new Layouts(btf);
    this.names = new CNames(btf);
  }

  /** The declaration of `name` as a thing of type `id`, without the semicolon. */
  declaration(id: number, name: string, indent = 0): string {
    return declaration(this.#btf, id, name, (leaf) => this.#specifier(leaf, indent));
  }

  #specifier(id: number, indent: number): string {
    // Each counts, also where it ends up in a line that is not finished yet.
    this.#spend(32);
    const kind = this.#btf.kind(id);
    if (kind === "typedef") return this.nameOf(id);
    if (kind === "void") return "void";
    const isTag = kind === "struct" || kind === "union" || kind === "enum" || kind === "enum64";
    if (kind === "fwd" || (isTag && this.#btf.name(id) !== "")) return this.tag(id);
    const type = this.#btf.type(id);
    switch (type.kind) {
      case "int":
      case "float":
        return baseTypeName(type);
      case "struct":
      case "union":
        return this.#anonymous(type, indent);
      case "enum":
      case "enum64":
        return this.enumBody(type, indent);
      default:
        return this.fail(id, `a ${type.kind} cannot be written in C`);
    }
  }

  /** `struct`, `union` or `enum` with the name of the type `id`, or of that which it declares. */
  tag(id: number): string {
    const type = this.#btf.kind(id);
    const word = type === "fwd" ? declaredKind(this.#btf, id) : type === "enum64" ? "enum" : type;
    return `${word} ${this.nameOf(id)}`;
  }

  #anonymous(type: Composite, indent: number): string {
    if (this.#open.has(type.id)) this.fail(type.id, "an anonymous type inside itself");
    this.#open.add(type.id);
    const text = this.body(type, indent);
    this.#open.delete(type.id);
    return text;
  }

  /** The definition of a struct or union, without the semicolon. */
  body(type: Composite, indent = 0): string {
    const layout = this.#layouts.of(type);
    if (layout === undefined) {
      this.fail(type.id, `no C declaration gives ${type.kind} ${type.name || "(anonymous)"} this layout`);
    }
    const tab = "\t".repeat(indent + 1);
    let text = `${type.kind} ${type.name === "" ? "" : `${this.nameOf(type.id)} `}{\n`;
    const add = (line: string): void => {
      text += `${tab}${line};\n`;
      this.#spend(line.length);
    };
    for (const item of layout.items) {
      if (item.kind === "padding") {
        for (const { unit, bits } of paddingFields(item.from, item.to))
          add(`${PADDING_TYPES[unit]}: ${bits}`);
      } else {
        const { member, bits } = item;
        const name = member.name === "" ? "" : this.#identifier(type.id, member.name);
        add(`${this.declaration(member.type, name, indent + 1)}${bits > 0 ? `: ${bits}` : ""}`);
      }
    }
    const attributes = [
      ...(layout.packed ? ["packed"] : []),
      ...(layout.aligned === undefined ? [] : [`aligned(${layout.aligned})`]),
    ].map((attribute) => ` __attribute__((${attribute}))`);
    return `${text}${"\t".repeat(indent)}}${attributes.join("")}`;
  }

  /** The definition of an enum, without the semicolon. */
  enumBody(type: Enum | Enum64, indent = 0): string {
    const name = type.name === "" ? "" : `${this.nameOf(type.id)} `;
    if (type.values.length === 0) {
      // C has no empty enum; one enumerator that nobody calls keeps its size.
      return `enum ${name}{ ${this.names.enumerator(`__empty_enum_${type.id}`)} }${enumMode(type)}`;
    }
    const tab = "\t".repeat(indent + 1);
    const lines = type.values.map((value) => {
      const line = `${this.names.enumerator(this.#identifier(type.id, value.name))} = ${enumeratorValue(type, value.value)}`;
      this.#spend(line.length);
      return `${tab}${line},\n`;
    });
    return `enum ${name}{\n${lines.join("")}${"\t".repeat(indent)}}${enumMode(type)}`;
  }

  /** The type's name in this header. */
  nameOf(id: number): string {
    this.#identifier(id, this.#btf.name(id));
    return this.names.of(id);
  }

  /** BTF may hold any bytes as a name; only an identifier may reach a compiler. */
  #identifier(id: number, name: string): string {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
      this.fail(id, `the name ${JSON.stringify(name)} is no C identifier`);
    return name;
  }

  #spend(length: number): void {
    this.#textSize += length;
    if (this.#textSize > MAX_TEXT) {
      throw new EmitError({
        reason: "size-exceeded",
        what: "the C header of the BTF types",
        size: this.#textSize,
        limit: MAX_TEXT,
      });
    }
  }

  fail(id: number, detail: string): never {
    throw new EmitError({
      reason: "malformed",
      format: "BTF",
      section: "type section",
      offset: this.#btf.position(id),
      detail: `type ${id}: ${detail}`,
    });
  }
}
