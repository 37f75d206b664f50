import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadTargets, parseTarget } from "#generate/target.ts";
import { expectValue } from "../support/expect-value.ts";
import { file, temporaryFolder } from "../toolchain/temporary-folder.ts";

const GOOD = {
  description: "takes a thing apart",
  body: { v6: "thing", v7: "thing-envelope" },
  parts: { v6: { kernel: "DECOMPRESS" }, v7: { kernel: "COPY FILL", initrd: "COPY" } },
  nested: { arm64: "zboot" },
  types: ["struct page"],
};

function parse(description: unknown) {
  return parseTarget("thing", description, "/t/thing.json", "/t");
}

describe("a target's description", () => {
  test("is read whole, its bodies found beside it", () =>
    expect(parse(GOOD)).toEqual({
      ok: true,
      value: {
        name: "thing",
        description: "takes a thing apart",
        body: { v6: "/t/thing.hbs", v7: "/t/thing-envelope.hbs" },
        parts: {
          v6: { kernel: { command: "DECOMPRESS" } },
          v7: { kernel: { command: "COPY", flag: "FILL" }, initrd: { command: "COPY" } },
        },
        architectures: ["arm64", "riscv", "loongarch", "x86"],
        nested: { arm64: ["zboot"] },
        types: ["struct page"],
        reference: undefined,
        file: "/t/thing.json",
      },
    }));

  test("may be for one revision and some architectures, nest several, and send nothing but DONE", () => {
    const plain = {
      description: "takes what is one already",
      architectures: ["riscv"],
      body: { v7: "plain" },
      parts: { v7: {} },
      nested: { riscv: ["zboot", "thing"] },
    };
    expect(parse(plain)).toMatchObject({
      ok: true,
      value: {
        architectures: ["riscv"],
        body: { v7: "/t/plain.hbs" },
        parts: { v7: {} },
        nested: { riscv: ["zboot", "thing"] },
      },
    });
  });

  test("may have one body and the same parts for all revisions, FILL where there is a pipeline", () => {
    const short = { description: "d", body: "thing", parts: { kernel: ["DECOMPRESS", "COPY FILL"] } };
    expect(parse({ ...short, reference: "thing.mjs" })).toMatchObject({
      ok: true,
      value: {
        body: { v6: "/t/thing.hbs", v7: "/t/thing.hbs" },
        parts: {
          v6: { kernel: { command: "DECOMPRESS", or: { command: "COPY" } } },
          v7: { kernel: { command: "DECOMPRESS", or: { command: "COPY", flag: "FILL" } } },
        },
        reference: "/t/thing.mjs",
      },
    });
    const only = { description: "d", body: "thing", parts: { v7: { kernel: "COPY" } } };
    expect(parse(only)).toMatchObject({ ok: true, value: { body: { v7: "/t/thing.hbs" } } });
    const value = expectValue(parse({ description: "d", body: { v7: "a" }, parts: { kernel: "COPY" } }));
    expect(Object.keys(value.parts)).toEqual(["v7"]);
  });

  test("may nest nothing and need no types", () => {
    const { nested, types, ...rest } = GOOD;
    expect(parse(rest)).toMatchObject({ ok: true, value: { nested: {}, types: [] } });
  });

  test.each<[string, unknown, string]>([
    ["a list", [], "an object is expected"],
    ["null", null, "an object is expected"],
    ["a member that nobody knows", { ...GOOD, part: {} }, 'unknown member "part"'],
    ["no description", { ...GOOD, description: undefined }, '"description" must be one line of text'],
    [
      "a description of two lines",
      { ...GOOD, description: "a\nb" },
      '"description" must be one line of text',
    ],
    [
      "a description that ends C's comment",
      { ...GOOD, description: "a */ b" },
      '"description" must be one line of text',
    ],
    ["types that are no list", { ...GOOD, types: "page" }, '"types" must be a list of names'],
    ["types that are no names", { ...GOOD, types: [1] }, '"types" must be a list of names'],
    [
      "no body",
      { ...GOOD, body: undefined },
      '"body" must be the name of a template, or an object of revisions',
    ],
    ["parts as a list", { ...GOOD, parts: [] }, '"parts" must be an object, of parts or of revisions'],
    [
      "no body for a revision",
      { ...GOOD, body: { v6: "thing" } },
      '"parts.v7" is there, and "body.v7" is not',
    ],
    [
      "a body elsewhere",
      { ...GOOD, body: { v6: "../thing", v7: "thing" } },
      '"body.v6" must name a template beside the description, without its .hbs',
    ],
    [
      "a body with its suffix",
      { ...GOOD, body: { v6: "a.hbs", v7: "a" } },
      '"body.v6" must name a template beside the description, without its .hbs',
    ],
    [
      "a body for an unknown revision",
      { ...GOOD, body: { ...GOOD.body, v8: "a" } },
      '"body.v8": no revision v8 is known',
    ],
    [
      "parts for an unknown revision",
      { ...GOOD, parts: { ...GOOD.parts, V7: {} } },
      '"parts.V7": no revision V7 is known',
    ],
    [
      "no parts for a revision",
      { ...GOOD, parts: { v6: GOOD.parts.v6 } },
      '"body.v7" is there, and "parts.v7" is not',
    ],
    [
      "a choice of more than there is",
      { ...GOOD, parts: { ...GOOD.parts, v6: { kernel: ["COPY", "COPY"] } } },
      '"parts.v6.kernel": a choice is of DECOMPRESS and COPY, or COPY FILL',
    ],
    [
      "a reference that is no module",
      { ...GOOD, reference: "thing" },
      '"reference" must name a module (.mjs) beside the description',
    ],
    [
      "no parts where nothing but a part says that an image was taken",
      { ...GOOD, parts: { ...GOOD.parts, v6: {} } },
      '"parts.v6" must at least have "kernel"',
    ],
    ["no revision", { ...GOOD, body: {}, parts: {} }, '"body" must have one of v6, v7'],
    [
      "an architecture that nobody knows",
      { ...GOOD, architectures: ["arm64", "mips"] },
      '"architectures" must be a list of some of arm64, riscv, loongarch, x86',
    ],
    [
      "no architecture",
      { ...GOOD, architectures: [] },
      '"architectures" must be a list of some of arm64, riscv, loongarch, x86',
    ],
    [
      "an empty list of nested targets",
      { ...GOOD, nested: { arm64: [] } },
      '"nested.arm64" must name a target, or several in a list',
    ],
    [
      "more nested targets than a container takes",
      { ...GOOD, nested: { arm64: [..."abcdefghi"] } },
      '"nested.arm64": 9 parsers, a container takes 8',
    ],
    [
      "parts without a kernel",
      { ...GOOD, parts: { ...GOOD.parts, v6: { initrd: "COPY" } } },
      '"parts.v6" must at least have "kernel"',
    ],
    [
      "a part that nobody knows",
      { ...GOOD, parts: { ...GOOD.parts, v7: { kernel: "COPY", dtb: "COPY" } } },
      '"parts.v7.dtb": kernel, initrd or cmdline with DECOMPRESS, COPY or COPY FILL',
    ],
    [
      "a command that nobody knows",
      { ...GOOD, parts: { ...GOOD.parts, v6: { kernel: "copy" } } },
      '"parts.v6.kernel": kernel, initrd or cmdline with DECOMPRESS, COPY or COPY FILL',
    ],
    [
      "a command that is no text",
      { ...GOOD, parts: { ...GOOD.parts, v6: { kernel: 2 } } },
      '"parts.v6.kernel": kernel, initrd or cmdline with DECOMPRESS, COPY or COPY FILL',
    ],
    [
      "a pipeline in a revision without one",
      { ...GOOD, parts: { ...GOOD.parts, v6: { kernel: "COPY FILL" } } },
      '"parts.v6.kernel": revision v6 has no pipeline',
    ],
    [
      "nested as text",
      { ...GOOD, nested: "zboot" },
      '"nested" must be an object with architectures for members',
    ],
    [
      "a nested target that is no name",
      { ...GOOD, nested: { arm64: 1 } },
      '"nested.arm64" must name a target, or several in a list',
    ],
    [
      "a nested target for an architecture by another name",
      { ...GOOD, nested: { aarch64: "zboot" } },
      '"nested.aarch64": an architecture is one of arm64, riscv, loongarch, x86',
    ],
  ])("is refused with %s", (_, description, detail) =>
    expect(parse(description)).toEqual({
      ok: false,
      failure: { reason: "bad-target", target: "thing", detail, file: "/t/thing.json" },
    }),
  );
});

