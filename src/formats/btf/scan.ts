import type { ByteReader } from "#bytes/reader.ts";
import type { Btf } from "./btf.ts";
import {
  infoFlag,
  infoKind,
  infoVlen,
  KIND_RULES,
  Kind,
  type KindRule,
  kindName,
  RECORD_SIZE,
} from "./kinds.ts";
import { isLongAt, MAX_NAME, mayHaveLongStrings } from "./long-strings.ts";

/** What one pass over the type section leaves: two numbers for each type, indexed from its first. */
export type ScannedTypes = {
  /** Where each record begins, in words from the type section's start. */
  readonly offsets: Uint32Array;
  /** Each record's kind number. */
  readonly kinds: Uint8Array;
};

export type ScanContext = {
  /** The type section, for failures. */
  readonly section: ByteReader;
  /** The type section in the host's byte order. */
  readonly words: Uint32Array;
  /** The string section, whose first byte has the string offset `stringStart`. */
  readonly strings: Uint8Array;
  readonly stringStart: number;
  /** What the base says of its strings, which have the offsets below `stringStart`. */
  readonly base: Pick<Btf, "isEmptyString" | "isLongString" | "mayHaveLongStrings"> | undefined;
  /** What the layout section says of the sizes of a kind that `KIND_RULES` does not know. */
  readonly unknownKind: (kind: number) => Pick<KindRule, "fixed" | "element"> | undefined;
};

const RECORD_WORDS = RECORD_SIZE / 4;

/** `KIND_RULES` in flat arrays, for the one loop that runs over every record of a kernel. */
const FORBIDDEN_INFO = new Uint32Array(128);
const FIXED_WORDS = new Uint8Array(128);
const ELEMENT_WORDS = new Uint8Array(128);
const NO_NAME = 1;
const NAME_NEEDED = 2;
const NAME = new Uint8Array(128);
for (const [kind, rule] of KIND_RULES.entries()) {
  if (rule === undefined) continue;
  FORBIDDEN_INFO[kind] = (rule.flag ? 0 : 0x80000000) + (rule.counts ? 0 : 0xffffff);
  FIXED_WORDS[kind] = rule.fixed / 4;
  ELEMENT_WORDS[kind] = rule.element / 4;
  NAME[kind] = { none: NO_NAME, needed: NAME_NEEDED, any: 0 }[rule.name];
}

/**
 * Checks every record of the type section by itself and notes where it begins: the rules of its
 * kind, its payload's extent and its names' offsets (type ids are `checkLinks()`'s). Builds no
 * objects: a kernel has some 150,000 types.
 */
export function scanTypes(context: ScanContext): ScannedTypes {
  return new Scan(context).run();
}

/** Positions named `at` are in words from the section's start. */
class Scan {
  readonly #context: ScanContext;
  readonly #words: Uint32Array;
  readonly #stringEnd: number;
  /** Names with offsets from here on are looked at closely: those past the end, or all. */
  readonly #suspect: number;

  constructor(context: ScanContext) {
    this.#context = context;
    this.#words = context.words;
    this.#stringEnd = context.stringStart + context.strings.length;
    const mayBeLong = mayHaveLongStrings(context.strings) || context.base?.mayHaveLongStrings === true;
    this.#suspect = mayBeLong ? 0 : this.#stringEnd;
  }

  run(): ScannedTypes {
    const words = this.#words;
    const last = words.length - RECORD_WORDS;
    const suspect = this.#suspect;
    const most = Math.floor(words.length / RECORD_WORDS);
    const offsets = new Uint32Array(most);
    const kinds = new Uint8Array(most);
    let count = 0;
    let at = 0;
    while (at <= last) {
      const name = words[at] ?? 0;
      const info = words[at + 1] ?? 0;
      const kind = infoKind(info);
      const vlen = infoVlen(info);
      offsets[count] = at;
      kinds[count++] = kind;
      if (name >= suspect) this.#checkName(at);
      if (KIND_RULES[kind] === undefined) {
        at += this.#unknown(at, kind, vlen);
        continue;
      }
      // A function keeps its linkage, 0 to 2, where other kinds count.
      const isForbidden = (info & (FORBIDDEN_INFO[kind] ?? 0)) !== 0 || (kind === Kind.FUNC && vlen > 2);
      if (isForbidden) this.#forbidden(at, kind, info);
      const rule = NAME[kind];
      if (rule === NO_NAME && name !== 0) this.#fail(at, `a name in a ${kindName(kind)}`);
      if (rule === NAME_NEEDED && this.#isEmpty(name)) this.#fail(at, `a ${kindName(kind)} without a name`);
      const body = (FIXED_WORDS[kind] ?? 0) + (ELEMENT_WORDS[kind] ?? 0) * vlen;
      if (body > last - at) this.#cutOff(at, 4 * body);
      if (body > 0 || kind === Kind.FLOAT || kind === Kind.FWD) this.#payload(at, kind, vlen, infoFlag(info));
      at += RECORD_WORDS + body;
    }
    const left = this.#context.section.length - 4 * at;
    if (left > 0) this.#fail(at, `${left} bytes behind the last type, which are no record`);
    return { offsets: offsets.slice(0, count), kinds: kinds.slice(0, count) };
  }

  #payload(at: number, kind: number, vlen: number, flag: boolean): void {
    const body = at + RECORD_WORDS;
    switch (kind) {
      case Kind.STRUCT:
      case Kind.UNION:
        this.#members(at, kind === Kind.UNION, vlen, flag ? 0xffffff : 0xffffffff);
        break;
      case Kind.FUNC_PROTO:
        this.#parameters(body, vlen);
        break;
      case Kind.ENUM:
        this.#enumerators(at, 2, vlen);
        break;
      case Kind.ENUM64:
        this.#enumerators(at, 3, vlen);
        break;
      case Kind.INT:
        this.#int(at);
        break;
      case Kind.ARRAY:
        this.#among(at + 2, [0], "an array's size field");
        break;
      case Kind.VAR:
        this.#among(body, [0, 1, 2], "a variable's linkage");
        break;
      case Kind.FWD:
        this.#among(at + 2, [0], "a forward declaration's type field");
        break;
      case Kind.FLOAT:
        this.#among(at + 2, [2, 4, 8, 12, 16], "a floating-point number's size");
        break;
      case Kind.DECL_TAG: {
        const component = (this.#words[body] ?? 0) | 0;
        if (component < -1) this.#fail(body, `component ${component} of a declaration tag`);
      }
    }
  }

  /** Members stand in the order of their offsets and begin inside the type, as in btf_struct_check_meta. */
  #members(at: number, union: boolean, vlen: number, mask: number): void {
    const words = this.#words;
    const suspect = this.#suspect;
    const size = 8 * (words[at + 2] ?? 0);
    const limit = union ? 0 : size;
    let last = 0;
    for (let member = at + RECORD_WORDS, i = 0; i < vlen; i++, member += 3) {
      if ((words[member] ?? 0) >= suspect) this.#checkName(member);
      const offset = ((words[member + 2] ?? 0) & mask) >>> 0;
      if (offset < last || offset > limit) {
        this.#fail(member + 2, `member ${i} at bit ${offset} of ${size}, the one before at bit ${last}`);
      }
      last = offset;
    }
  }

