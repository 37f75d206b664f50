import { Kind } from "#formats/btf/kinds.ts";
import type { Dialect } from "./dialect.ts";
import { enumAttribute, wideValue } from "./enums.ts";
import type { WritingRule } from "./features.ts";
import { HeaderNames } from "./header-names.ts";
import { Measures } from "./measures.ts";
import { paddingOf } from "./padding.ts";
import { REFERRED_AT, stringAt, type Tables } from "./tables.ts";
import type { TextSink } from "./text-sink.ts";
import { Unwritten } from "./unwritten.ts";

/** Types without a name, prototypes and arrays that may stand inside each other. */
const MAX_NESTING = 200;

/** Writes single definitions and declarations. Knows nothing of what must stand before what. */
export class Definitions {
  readonly #tables: Tables;
  readonly #sink: TextSink;
  readonly #dialect: Dialect;
  readonly #names: HeaderNames;
  readonly #measures: Measures;
  /** What declarations that are being written are made of, each after the one that it stands in. */
  readonly #links: number[] = [];
  readonly #used: Set<string>;
  #nesting = 0;

  constructor(tables: Tables, sink: TextSink, dialect: Dialect, used: Set<string>) {
    this.#used = used;
    this.#tables = tables;
    this.#sink = sink;
    this.#dialect = dialect;
    this.#names = new HeaderNames(tables);
    this.#measures = new Measures(tables);
  }