describe("target folders", () => {
  test("are read in order, JSON files only", async () => {
    const folder = await temporaryFolder();
    const [first, second] = [join(folder, "first"), join(folder, "second")];
    await file(join(first, "b.json"), JSON.stringify(GOOD));
    await file(join(first, "a_2.json"), JSON.stringify(GOOD));
    await file(join(first, "README"), "not a target");
    await file(join(second, "a.json"), JSON.stringify(GOOD));
    const targets = expectValue(await loadTargets([first, second]));
    expect([...targets].map(([name, target]) => [name, target.file, target.body.v6])).toEqual([
      ["a_2", join(first, "a_2.json"), join(first, "thing.hbs")],
      ["b", join(first, "b.json"), join(first, "thing.hbs")],
      ["a", join(second, "a.json"), join(second, "thing.hbs")],
    ]);
  });

  test("must not describe a name twice", async () => {
    const folder = await temporaryFolder();
    const [first, second] = [join(folder, "first"), join(folder, "second")];
    await file(join(first, "thing.json"), JSON.stringify(GOOD));
    await file(join(second, "thing.json"), JSON.stringify(GOOD));
    expect(await loadTargets([first, second])).toEqual({
      ok: false,
      failure: {
        reason: "bad-target",
        target: "thing",
        detail: `already described in ${join(first, "thing.json")}`,
        file: join(second, "thing.json"),
      },
    });
  });

  test("must have good names", async () => {
    const folder = await temporaryFolder();
    const path = await file(join(folder, "my-target.json"), JSON.stringify(GOOD));
    expect(await loadTargets([folder])).toEqual({
      ok: false,
      failure: {
        reason: "bad-target",
        target: "my-target",
        detail: "a target's name is lower-case letters, digits and _, a letter first",
        file: path,
      },
    });
  });

  test.each(["all", "clean"])("must not be called %s, which is another goal", async (name) => {
    const folder = await temporaryFolder();
    const path = await file(join(folder, `${name}.json`), JSON.stringify(GOOD));
    const detail = "is a goal of its own: the target needs another name";
    expect(await loadTargets([folder])).toEqual({
      ok: false,
      failure: { reason: "bad-target", target: name, detail, file: path },
    });
  });

  test("must hold JSON", async () => {
    const folder = await temporaryFolder();
    const path = await file(join(folder, "thing.json"), "{ description: }");
    const loaded = await loadTargets([folder]);
    expect(loaded).toMatchObject({
      ok: false,
      failure: { reason: "bad-target", target: "thing", file: path },
    });
    expect(JSON.stringify(loaded)).toContain("JSON");
  });

  test("must be there, and be readable", async () => {
    const folder = await temporaryFolder();
    expect(await loadTargets([join(folder, "none")])).toEqual({
      ok: false,
      failure: { reason: "file-failed", operation: "read", file: join(folder, "none"), code: "ENOENT" },
    });
    await mkdir(join(folder, "thing.json"));
    expect(await loadTargets([folder])).toMatchObject({
      ok: false,
      failure: { reason: "unsupported", what: "reading a folder", file: join(folder, "thing.json") },
    });
  });

  test("of the project describe plain, uki and zboot, and uki nests the other two", async () => {
    const targets = expectValue(await loadTargets(["templates"]));
    expect([...targets.keys()]).toEqual(["plain", "uki", "zboot"]);
    const nested = ["zboot", "plain"];
    expect(targets.get("uki")?.nested).toEqual({ arm64: nested, riscv: nested, loongarch: nested });
  });
});
