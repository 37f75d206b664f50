import type { Btf } from "#formats/btf/btf.ts";
import { infoFlag, Kind } from "#formats/btf/kinds.ts";
import type { Dialect } from "./dialect.ts";
import { Measures, memberBits, memberPlace } from "./measures.ts";
import { Names } from "./names.ts";
import { paddingOf } from "./padding.ts";
import type { TextSink } from "./text-sink.ts";
import { Unwritten } from "./unwritten.ts";

/** Types without a name, prototypes and arrays that may stand inside each other. */
const MAX_NESTING = 200;

/** Writes single definitions and declarations. Knows nothing of what must stand before what. */
export class Definitions {
  readonly #btf: Btf;
  readonly #sink: TextSink;
  readonly #dialect: Dialect;
  readonly #names: Names;
  readonly #measures: Measures;
  #nesting = 0;

  constructor(btf: Btf, sink: TextSink, dialect: Dialect) {
    this.#btf = btf;
    this.#sink = sink;
    this.#dialect = dialect;
    this.#names = new Names(btf);
    this.#measures = new Measures(btf);
  }

  typedef(id: number): void {
    const btf = this.#btf;
    const target = btf.word(id, 8);
    this.#sink.text("typedef ");
    // Old compilers' BTF has void there.
    if (target === 0 && btf.name(id) === "__gnuc_va_list")
      this.#sink.text("__builtin_va_list __gnuc_va_list");
    else this.#declare(target, 0, { named: btf.word(id, 0), turn: this.#names.ofTypedef(id) });
  }

  /** `struct NAME`, by the record of the struct itself or one that declares it. */
  tag(id: number): void {
    const sink = this.#sink;
    sink.text(this.#keyword(id));
    if (this.#btf.word(id, 0) === 0) return;
    sink.text(" ");
    this.#name(this.#btf.word(id, 0), this.#names.ofTag(id));
  }

  #keyword(id: number): string {
    switch (this.#btf.kindNumber(id)) {
      case Kind.UNION:
        return "union";
      case Kind.ENUM:
      case Kind.ENUM64:
        return "enum";
      case Kind.FWD:
        return infoFlag(this.#btf.word(id, 4)) ? "union" : "struct";
      default:
        return "struct";
    }
  }

  #name(offset: number, turn: number): void {
    this.#sink.string(offset);
    if (turn > 1) this.#sink.text(`___${turn}`);
  }

  enumeration(id: number, level: number): void {
    const btf = this.#btf;
    const sink = this.#sink;
    const isWide = btf.kindNumber(id) === Kind.ENUM64;
    const isSigned = infoFlag(btf.word(id, 4));
    const size = btf.word(id, 8);
    this.tag(id);
    const count = btf.vlen(id);
    if (count > 0) {
      sink.text(" {");
      for (let i = 0, at = 12; i < count; i++, at += isWide ? 12 : 8) {
        this.#line(level + 1);
        const name = btf.word(id, at);
        this.#name(name, this.#names.ofEnumerator(name));
        sink.text(" = ");
        sink.text(
          isWide
            ? wideValue(btf, id, at, isSigned)
            : `${isSigned ? btf.word(id, at + 4) | 0 : btf.word(id, at + 4)}`,
        );
        sink.text(",");
      }
      this.#line(level);
      sink.text("}");
    }
    if (!this.#dialect.enumModes) return;
    if (size === 1) sink.text(" __attribute__((mode(byte)))");
    else if (size === 8 && !(isWide && hasWideValue(btf, id, isSigned)))
      sink.text(" __attribute__((mode(word)))");
  }

  record(id: number, level: number): void {
    if (++this.#nesting > MAX_NESTING) throw new Unwritten("types without a name that nest too deep");
    const btf = this.#btf;
    const sink = this.#sink;
    const measures = this.#measures;
    const isStruct = btf.kindNumber(id) === Kind.STRUCT;
    const packed = isStruct && measures.isPacked(id);
    this.tag(id);
    sink.text(" {");
    let end = 0;
    let inBits = false;
    const count = btf.vlen(id);
    for (let i = 0, at = 12; i < count; i++, at += 12) {
      const type = btf.word(id, at + 4);
      const from = memberPlace(btf, id, at + 8);
      const bits = memberBits(btf, id, at + 8);
      if (end < from)
        this.#pad(end, from, packed ? 1 : measures.alignmentOf(type), inBits && bits > 0, level + 1);
      this.#line(level + 1);
      this.#declare(type, level + 1, { named: btf.word(id, at), turn: 1 });
      if (bits > 0) sink.text(`: ${bits}`);
      end = from + (bits > 0 ? bits : 8 * measures.sizeOf(type));
      inBits = bits > 0;
      sink.text(";");
    }
    const size = btf.word(id, 8);
    if (isStruct && end < 8 * size)
      this.#pad(end, 8 * size, packed ? 1 : measures.alignmentOf(id), false, level + 1);
    if (count > 0 || size > 0) this.#line(level);
    sink.text("}");
    if (packed) sink.text(" __attribute__((packed))");
    this.#nesting--;
  }

  #pad(from: number, to: number, alignment: number, inBitField: boolean, level: number): void {
    for (const field of paddingOf({ from, to, alignment, inBitField })) {
      this.#line(level);
      this.#sink.text(field);
      this.#sink.text(";");
    }
  }

  #line(level: number): void {
    this.#sink.text("\n");
    this.#sink.tabs(level);
  }

  /** The declaration of something with a name, which is at a string offset, as a thing of type `id`. */
  declaration(id: number, named: number): void {
    this.#declare(id, 0, { named, turn: 1 });
  }

  /** What `id` is made of is spelled from its end: the type that it comes to first, the name in the middle. */
  #declare(id: number, level: number, name: Name): void {
    const links: number[] = [];
    for (let at = id; ; ) {
      links.push(at);
      const kind = this.#btf.kindNumber(at);
      if (!LINKS.has(kind)) break;
      at = this.#btf.word(at, kind === Kind.ARRAY ? 12 : 8);
    }
    this.#spell(links, level, name);
  }

