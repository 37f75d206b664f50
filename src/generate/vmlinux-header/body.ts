import { Kind } from "#formats/btf/kinds.ts";
import type { Definitions } from "./definitions.ts";
import type { WritingRule } from "./features.ts";
import type { Steps } from "./steps.ts";
import { stringAt, type Tables } from "./tables.ts";
import type { TextSink } from "./text-sink.ts";
import { Unwritten } from "./unwritten.ts";

const OPEN = 1;
const WRITTEN = 2;

/** The compiler's own: to define it would be an error. */
const COMPILERS_OWN = "__builtin_va_list";

/** Types that old compilers take for their own, of which BTF has no more than the name. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ["__Poly8_t", "unsigned char"],
  ["__Poly16_t", "unsigned short"],
  ["__Poly64_t", "unsigned long long"],
  ["__Poly128_t", "unsigned __int128"],
]);

/** Writes types in the order that it is given, each after declarations of what it only points to. */
export class Body {
  readonly #tables: Tables;
  readonly #sink: TextSink;
  readonly #definitions: Definitions;
  readonly #steps: Steps;
  readonly #used: Set<string>;
  readonly #states: Uint8Array;
  /** By type: 1 where it was declared, or a typedef was written, before its turn. */
  readonly #declared: Uint8Array;

  constructor(tables: Tables, sink: TextSink, definitions: Definitions, steps: Steps, used: Set<string>) {
    this.#used = used;
    this.#tables = tables;
    this.#sink = sink;
    this.#definitions = definitions;
    this.#steps = steps;
    this.#states = new Uint8Array(tables.count);
    this.#states[0] = WRITTEN;
    this.#declared = new Uint8Array(tables.count);
  }

  #uses(rule: WritingRule): void {
    this.#used.add(rule);
  }

  /** Writes a type, and before it what its members and parameters speak of. */
  define(id: number): void {
    this.#prepare(id, 0);
  }

  /** @param holder the definition that is being written, in which the type is spoken of; 0 where it is the type's own */
  #prepare(id: number, holder: number): void {
    const state = this.#states[id];
    if (state === WRITTEN) return;
    this.#steps.enter();
    if (state === OPEN) this.#again(id, holder);
    else this.#first(id, holder);
    this.#steps.leave();
  }

  /** A type that stands inside of itself, by pointers. */
  #again(id: number, holder: number): void {
    if (this.#declared[id] === 1) return;
    if (this.#tables.kinds[id] === Kind.TYPEDEF) {
      this.#uses("a typedef before its turn");
      this.#typedef(id);
    } else if (id !== holder) this.#declare(id);
  }

  #first(id: number, holder: number): void {
    const { words, starts, kinds } = this.#tables;
    const start = starts[id] ?? 0;
    switch (kinds[id]) {
      case Kind.STRUCT:
      case Kind.UNION:
        this.#record(id, start, holder);
        break;
      case Kind.TYPEDEF:
        this.#states[id] = OPEN;
        this.#prepare(words[start + 2] ?? 0, id);
        if (this.#declared[id] === 0) this.#typedef(id);
        this.#states[id] = WRITTEN;
        break;
      case Kind.FWD:
        this.#declare(id);
        this.#states[id] = WRITTEN;
        break;
      case Kind.ENUM:
      case Kind.ENUM64:
        if (holder === 0) {
          this.#definitions.enumeration(id, 0);
          this.#sink.text(";\n\n");
        }
        this.#states[id] = WRITTEN;
        break;
      case Kind.INT:
        this.#alias(words[start] ?? 0);
        this.#states[id] = WRITTEN;
        break;
      case Kind.ARRAY:
        this.#prepare(words[start + 3] ?? 0, holder);
        break;
      case Kind.PTR:
      case Kind.VOLATILE:
      case Kind.CONST:
      case Kind.RESTRICT:
      case Kind.TYPE_TAG:
        this.#prepare(words[start + 2] ?? 0, holder);
        break;
      case Kind.FUNC_PROTO:
        this.#prepare(words[start + 2] ?? 0, holder);
        for (let left = (words[start + 1] ?? 0) & 0xffffff, at = start + 4; left > 0; left--, at += 2) {
          this.#prepare(words[at] ?? 0, holder);
        }
        break;
    }
  }

  #record(id: number, start: number, holder: number): void {
    const { words } = this.#tables;
    const isNamed = words[start] !== 0;
    this.#states[id] = OPEN;
    if (holder === 0 || !isNamed) {
      for (let left = (words[start + 1] ?? 0) & 0xffffff, at = start + 4; left > 0; left--, at += 3) {
        this.#prepare(words[at] ?? 0, isNamed ? id : holder);
      }
    } else if (this.#declared[id] === 0 && id !== holder) this.#declare(id);
    if (holder !== 0) {
      this.#states[id] = 0;
      return;
    }
    this.#definitions.record(id, 0);
    this.#sink.text(";\n\n");
    this.#states[id] = WRITTEN;
  }

  #declare(id: number): void {
    if (this.#tables.words[this.#tables.starts[id] ?? 0] === 0)
      throw new Unwritten("types without a name that hold themselves");
    this.#definitions.tag(id);
    this.#sink.text(";\n\n");
    this.#declared[id] = 1;
  }

  #typedef(id: number): void {
    this.#declared[id] = 1;
    const { words, starts } = this.#tables;
    if (stringAt(this.#tables, words[starts[id] ?? 0] ?? 0) === COMPILERS_OWN) {
      this.#uses("the compiler's own type");
      return;
    }
    this.#definitions.typedef(id);
    this.#sink.text(";\n\n");
  }

  #alias(name: number): void {
    const word = stringAt(this.#tables, name);
    const meaning = ALIASES.get(word);
    if (meaning === undefined) return;
    this.#uses("an alias of a compiler's type");
    this.#sink.text(`typedef ${meaning} ${word};\n\n`);
  }
}
