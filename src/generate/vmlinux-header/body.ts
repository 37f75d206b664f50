import type { Btf } from "#formats/btf/btf.ts";
import { Kind } from "#formats/btf/kinds.ts";
import type { Definitions } from "./definitions.ts";
import type { Steps } from "./steps.ts";
import type { TextSink } from "./text-sink.ts";

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
  readonly #btf: Btf;
  readonly #sink: TextSink;
  readonly #definitions: Definitions;
  readonly #steps: Steps;
  readonly #states: Uint8Array;
  /** By type: 1 where it was declared, or a typedef was written, before its turn. */
  readonly #declared: Uint8Array;

  constructor(btf: Btf, sink: TextSink, definitions: Definitions, steps: Steps) {
    this.#btf = btf;
    this.#sink = sink;
    this.#definitions = definitions;
    this.#steps = steps;
    this.#states = new Uint8Array(btf.typeCount);
    this.#states[0] = WRITTEN;
    this.#declared = new Uint8Array(btf.typeCount);
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
    if (this.#btf.kindNumber(id) === Kind.TYPEDEF) this.#typedef(id);
    else if (id !== holder) this.#declare(id);
  }

  #first(id: number, holder: number): void {
    const btf = this.#btf;
    switch (btf.kindNumber(id)) {
      case Kind.STRUCT:
      case Kind.UNION:
        this.#record(id, holder);
        break;
      case Kind.TYPEDEF:
        this.#states[id] = OPEN;
        this.#prepare(btf.word(id, 8), id);
        if (this.#declared[id] === 0) this.#typedef(id);
        this.#states[id] = WRITTEN;
        break;
      case Kind.FWD:
        this.#definitions.tag(id);
        this.#sink.text(";\n\n");
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
        this.#alias(id);
        this.#states[id] = WRITTEN;
        break;
      case Kind.ARRAY:
        this.#prepare(btf.word(id, 12), holder);
        break;
      case Kind.PTR:
      case Kind.VOLATILE:
      case Kind.CONST:
      case Kind.RESTRICT:
      case Kind.TYPE_TAG:
        this.#prepare(btf.word(id, 8), holder);
        break;
      case Kind.FUNC_PROTO:
        this.#prepare(btf.word(id, 8), holder);
        for (let left = btf.vlen(id), at = 12; left > 0; left--, at += 8)
          this.#prepare(btf.word(id, at + 4), holder);
        break;
    }
  }

  #record(id: number, holder: number): void {
    const btf = this.#btf;
    const isNamed = btf.word(id, 0) !== 0;
    this.#states[id] = OPEN;
    if (holder === 0 || !isNamed) {
      for (let left = btf.vlen(id), at = 12; left > 0; left--, at += 12) {
        this.#prepare(btf.word(id, at + 4), isNamed ? id : holder);
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
    this.#definitions.tag(id);
    this.#sink.text(";\n\n");
    this.#declared[id] = 1;
  }

  #typedef(id: number): void {
    this.#declared[id] = 1;
    if (this.#btf.name(id) === COMPILERS_OWN) return;
    this.#definitions.typedef(id);
    this.#sink.text(";\n\n");
  }

  #alias(id: number): void {
    const meaning = ALIASES.get(this.#btf.name(id));
    if (meaning !== undefined) this.#sink.text(`typedef ${meaning} ${this.#btf.name(id)};\n\n`);
  }
}