  #spell(links: number[], level: number, name: Name): void {
    if (++this.#nesting > MAX_NESTING) throw new Unwritten("declarations that nest too deep");
    const sink = this.#sink;
    let afterPointer = true;
    for (let id = links.pop(); id !== undefined; id = links.pop()) {
      const kind = this.#btf.kindNumber(id);
      switch (kind) {
        case Kind.PTR:
          sink.text(afterPointer ? "*" : " *");
          break;
        case Kind.CONST:
        case Kind.VOLATILE:
        case Kind.RESTRICT:
          sink.text(` ${QUALIFIERS[kind]}`);
          break;
        case Kind.TYPE_TAG:
          this.#qualifiers(links);
          this.#typeTag(id);
          break;
        case Kind.ARRAY:
          this.#array(id, links, level, name, afterPointer);
          this.#nesting--;
          return;
        case Kind.FUNC_PROTO:
          this.#prototype(id, links, level, name, afterPointer);
          this.#nesting--;
          return;
        default:
          this.#qualifiers(links);
          this.#leaf(id, level);
      }
      afterPointer = kind === Kind.PTR;
    }
    this.#nesting--;
    this.#nameAfter(name, afterPointer);
  }

  #nameAfter({ named, turn }: Name, afterPointer: boolean): void {
    if (named === 0) return;
    if (!afterPointer) this.#sink.text(" ");
    this.#name(named, turn);
  }

  /** Those of the leaf stand before it. */
  #qualifiers(links: number[]): void {
    for (let id = links.at(-1); id !== undefined; id = links.at(-1)) {
      const word = QUALIFIERS[this.#btf.kindNumber(id)];
      if (word === undefined) return;
      this.#sink.text(`${word} `);
      links.pop();
    }
  }

  #typeTag(id: number): void {
    const sink = this.#sink;
    const isAttribute = this.#dialect.attributes && infoFlag(this.#btf.word(id, 4));
    sink.text(isAttribute ? " __attribute__((" : ' __attribute__((btf_type_tag("');
    sink.string(this.#btf.word(id, 0));
    sink.text(isAttribute ? "))" : '")))');
  }

  #array(id: number, links: number[], level: number, name: Name, afterPointer: boolean): void {
    const sink = this.#sink;
    this.#dropQualifiers(links);
    const next = links.at(-1);
    if (next === undefined) this.#nameAfter(name, afterPointer);
    else {
      if (name.named !== 0 && !afterPointer) sink.text(" ");
      const isArray = this.#btf.kindNumber(next) === Kind.ARRAY;
      if (!isArray) sink.text("(");
      this.#spell(links, level, name);
      if (!isArray) sink.text(")");
    }
    sink.text(`[${this.#btf.word(id, 20)}]`);
  }

  #prototype(id: number, links: number[], level: number, name: Name, afterPointer: boolean): void {
    const btf = this.#btf;
    const sink = this.#sink;
    this.#dropQualifiers(links);
    if (links.length > 0) {
      sink.text(" (");
      this.#spell(links, level, name);
      sink.text(")");
    } else this.#nameAfter(name, afterPointer);
    sink.text("(");
    const count = btf.vlen(id);
    if (count === 0 || (count === 1 && btf.word(id, 16) === 0)) sink.text("void");
    else
      for (let i = 0, at = 12; i < count; i++, at += 8) {
        if (i > 0) sink.text(", ");
        const type = btf.word(id, at + 4);
        if (i === count - 1 && type === 0) sink.text("...");
        else this.#declare(type, level, { named: btf.word(id, at), turn: 1 });
      }
    sink.text(")");
  }

  /** C has no qualified arrays and functions; compilers write such all the same. */
  #dropQualifiers(links: number[]): void {
    for (let id = links.at(-1); id !== undefined; id = links.at(-1)) {
      const kind = this.#btf.kindNumber(id);
      if (QUALIFIERS[kind] === undefined && kind !== Kind.TYPE_TAG) return;
      links.pop();
    }
  }

  #leaf(id: number, level: number): void {
    const btf = this.#btf;
    const isNamed = id !== 0 && btf.word(id, 0) !== 0;
    switch (btf.kindNumber(id)) {
      case 0:
        this.#sink.text("void");
        break;
      case Kind.INT:
      case Kind.FLOAT:
        this.#sink.string(btf.word(id, 0));
        break;
      case Kind.STRUCT:
      case Kind.UNION:
        if (isNamed) this.tag(id);
        else this.record(id, level);
        break;
      case Kind.ENUM:
      case Kind.ENUM64:
        if (isNamed) this.tag(id);
        else this.enumeration(id, level);
        break;
      case Kind.FWD:
        this.tag(id);
        break;
      case Kind.TYPEDEF:
        this.#name(btf.word(id, 0), this.#names.ofTypedef(id));
        break;
      default:
        throw new Unwritten(`a type of kind ${btf.kind(id)} in a declaration`);
    }
  }
}

