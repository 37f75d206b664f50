import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { KernelHeaders } from "#build/kernel-headers/kernel-headers.ts";
import type { Event } from "#core/events.ts";
import { err, ok } from "#core/result.ts";
import { digest } from "#files/digest.ts";
import { decodeBtf } from "#formats/btf/decode.ts";
import { dialectOf } from "#generate/vmlinux-header/dialect.ts";
import { writeVmlinuxHeader } from "#generate/vmlinux-header/write.ts";
import { BtfBuilder } from "../../support/btf-builder.ts";
import { expectValue } from "../../support/expect-value.ts";
import { newFolder, write } from "../../support/kernel-tree.ts";

/** Types with one struct of `count` members, and with a union where that is asked for. */
function types(count: number, withUnion = false): Uint8Array {
  const b = new BtfBuilder();
  const int = b.int("int", 4, 1);
  b.enum("first", { A: 1 });
  const members = Array.from({ length: count }, (_, i) => ({ name: `m${i}`, type: int, at: 32 * i }));
  b.struct("s", 4 * count, members);
  if (withUnion) b.union("u", 4, members.slice(0, 1));
  return b.build();
}

/** What bpftool 7.5.0 prints of them. */
function truth(btf: Uint8Array): string {
  const dialect = dialectOf("7.5.0");
  if (dialect === undefined) throw new Error("7.5.0 has a dialect");
  return Buffer.from(expectValue(writeVmlinuxHeader(expectValue(decodeBtf(btf)), dialect)).text).toString();
}

/** A user's cache folder and a bpftool that prints what `print` says; processes come one after another. */
class Machine {
  readonly cache = newFolder();
  readonly notes: string[] = [];
  dumps = 0;
  readonly #tool: string;
  readonly #print: (btf: Uint8Array) => string;
  #headers = new KernelHeaders(this.cache);

  constructor(print = truth, content = "a bpftool") {
    this.#print = print;
    this.#tool = write(join(newFolder(), "bpftool"), content);
  }

  /** Another process begins. */
  restart(): this {
    this.#headers = new KernelHeaders(this.cache);
    return this;
  }

  /** The header that is made, and whether bpftool was run for it. */
  async make(btf: Uint8Array): Promise<{ readonly text: string; readonly byTool: boolean }> {
    const before = this.dumps;
    const output = join(newFolder(), "vmlinux.h");
    const made = await this.#headers.make({
      sha256: digest(btf),
      types: async () => decodeBtf(btf),
      bpftool: { path: this.#tool, identity: "", version: "7.5.0", libbpf: "1.5", features: [] },
      output,
      dump: async () => {
        this.dumps++;
        writeFileSync(output, this.#print(btf));
        return ok(undefined);
      },
      emit: (event: Event) => event.kind === "note" && this.notes.push(event.text),
    });
    expectValue(made);
    return { text: readFileSync(output, "utf8"), byTool: this.dumps > before };
  }
}

