import type { Btf } from "#formats/btf/btf.ts";
import { layoutChecks } from "./c-checks.ts";
import { CWriter } from "./c-write.ts";

/** Definitions that wait for each other; legitimate chains are some tens long. */
const MAX_NESTING = 500;

/**
 * Writes C declarations, each after what it needs. Two needs are told apart: `#need()` wants a type
 * complete (a member, an array's element), `#mention()` only wants its name to be known.
 */
export class CEmitter {
  readonly #btf: Btf;
  readonly #writer: CWriter;
  readonly #chunks: string[] = [];
  readonly #checks: string[] = [];
  readonly #done = new Set<number>();
  readonly #declared = new Set<string>();
  readonly #mentioned = new Set<number>();
  /** The types whose definition has begun and waits for what it needs. */
  readonly #open = new Set<number>();

  constructor(btf: Btf) {
    this.#btf = btf;
    this.#writer = new CWriter(btf);
  }

  get text(): string {
    return this.#chunks.join("");
  }

  /** Lines that fail to compile where the compiler lays out a struct or union in another way than the BTF. */
  get checks(): string {
    return this.#checks.join("");
  }

  /** Whether an enumerator or a typedef of this name has been written. */
  hasName(name: string): boolean {
    return this.#writer.names.isTaken(name);
  }

  /** Writes the definition of a struct, union, enum or typedef, and all that it needs. */
  define(id: number): void {
    this.#need(id);
  }

  #need(id: number): void {
    const kind = this.#btf.kind(id);
    switch (kind) {
      case "const":
      case "volatile":
      case "restrict":
      case "type_tag":
        this.#need(this.#btf.word(id, 8));
        break;
      case "array":
        this.#need(this.#btf.word(id, 12));
        break;
      case "typedef":
        this.#once(id, () => this.#typedef(id));
        this.#need(this.#btf.word(id, 8));
        break;
      case "struct":
      case "union":
        this.#once(id, () => this.#composite(id));
        break;
      case "fwd":
        this.#writer.fail(id, `${this.#btf.name(id)} is needed whole, but only declared`);
        break;
      case "void":
        this.#writer.fail(id, "void where a value is needed");
        break;
      default:
        this.#mention(id);
    }
  }

  #mention(id: number): void {
    // Prototypes share prototypes: without this, a small file could ask for 2^100 steps.
    if (this.#mentioned.has(id)) return;
    this.#mentioned.add(id);
    const kind = this.#btf.kind(id);
    switch (kind) {
      case "ptr":
      case "const":
      case "volatile":
      case "restrict":
      case "type_tag":
        this.#mention(this.#btf.word(id, 8));
        break;
      case "array":
        // C wants elements complete even where the array is only pointed to.
        this.#need(this.#btf.word(id, 12));
        break;
      case "func_proto":
        this.#prototype(id);
        break;
      case "typedef":
        this.#once(id, () => this.#typedef(id));
        break;
      case "struct":
      case "union":
        if (this.#btf.name(id) === "") this.#once(id, () => this.#composite(id));
        else this.#declare(id);
        break;
      case "fwd":
        this.#declare(id);
        break;
      case "enum":
      case "enum64":
        // C knows no forward declaration of an enum.
        if (this.#btf.name(id) !== "") this.defineEnum(id);
        break;
    }
  }

  #prototype(id: number): void {
    const type = this.#btf.type(id);
    if (type.kind !== "func_proto") return;
    this.#mention(type.returns);
    for (const parameter of type.parameters) this.#mention(parameter.type);
  }

  #typedef(id: number): void {
    const target = this.#btf.word(id, 8);
    this.#mention(target);
    this.#chunks.push(`typedef ${this.#writer.declaration(target, this.#writer.nameOf(id))};\n\n`);
  }

  /** A struct or union after what its members need; one without a name is written inside its user. */
  #composite(id: number): void {
    const type = this.#btf.type(id);
    if (type.kind !== "struct" && type.kind !== "union") return;
    for (const member of type.members) this.#need(member.type);
    if (type.name === "") return;
    this.#chunks.push(`${this.#writer.body(type)};\n\n`);
    this.#checks.push(...layoutChecks(this.#btf, type, this.#writer.tag(id)));
    this.#declared.add(this.#writer.tag(id));
  }

  /** Writes an enum; one without a name for its enumerators' sake. */
  defineEnum(id: number): void {
    this.#once(id, () => {
      const type = this.#btf.type(id);
      if (type.kind === "enum" || type.kind === "enum64")
        this.#chunks.push(`${this.#writer.enumBody(type)};\n\n`);
    });
  }

  #declare(id: number): void {
    const tag = this.#writer.tag(id);
    if (this.#declared.has(tag)) return;
    this.#declared.add(tag);
    this.#chunks.push(`${tag};\n\n`);
  }

  #once(id: number, write: () => void): void {
    if (this.#done.has(id)) return;
    if (this.#open.has(id)) this.#writer.fail(id, "a type that C would need before its own definition");
    if (this.#open.size >= MAX_NESTING) {
      this.#writer.fail(id, `more than ${MAX_NESTING} definitions inside each other`);
    }
    this.#open.add(id);
    write();
    this.#open.delete(id);
    this.#done.add(id);
  }
}
