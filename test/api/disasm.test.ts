import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { disasm } from "#api/disasm.ts";
import { buildParsers } from "../bpf-vm/support/parsers.ts";
import { newFolder, write } from "../support/kernel-tree.ts";

const folder = newFolder("api");
beforeAll(async () => {
  const built = await buildParsers("v7");
  for (const name of ["zboot.bpf", "zboot_parser_bpf.o"]) write(join(folder, name), built.file(name));
});

const listed = async (name: string, load = true) => {
  const result = await disasm({
    ...{ file: join(folder, name), loader: false, load },
    ...{ abi: undefined, btf: undefined },
  });
  if (!result.ok) throw new Error(JSON.stringify(result.failure));
  return result.value;
};

describe("the api's disasm", () => {
  it("gives lines of the listing, and of those that are instructions the parts", async () => {
    const { programs, ...facts } = await listed("zboot.bpf");
    expect(facts).toEqual({
      file: join(folder, "zboot.bpf"),
      form: "container",
      poisoned: 0,
      loaded: true,
      unloadable: undefined,
    });
    const [program] = programs;
    expect(program?.lines.slice(0, 2).map(({ kind }) => kind)).toEqual(["function", "source"]);
    const instructions = program?.lines.flatMap((line) => (line.kind === "instruction" ? [line] : [])) ?? [];
    for (const { text, instruction } of instructions) {
      expect(text).toBe(`${instruction.slot}: ${instruction.text}`);
      expect(instruction.raw).toMatch(/^(?:[0-9a-f]{16}){1,2}$/);
    }
  });

  it("gives no type to a program that was not to be loaded", async () => {
    const { loaded, programs } = await listed("zboot_parser_bpf.o", false);
    expect([loaded, [...new Set(programs.map(({ type }) => type))]]).toEqual([false, [null]]);
  });
});