/** A name's string offset, and its turn among those of one name. */
type Name = { readonly named: number; readonly turn: number };

const LINKS: ReadonlySet<number> = new Set([
  Kind.PTR,
  Kind.ARRAY,
  Kind.VOLATILE,
  Kind.CONST,
  Kind.RESTRICT,
  Kind.TYPE_TAG,
  Kind.FUNC_PROTO,
]);

const QUALIFIERS: Readonly<Record<number, string>> = {
  [Kind.CONST]: "const",
  [Kind.VOLATILE]: "volatile",
  [Kind.RESTRICT]: "restrict",
};

function wideValue(btf: Btf, id: number, at: number, isSigned: boolean): string {
  const value = (BigInt(btf.word(id, at + 8)) << 32n) | BigInt(btf.word(id, at + 4));
  return isSigned ? `${BigInt.asIntN(64, value)}LL` : `${value}ULL`;
}

/** Whether some value makes the enum 8 bytes by itself. */
function hasWideValue(btf: Btf, id: number, isSigned: boolean): boolean {
  for (let left = btf.vlen(id), at = 12; left > 0; left--, at += 12) {
    const low = btf.word(id, at + 4);
    const high = btf.word(id, at + 8);
    if (isSigned ? high !== ((low | 0) >> 31) >>> 0 : high !== 0) return true;
  }
  return false;
}
