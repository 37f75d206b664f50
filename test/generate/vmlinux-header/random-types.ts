import { BtfBuilder, type BuiltMember } from "../../support/btf-builder.ts";

const NAMES = ["a", "b", "foo", "bar", "u8", "long", "x_y", "baz"];

/** Types as they come: legal ones, of all kinds, that use each other in all ways. */
export function randomTypes(seed: number): Uint8Array {
  return new RandomTypes(seed).build(40);
}

class RandomTypes {
  readonly #b = new BtfBuilder();
  /** Size and alignment in bytes of what can be held by value. */
  readonly #values = new Map<number, { readonly size: number; readonly alignment: number }>();
  readonly #any: number[] = [0];
  readonly #protos: number[] = [];
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  build(count: number): Uint8Array {
    for (const [name, size] of [
      ["int", 4],
      ["long int", 8],
      ["char", 1],
      ["short", 2],
    ] as const) {
      this.#value(this.#b.int(name, size, 1), size);
    }
    for (let i = 0; i < count; i++) this.#type();
    return this.#b.build();
  }

  #below(limit: number): number {
    this.#state = (Math.imul(this.#state, 1103515245) + 12345) >>> 0;
    return Math.floor(((this.#state >>> 8) / 2 ** 24) * limit);
  }

  #pick<T>(list: readonly T[]): T {
    const item = list[this.#below(list.length)];
    if (item === undefined) throw new Error("an empty list");
    return item;
  }

  #name = (): string => this.#pick(NAMES);

  #value(id: number, size: number, alignment = size): void {
    this.#values.set(id, { size, alignment: Math.max(1, Math.min(8, alignment)) });
    this.#any.push(id);
  }

  /** A type that is another one in another guise. */
  #like(id: number, type: number): void {
    const value = this.#values.get(type);
    if (value === undefined) this.#any.push(id);
    else this.#value(id, value.size, value.alignment);
  }

  #type(): void {
    const b = this.#b;
    const one = this.#pick(this.#any);
    switch (this.#below(14)) {
      case 0:
        this.#enum();
        break;
      case 1:
        this.#any.push(b.fwd(this.#name(), this.#below(2) === 0));
        break;
      case 2:
      case 3:
        this.#like(b.typedef(this.#name(), one), one);
        break;
      case 4:
      case 5:
        this.#value(b.ptr(one), 8);
        break;
      case 6: {
        const element = this.#pick([...this.#values.keys()]);
        const { size, alignment } = this.#values.get(element) ?? { size: 0, alignment: 1 };
        const length = this.#below(5);
        this.#value(b.array(element, 1, length), length * size, alignment);
        break;
      }
      case 7:
        this.#like(this.#pick([b.const, b.volatile, b.restrict]).call(b, one), one);
        break;
      case 8: {
        const parameters = Array.from({ length: this.#below(4) }, () => [this.#name(), one] as const);
        const proto = b.proto(
          one,
          parameters.filter(([, type]) => type !== 0),
        );
        this.#protos.push(proto);
        this.#any.push(proto);
        break;
      }
      case 9:
        this.#any.push(b.typeTag(this.#pick(["user", "rcu"]), one, this.#below(3) === 0));
        break;
      case 10:
        if (this.#protos.length > 0)
          b.declTag("bpf_kfunc", b.func(`${this.#name()}_f`, this.#pick(this.#protos), 0));
        return;
      default:
        this.#composite();
        break;
    }
  }

  #enum(): void {
    const names = Array.from({ length: this.#below(4) }, this.#name);
    const name = this.#below(2) === 0 ? "" : this.#name();
    const isSigned = this.#below(2) === 0;
    if (this.#below(3) === 0) {
      const values = Object.fromEntries(
        names.map((word) => [`${word}_w`, this.#pick([1n, -1n, 1n << 40n, 0xffffffffn])]),
      );
      this.#value(this.#b.enum64(name, values, isSigned), 8);
      return;
    }
    const size = this.#pick([1, 2, 4, 4, 8]);
    const values = Object.fromEntries(names.map((word) => [word, this.#below(100) - 50]));
    this.#value(this.#b.enum(name, values, isSigned, size), size);
  }

  #composite(): void {
    const isUnion = this.#below(5) === 0;
    const members: BuiltMember[] = [];
    let [end, most, size] = [0, 1, 0];
    for (let i = this.#below(7); i > 0; i--) {
      const type = this.#pick([...this.#values.keys()]);
      const value = this.#values.get(type) ?? { size: 0, alignment: 1 };
      const width = type <= 4 && this.#below(3) === 0 ? 1 + this.#below(8 * value.size - 1) : undefined;
      const unit = width === undefined ? 8 * (this.#below(8) === 0 ? 1 : value.alignment) : 1;
      const skipped = this.#below(4) === 0 ? unit * this.#below(20) : 0;
      const at = isUnion ? 0 : Math.ceil(end / unit) * unit + skipped;
      const name = this.#below(6) === 0 ? "" : `${this.#name()}${i}`;
      members.push({ name, type, at, ...(width !== undefined && { width }) });
      most = Math.max(most, value.alignment);
      const bits = width ?? 8 * value.size;
      end = isUnion ? 0 : at + bits;
      size = Math.max(size, Math.ceil((at + bits) / 8));
    }
    if (this.#below(6) > 0) size = Math.ceil(size / most) * most;
    if (this.#below(5) === 0) size += most * this.#below(20);
    const name = this.#below(4) === 0 ? "" : this.#name();
    this.#value(this.#b[isUnion ? "union" : "struct"](name, size, members), size, most);
  }
}