  #uses(rule: WritingRule): void {
    this.#used.add(rule);
  }

  typedef(id: number): void {
    const { words, starts } = this.#tables;
    const start = starts[id] ?? 0;
    const target = words[start + 2] ?? 0;
    const name = words[start] ?? 0;
    this.#sink.text("typedef ");
    // Old compilers' BTF has void there.
    if (target === 0 && stringAt(this.#tables, name) === "__gnuc_va_list") {
      this.#uses("the compiler's own type");
      this.#sink.text("__builtin_va_list __gnuc_va_list");
    } else this.#declare(target, name, this.#names.ofTypedef(id), 0);
  }

  /** `struct NAME`, by the record of the struct itself or one that declares it. */
  tag(id: number): void {
    const sink = this.#sink;
    const { words, starts, kinds } = this.#tables;
    const start = starts[id] ?? 0;
    sink.text(keyword(kinds[id] ?? 0, words[start + 1] ?? 0));
    const name = words[start] ?? 0;
    if (name === 0) return;
    sink.text(" ");
    this.#name(name, this.#names.ofTag(id));
  }

  #name(name: number, turn: number): void {
    this.#sink.string(name);
    if (turn === 1) return;
    this.#uses("a name's second turn");
    this.#sink.text(`___${turn}`);
  }

  enumeration(id: number, level: number): void {
    const { words, starts, kinds } = this.#tables;
    const sink = this.#sink;
    const start = starts[id] ?? 0;
    const info = words[start + 1] ?? 0;
    const isWide = kinds[id] === Kind.ENUM64;
    const isSigned = info >>> 31 === 1;
    this.tag(id);
    const count = info & 0xffffff;
    if (count > 0) {
      sink.text(" {");
      for (let i = 0, at = start + 3; i < count; i++, at += isWide ? 3 : 2) {
        sink.line(level + 1);
        const name = words[at] ?? 0;
        const turn = this.#names.ofEnumerator(name);
        if (turn > 1) this.#uses("an enumerator's second turn");
        this.#name(name, turn);
        sink.text(" = ");
        const low = words[at + 1] ?? 0;
        sink.text(isWide ? wideValue(low, words[at + 2] ?? 0, isSigned) : String(isSigned ? low | 0 : low));
        sink.text(",");
      }
      sink.line(level);
      sink.text("}");
    } else this.#uses("an enum without enumerators");
    const size = words[start + 2] ?? 0;
    if (size !== 4) this.#uses(`an enum of ${size} bytes`);
    if (this.#dialect.enumModes) sink.text(enumAttribute(this.#tables, id));
  }

  record(id: number, level: number): void {
    if (++this.#nesting > MAX_NESTING) throw new Unwritten("types without a name that nest too deep");
    const { words, starts, kinds } = this.#tables;
    const sink = this.#sink;
    const measures = this.#measures;
    const start = starts[id] ?? 0;
    const info = words[start + 1] ?? 0;
    const size = words[start + 2] ?? 0;
    const isStruct = kinds[id] === Kind.STRUCT;
    const packed = isStruct && measures.isPacked(id);
    this.tag(id);
    sink.text(" {");
    let end = 0;
    let inBits = false;
    const count = info & 0xffffff;
    const hasBitFields = info >>> 31 === 1;
    for (let i = 0, at = start + 3; i < count; i++, at += 3) {
      const type = words[at + 1] ?? 0;
      const place = words[at + 2] ?? 0;
      const from = hasBitFields ? place & 0xffffff : place;
      const bits = hasBitFields ? place >>> 24 : 0;
      if (end < from) {
        this.#pad(end, from, packed ? 1 : measures.alignmentOf(type), inBits && bits > 0, level + 1);
      }
      sink.line(level + 1);
      this.#declare(type, words[at] ?? 0, 1, level + 1);
      if (bits > 0) sink.text(`: ${bits}`);
      end = from + (bits > 0 ? bits : 8 * measures.sizeOf(type));
      inBits = bits > 0;
      sink.text(";");
    }
    if (isStruct && end < 8 * size) {
      this.#uses("a gap at the end");
      this.#pad(end, 8 * size, packed ? 1 : measures.alignmentOf(id), false, level + 1);
    }
    if (count > 0 || size > 0) sink.line(level);
    if (count === 0) this.#uses("a struct without members");
    sink.text("}");
    if (packed) {
      this.#uses("a packed struct");
      sink.text(" __attribute__((packed))");
    }
    this.#nesting--;
  }

  #pad(from: number, to: number, alignment: number, inBitField: boolean, level: number): void {
    if (to > MOST_BITS) throw new Unwritten(`a struct of ${to} bits`);
    this.#uses(inBitField ? "a gap between bit-fields" : "a gap");
    for (const field of paddingOf({ from, to, alignment, inBitField })) {
      this.#sink.line(level);
      this.#sink.text(field);
      this.#sink.text(";");
    }
  }

  /** The declaration of something with a name, which is at a string offset, as a thing of type `id`. */
  declaration(id: number, name: number): void {
    this.#declare(id, name, 1, 0);
  }

  /** What `id` is made of is spelled from its end: the type that it comes to first, the name in the middle. */
  #declare(id: number, name: number, turn: number, level: number): void {
    const { words, starts, kinds } = this.#tables;
    const links = this.#links;
    const bottom = links.length;
    for (let at = id; ; ) {
      links.push(at);
      const kind = kinds[at] ?? 0;
      if (kind === Kind.TYPEDEF) break;
      const reference = kind === Kind.FUNC_PROTO ? 2 : (REFERRED_AT[kind] ?? 0);
      if (reference === 0) break;
      at = words[(starts[at] ?? 0) + reference] ?? 0;
    }
    this.#spell(bottom, name, turn, level);
  }

  /** Takes the links from the last to the one at `bottom`. */
  #spell(bottom: number, name: number, turn: number, level: number): void {
    if (++this.#nesting > MAX_NESTING) throw new Unwritten("declarations that nest too deep");
    const { kinds } = this.#tables;
    const sink = this.#sink;
    const links = this.#links;
    let afterPointer = true;
    while (links.length > bottom) {
      const id = links.pop() ?? 0;
      const kind = kinds[id] ?? 0;
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
          this.#qualifiers(bottom);
          this.#typeTag(id);
          break;
        case Kind.ARRAY:
        case Kind.FUNC_PROTO:
          this.#around(id, bottom, name, turn, level, afterPointer);
          this.#nesting--;
          return;
        default:
          this.#qualifiers(bottom);
          this.#leaf(id, kind, level);
      }
      afterPointer = kind === Kind.PTR;
    }
    this.#nesting--;
    this.#nameAfter(name, turn, afterPointer);
  }

  #nameAfter(name: number, turn: number, afterPointer: boolean): void {
    if (this.#tables.strings[name] === 0) return;
    if (!afterPointer) this.#sink.text(" ");
    this.#name(name, turn);
  }

  /** Those of the leaf stand before it. */
  #qualifiers(bottom: number): void {
    const links = this.#links;
    while (links.length > bottom) {
      const word = QUALIFIERS[this.#tables.kinds[links.at(-1) ?? 0] ?? 0];
      if (word === undefined) return;
      this.#sink.text(word);
      this.#sink.text(" ");
      links.pop();
    }
  }

  #typeTag(id: number): void {
    const sink = this.#sink;
    const { words, starts } = this.#tables;
    const start = starts[id] ?? 0;
    const isAttribute = this.#dialect.attributes && (words[start + 1] ?? 0) >>> 31 === 1;
    sink.text(isAttribute ? " __attribute__((" : ' __attribute__((btf_type_tag("');
    sink.string(words[start] ?? 0);
    sink.text(isAttribute ? "))" : '")))');
  }

  /** An array or a function: what is left of the declaration stands in its middle. */
  #around(
    id: number,
    bottom: number,
    name: number,
    turn: number,
    level: number,
    afterPointer: boolean,
  ): void {
    const { words, starts, kinds } = this.#tables;
    const sink = this.#sink;
    this.#dropQualifiers(bottom);
    const isArray = kinds[id] === Kind.ARRAY;
    const links = this.#links;
    if (links.length === bottom) this.#nameAfter(name, turn, afterPointer);
    else {
      const isPlain = isArray && kinds[links.at(-1) ?? 0] === Kind.ARRAY;
      if (!isArray || (this.#tables.strings[name] !== 0 && !afterPointer)) sink.text(" ");
      this.#uses(isPlain ? "an array of arrays" : isArray ? "an array around" : "a function around");
      if (!isPlain) sink.text("(");
      this.#spell(bottom, name, turn, level);
      if (!isPlain) sink.text(")");
    }
    if (isArray) sink.text(`[${words[(starts[id] ?? 0) + 5]}]`);
    else this.#parameters(starts[id] ?? 0, level);
  }

  #parameters(start: number, level: number): void {
    const { words } = this.#tables;
    const sink = this.#sink;
    const count = (words[start + 1] ?? 0) & 0xffffff;
    sink.text("(");
    if (count === 0 || (count === 1 && words[start + 4] === 0)) sink.text("void");
    else {
      for (let i = 0, at = start + 3; i < count; i++, at += 2) {
        if (i > 0) sink.text(", ");
        const type = words[at + 1] ?? 0;
        if (i === count - 1 && type === 0) {
          this.#uses("further parameters");
          sink.text("...");
        } else this.#declare(type, words[at] ?? 0, 1, level);
      }
    }
    sink.text(")");
  }

  /** C has no qualified arrays and functions; compilers write such all the same. */
  #dropQualifiers(bottom: number): void {
    const links = this.#links;
    while (links.length > bottom) {
      const kind = this.#tables.kinds[links.at(-1) ?? 0] ?? 0;
      if (QUALIFIERS[kind] === undefined && kind !== Kind.TYPE_TAG) return;
      this.#uses("a qualified array or function");
      links.pop();
    }
  }

  #leaf(id: number, kind: number, level: number): void {
    const { words, starts } = this.#tables;
    const name = kind === 0 ? 0 : (words[starts[id] ?? 0] ?? 0);
    switch (kind) {
      case 0:
        this.#sink.text("void");
        break;
      case Kind.INT:
      case Kind.FLOAT:
        this.#sink.string(name);
        break;
      case Kind.STRUCT:
      case Kind.UNION:
        if (name !== 0) this.tag(id);
        else this.record(id, level);
        break;
      case Kind.ENUM:
      case Kind.ENUM64:
        if (name !== 0) this.tag(id);
        else this.enumeration(id, level);
        break;
      case Kind.FWD:
        this.tag(id);
        break;
      case Kind.TYPEDEF:
        this.#name(name, this.#names.ofTypedef(id));
        break;
      default:
        throw new Unwritten(`a type of kind ${kind} in a declaration`);
    }
  }
}

/** Where bpftool's own counting would have to be looked at. */
const MOST_BITS = 2 ** 31 - 1;

const QUALIFIERS: readonly (string | undefined)[] = Object.assign(
  new Array<string | undefined>(32).fill(undefined),
  {
    [Kind.CONST]: "const",
    [Kind.VOLATILE]: "volatile",
    [Kind.RESTRICT]: "restrict",
  },
);

function keyword(kind: number, info: number): string {
  if (kind === Kind.ENUM || kind === Kind.ENUM64) return "enum";
  return kind === Kind.UNION || (kind === Kind.FWD && info >>> 31 === 1) ? "union" : "struct";
}
