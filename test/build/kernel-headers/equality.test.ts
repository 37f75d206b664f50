import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { knownEquality, rememberEquality } from "#build/kernel-headers/equality.ts";
import { WRITER_VERSION } from "#generate/vmlinux-header/write.ts";
import { newFolder } from "../../support/folders.ts";

const equal = (...features: readonly string[]) => ({ equal: true, features: new Set(features) });
const file = (folder: string) => join(folder, "equality.json");
const kinds = async (folder: string, tools: readonly string[]) =>
  Promise.all(tools.map(async (tool) => (await knownEquality(folder, tool)).kind));

describe("what comparisons have shown of a bpftool", () => {
  test("adds up, and is of that one alone", async () => {
    const folder = join(newFolder(), "new");
    await rememberEquality(folder, "a", equal("struct", "enum"));
    await rememberEquality(folder, "a", equal("union", "enum"));
    expect(await knownEquality(folder, "a")).toEqual({
      kind: "equal",
      features: new Set(["enum", "struct", "union"]),
    });
    expect(await knownEquality(folder, "b")).toEqual({ kind: "unknown" });
    expect(await knownEquality(folder, "toString")).toEqual({ kind: "unknown" });
  });

  test("is for good where it was not equal", async () => {
    const folder = newFolder();
    await rememberEquality(folder, "a", equal("struct"));
    await rememberEquality(folder, "a", { equal: false, features: new Set(["struct"]) });
    expect(await knownEquality(folder, "a")).toEqual({ kind: "other" });
  });

  test("is kept of sixteen, the ones that were compared last", async () => {
    const folder = newFolder();
    const tools = Array.from({ length: 16 }, (_, i) => `tool ${i}`);
    for (const tool of tools) await rememberEquality(folder, tool, equal("struct"));
    await rememberEquality(folder, "tool 0", equal("enum"));
    expect(await kinds(folder, tools)).toEqual(Array(16).fill("equal"));
    await rememberEquality(folder, "one more", equal("struct"));
    expect(await kinds(folder, ["tool 0", "tool 1", "tool 2", "one more"])).toEqual([
      "equal",
      "unknown",
      "equal",
      "equal",
    ]);
  });

  test("is of one version of our writer, and of a form that is known", async () => {
    const folder = newFolder();
    const good = { schema: 1, writer: WRITER_VERSION, tools: { a: ["struct"], b: [] } };
    const read = async (content: unknown) => {
      writeFileSync(file(folder), typeof content === "string" ? content : JSON.stringify(content));
      return kinds(folder, ["a", "b"]);
    };
    expect(await read(good)).toEqual(["equal", "other"]);
    const unknown = ["unknown", "unknown"];
    for (const content of [
      ...[
        { ...good, schema: 2 },
        { ...good, writer: `${WRITER_VERSION}x` },
        { ...good, tools: [] },
      ],
      ...[{ ...good, tools: null }, [], null, "no JSON"],
    ]) {
      expect(await read(content)).toEqual(unknown);
    }
    expect(await read({ ...good, tools: { a: "struct", b: [1] } })).toEqual(unknown);
    expect(await read({ ...good, tools: { a: { length: 0 }, b: [] } })).toEqual(["unknown", "other"]);
    await rememberEquality(folder, "a", equal("struct"));
    expect(JSON.parse(readFileSync(file(folder), "utf8"))).toEqual({
      ...good,
      tools: { a: ["struct"], b: [] },
    });
  });
});