describe("headers that were made before", () => {
  it("are taken in other folders and by other processes", async () => {
    const machine = new Machine();
    const btf = types(1);
    expect(await machine.make(btf)).toEqual({ text: truth(btf), byTool: true });
    expect(await machine.make(btf)).toEqual({ text: truth(btf), byTool: false });
    expect(await machine.restart().make(btf)).toEqual({ text: truth(btf), byTool: false });
  });

  it("are not taken of other types, nor of another bpftool", async () => {
    const machine = new Machine();
    await machine.make(types(1));
    expect(await machine.restart().make(types(2))).toEqual({ text: truth(types(2)), byTool: true });
    const other = new Machine(truth, "another bpftool");
    await other.make(types(1));
    expect(other.dumps).toBe(1);
  });

  it("are not taken where they are poisoned, and made anew", async () => {
    const machine = new Machine();
    const btf = types(1);
    await machine.make(btf);
    const [entry = ""] = readdirSync(join(machine.cache, "cas"));
    writeFileSync(join(machine.cache, "cas", entry), truth(btf).replace("m0", "m1"));
    expect(await machine.restart().make(btf)).toEqual({ text: truth(btf), byTool: true });
    expect(await machine.restart().make(btf)).toEqual({ text: truth(btf), byTool: false });
  });

  it("are so many and no more", async () => {
    const machine = new Machine();
    for (let i = 1; i <= 70; i++) await machine.restart().make(types(i));
    for (const shelf of ["ac", "cas"]) expect(readdirSync(join(machine.cache, shelf))).toHaveLength(64);
    expect((await machine.make(types(70))).byTool).toBe(false);
    expect((await machine.make(types(1))).byTool).toBe(true);
  });

  it("are not missed in a home that takes none", async () => {
    const file = write(join(newFolder(), "file"), "");
    const headers = new KernelHeaders(join(file, "headers"));
    const output = join(newFolder(), "vmlinux.h");
    for (let i = 0; i < 3; i++) {
      const made = await headers.make({
        sha256: digest(types(1)),
        types: async () => decodeBtf(types(1)),
        bpftool: { path: file, identity: "", version: "7.5.0", features: [] },
        output,
        dump: async () => {
          writeFileSync(output, truth(types(1)));
          return ok(undefined);
        },
        emit: () => expect.fail("nothing is to be said"),
      });
      expect(made).toEqual(ok(undefined));
    }
  });
});

describe("our own writer", () => {
  it("is compared at a process's second header, and used from then on, also by later processes", async () => {
    const machine = new Machine();
    const asked = [];
    for (let i = 1; i <= 4; i++) asked.push((await machine.make(types(i))).byTool);
    expect(asked).toEqual([true, true, false, false]);
    machine.restart();
    asked.length = 0;
    for (let i = 5; i <= 7; i++) {
      const made = await machine.make(types(i));
      expect(made.text).toBe(truth(types(i)));
      asked.push(made.byTool);
    }
    // Until V8 is warm, bpftool is faster.
    expect(asked).toEqual([true, false, false]);
    expect(machine.notes).toEqual([]);
  });

  it("is compared again where types have what no comparison had", async () => {
    const machine = new Machine();
    for (let i = 1; i <= 3; i++) await machine.make(types(i));
    expect((await machine.make(types(4, true))).byTool).toBe(true);
    expect((await machine.make(types(5, true))).byTool).toBe(false);
    expect((await machine.make(types(6))).byTool).toBe(false);
  });

  it("is not used for a bpftool that prints something else, which is said once", async () => {
    const other = (btf: Uint8Array) => `${truth(btf)}/* of another kind */\n`;
    const machine = new Machine(other);
    for (let i = 1; i <= 4; i++)
      expect(await machine.make(types(i))).toEqual({ text: other(types(i)), byTool: true });
    machine.restart();
    for (let i = 5; i <= 7; i++)
      expect(await machine.make(types(i))).toEqual({ text: other(types(i)), byTool: true });
    expect(machine.notes).toEqual([
      "bpftool 7.5.0 writes vmlinux.h in a way of its own, so that it is asked for each kernel's",
    ]);
  });

  it("is compared again where what was known of it is damaged", async () => {
    const machine = new Machine();
    for (let i = 1; i <= 3; i++) await machine.make(types(i));
    writeFileSync(join(machine.cache, "equality.json"), "{ no JSON");
    expect((await machine.make(types(4))).byTool).toBe(true);
    expect((await machine.make(types(5))).byTool).toBe(false);
  });
});

it("what bpftool fails with is what making a header fails with, and nothing is kept", async () => {
  const cache = newFolder();
  const cancelled = err({ reason: "cancelled", signal: "SIGINT" } as const);
  const made = await new KernelHeaders(cache).make({
    sha256: digest(types(1)),
    types: async () => decodeBtf(types(1)),
    bpftool: { path: write(join(cache, "bpftool"), ""), identity: "", version: "7.5.0", features: [] },
    output: join(cache, "vmlinux.h"),
    dump: async () => cancelled,
    emit: () => undefined,
  });
  expect(made).toEqual(cancelled);
  expect(existsSync(join(cache, "ac"))).toBe(false);
});