  #parameters(from: number, vlen: number): void {
    const words = this.#words;
    const suspect = this.#suspect;
    for (let i = 0, at = from; i < vlen; i++, at += 2) {
      if ((words[at] ?? 0) >= suspect) this.#checkName(at);
    }
  }

  #enumerators(at: number, stride: number, vlen: number): void {
    this.#among(at + 2, [1, 2, 4, 8], "an enum's size");
    const words = this.#words;
    const suspect = this.#suspect;
    for (let i = 0, value = at + RECORD_WORDS; i < vlen; i++, value += stride) {
      const name = words[value] ?? 0;
      if (name >= suspect) this.#checkName(value);
      if (this.#isEmpty(name)) this.#fail(value, "an enumerator without a name");
    }
  }

  /** `0000eeee oooooooo 00000000 bbbbbbbb`: encoding, bit offset, bits (BTF_INT_ENCODING and others). */
  #int(at: number): void {
    this.#among(at + 2, [1, 2, 4, 8, 16], "an integer's size");
    const size = this.#words[at + 2] ?? 0;
    const data = this.#words[at + RECORD_WORDS] ?? 0;
    const offset = (data >>> 16) & 0xff;
    const bits = data & 0xff;
    if (![0, 1, 2, 4].includes(data >>> 24) || (data & 0xff00) !== 0) {
      this.#fail(at + RECORD_WORDS, `integer encoding 0x${data.toString(16)}`);
    }
    if (bits === 0 || bits > 128 || offset + bits > 8 * size) {
      this.#fail(at + RECORD_WORDS, `${bits} bits from bit ${offset} of an integer of ${size} bytes`);
    }
  }

  /** The length in words of a record that only the layout section describes. */
  #unknown(at: number, kind: number, vlen: number): number {
    const sizes = kind === 0 ? undefined : this.#context.unknownKind(kind);
    if (sizes === undefined) this.#fail(at + 1, `unknown kind ${kind}`);
    const bytes = sizes.fixed + sizes.element * vlen;
    if (bytes % 4 !== 0) this.#fail(at + 1, `kind ${kind} with ${bytes} bytes behind its record`);
    if (bytes / 4 > this.#words.length - RECORD_WORDS - at) this.#cutOff(at, bytes);
    return RECORD_WORDS + bytes / 4;
  }

  #isEmpty(name: number): boolean {
    const { strings, stringStart, base } = this.#context;
    return name < stringStart ? base?.isEmptyString(name) === true : strings[name - stringStart] === 0;
  }

  #among(at: number, allowed: readonly number[], what: string): void {
    const value = this.#words[at] ?? 0;
    if (!allowed.includes(value)) this.#fail(at, `${what} is ${value}`);
  }

  #forbidden(at: number, kind: number, info: number): void {
    if (infoFlag(info) && (FORBIDDEN_INFO[kind] ?? 0) >= 0x80000000) {
      this.#fail(at + 1, `kind_flag in a ${kindName(kind)}`);
    }
    this.#fail(at + 1, `vlen ${infoVlen(info)} in a ${kindName(kind)}`);
  }

  #cutOff(at: number, wanted: number): never {
    const left = 4 * (this.#words.length - RECORD_WORDS - at);
    return this.#fail(at + 1, `${wanted} bytes behind the record wanted, ${left} left`);
  }

  #checkName(at: number): void {
    const name = this.#words[at] ?? 0;
    if (name >= this.#stringEnd) {
      this.#fail(at, `name offset ${name}, the strings have ${this.#stringEnd} bytes`);
    }
    const { strings, stringStart, base } = this.#context;
    const isLong =
      name < stringStart ? base?.isLongString(name) === true : isLongAt(strings, name - stringStart);
    if (isLong) this.#fail(at, `a name of ${MAX_NAME} bytes or more`);
  }

  #fail(at: number, detail: string): never {
    return this.#context.section.fail(4 * at, detail);
  }
}
