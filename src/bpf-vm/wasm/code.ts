import { NOTHING, type Opcode, W } from "./opcodes.ts";

/** A list of bytes in the making, with the numbers of WebAssembly's binary format (LEB128). */
export class ByteList {
  readonly bytes: number[] = [];

  byte(value: number): this {
    this.bytes.push(value);
    return this;
  }

  /** 0 to 2^32 - 1. */
  unsigned(value: number): this {
    let rest = value;
    while (rest >= 0x80) {
      this.bytes.push((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.bytes.push(rest);
    return this;
  }

  /** 32 bits. */
  signed(value: number): this {
    let rest = value | 0;
    while (rest < -0x40 || rest >= 0x40) {
      this.bytes.push((rest & 0x7f) | 0x80);
      rest >>= 7;
    }
    this.bytes.push(rest & 0x7f);
    return this;
  }

  /** 64 bits. */
  signedBig(value: bigint): this {
    let rest = BigInt.asIntN(64, value);
    while (rest < -0x40n || rest >= 0x40n) {
      this.bytes.push(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.bytes.push(Number(rest & 0x7fn));
    return this;
  }

  append(list: readonly number[]): this {
    // Not by spreading: a function may be longer than an argument list.
    for (const byte of list) this.bytes.push(byte);
    return this;
  }

  name(text: string): this {
    const bytes = new TextEncoder().encode(text);
    return this.unsigned(bytes.length).append([...bytes]);
  }
}

/** What branches can go to: anything that tells one block or loop from another. */
export type Label = string | number;

/** The instructions of one function. */
export class Code extends ByteList {
  readonly #labels = new Map<Label, number>();
  #depth = 0;

  op(...opcodes: readonly Opcode[]): this {
    for (const opcode of opcodes) this.bytes.push(opcode);
    return this;
  }

  get(...locals: readonly number[]): this {
    for (const local of locals) this.byte(W.localGet).unsigned(local);
    return this;
  }

  set(local: number): this {
    return this.byte(W.localSet).unsigned(local);
  }

  tee(local: number): this {
    return this.byte(W.localTee).unsigned(local);
  }

  i32(value: number): this {
    return this.byte(W.i32Const).signed(value);
  }

  i64(value: number | bigint): this {
    this.byte(W.i64Const);
    return typeof value === "number" ? this.signed(value) : this.signedBig(value);
  }

  /** A load or store at `offset` from the address on the stack, of any alignment. */
  access(opcode: Opcode, offset = 0): this {
    return this.byte(opcode).byte(0).unsigned(offset);
  }

  call(index: number): this {
    return this.byte(W.call).unsigned(index);
  }

  block(label: Label): this {
    return this.#open(W.block, label);
  }

  loop(label: Label): this {
    return this.#open(W.loop, label);
  }

  /** Runs `then` where the number on the stack is not 0, otherwise `otherwise`; both leave a `type`. */
  if(then: () => void, otherwise?: () => void, type = NOTHING): this {
    this.op(W.if).byte(type);
    this.#depth += 1;
    then();
    if (otherwise !== undefined) {
      this.op(W.else);
      otherwise();
    }
    this.#depth -= 1;
    return this.op(W.end);
  }

  end(label: Label): this {
    this.#labels.delete(label);
    this.#depth -= 1;
    return this.op(W.end);
  }

  branch(label: Label): this {
    return this.op(W.br).unsigned(this.#distance(label));
  }

  /** Branches to the label at the place that the number on the stack says, to the last one where there is none. */
  branchTable(labels: readonly Label[]): this {
    this.op(W.brTable).unsigned(labels.length - 1);
    for (const label of labels) this.unsigned(this.#distance(label));
    return this;
  }

  #open(opcode: Opcode, label: Label): this {
    this.#labels.set(label, this.#depth);
    this.#depth += 1;
    return this.op(opcode).byte(NOTHING);
  }

  #distance(label: Label): number {
    const depth = this.#labels.get(label);
    if (depth === undefined) throw new Error(`no block ${label} to branch to`);
    return this.#depth - 1 - depth;
  }
}
