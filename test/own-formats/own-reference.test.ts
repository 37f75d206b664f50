import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openFormat, openReference } from "#own-formats/open-reference.ts";
import { ownReferenceOf } from "#own-formats/own-reference.ts";
import { expectFailure, expectValue } from "../support/expect-value.ts";
import { newFolder, write } from "../support/kernel-tree.ts";

const ORIGIN = { file: "/t/fit.mjs", digest: "0" };
const IMAGE = Uint8Array.from({ length: 64 }, (_, i) => i);
const LIMITS = { kernel: 32, initrd: 32, cmdline: 32 };
const KERNEL = { command: "COPY", offset: 8, size: 4 };

function asked(answer: unknown, revision: "v6" | "v7" = "v7") {
  const parse = () => answer;
  const reference = expectValue(ownReferenceOf({ name: "fit", parse }, ORIGIN));
  return reference.parse({ image: IMAGE, limits: LIMITS, revision });
}

describe("what a parser of the user's own answers", () => {
  it("is a stream in canonical order, a text with its NUL, in v7 with DONE", () => {
    const parts = {
      cmdline: { command: "COPY", offset: 1, size: 2 },
      initrd: { command: "COPY", offset: 0, size: 0 },
      kernel: { command: "COPY FILL", offset: 8, size: 4 },
    };
    const commands = expectValue(asked({ parts }));
    expect(commands.map(({ command, subcommand, pipeline }) => [command, subcommand, pipeline])).toEqual([
      ["COPY", "KERNEL", "FILL"],
      ["COPY", "CMDLINE", undefined],
      ["DONE", undefined, undefined],
    ]);
    expect(commands.map(({ payload }) => [...payload])).toEqual([[8, 9, 10, 11], [1, 2, 0], []]);
    expect(expectValue(asked({ parts: { kernel: KERNEL } }, "v6"))).toHaveLength(1);
  });

  it("may be a command line that is there and empty: one NUL", () => {
    const parts = { kernel: KERNEL, cmdline: { command: "COPY", offset: 0, size: 0 } };
    expect([...(expectValue(asked({ parts }))[1]?.payload ?? [])]).toEqual([0]);
  });

  it("may be a refusal, with section and offset", () => {
    const failure = expectFailure(asked({ refused: { section: "header", offset: 4, detail: "no kernel" } }));
    expect(failure).toEqual({
      ...{ reason: "malformed", format: "fit", section: "header", offset: 4 },
      detail: "no kernel",
    });
  });

  it("is refused for it where a part is larger than its record", () => {
    const parts = { kernel: { ...KERNEL, size: 33, field: { section: "header", offset: 12 } } };
    expect(expectFailure(asked({ parts }))).toMatchObject({
      ...{ reason: "size-exceeded", size: 33, limit: 32 },
      field: { section: "header", offset: 12 },
    });
  });

  it.each<[unknown, string]>([
    [undefined, "parse() gives neither { parts } nor { refused }"],
    [{ parts: [] }, "parse() gives neither { parts } nor { refused }"],
    [{ refused: "no" }, "refused must have section, offset and detail"],
    [{ parts: { dtb: KERNEL } }, "parts.dtb: kernel, initrd, cmdline are known"],
    [
      { parts: { kernel: { ...KERNEL, command: "copy" } } },
      "parts.kernel: command must be one of DECOMPRESS, COPY, COPY FILL",
    ],
    [
      { parts: { kernel: { ...KERNEL, offset: -1 } } },
      "parts.kernel: offset and size must be whole numbers of bytes",
    ],
    [
      { parts: { kernel: { ...KERNEL, offset: 61 } } },
      "parts.kernel: 4 bytes at 61 do not lie inside 64: refuse such an image (kernel)",
    ],
  ])("that is no answer is the reference's own fault: %j", (answer, detail) => {
    expect(expectFailure(asked(answer))).toEqual({ reason: "bad-reference", file: "/t/fit.mjs", detail });
  });

  it("that v6 has no word for is the reference's own fault", () => {
    expect(expectFailure(asked({ parts: {} }, "v6"))).toMatchObject({ detail: "parts.kernel is missing" });
    expect(
      expectFailure(asked({ parts: { kernel: { ...KERNEL, command: "COPY FILL" } } }, "v6")),
    ).toMatchObject({
      detail: "parts.kernel: v6 has no pipeline to FILL",
    });
  });

  it("that is thrown is the reference's own fault", () => {
    const parse = () => {
      throw new RangeError("Offset is outside");
    };
    const reference = expectValue(ownReferenceOf({ name: "fit", parse }, ORIGIN));
    expect(expectFailure(reference.parse({ image: IMAGE, limits: LIMITS, revision: "v7" }))).toMatchObject({
      reason: "bad-reference",
      detail: "parse() throws: Offset is outside",
    });
  });
});

describe("a format of the user's own", () => {
  const parse = () => ({ parts: {} });
  it.each<[unknown, string]>([
    [undefined, "its default export must be an object with name and parse"],
    [{ name: "Fit", parse }, "name must be lower-case letters, digits, - and _, a letter first"],
    [{ name: "fit" }, "parse must be a function"],
    [{ name: "fit", parse, goodImages: [] }, "goodImages must be a function"],
    [{ name: "fit", parse, fields: {} }, "fields must be a list"],
    [
      { name: "fit", parse, fields: [{ section: "header", name: "size", at: 0, width: 3, role: "size" }] },
      "field 0 must have section, name, at, width (1, 2, 4, 8) and role (magic, offset, size, count, index, type, ignored)",
    ],
  ])("is refused for what it lacks: %j", (exported, detail) => {
    expect(expectFailure(ownReferenceOf(exported, ORIGIN))).toEqual({
      ...{ reason: "bad-reference", file: "/t/fit.mjs", detail },
    });
  });

  it.each<[unknown, string]>([
    [[{ name: "A", image: IMAGE }], "goodImages(): name of image 0 must be lower-case letters, digits and -"],
    [[{ name: "a", image: "text" }], "goodImages(): image of a must be a Uint8Array"],
    [
      [
        { name: "a", image: IMAGE },
        { name: "a", image: IMAGE },
      ],
      "goodImages(): two images are named a",
    ],
  ])("is refused for good images that are none: %j", (images, detail) => {
    const reference = expectValue(ownReferenceOf({ name: "fit", parse, goodImages: () => images }, ORIGIN));
    expect(expectFailure(reference.goodImages("v7", undefined))).toMatchObject({ detail });
  });
});

describe("a module that --reference names", () => {
  const module = (text: string) => write(join(newFolder(), "fit.mjs"), text);

  it("is loaded, and again where its text has changed", async () => {
    const file = module('export default { name: "one", parse() {} };');
    expect(expectValue(await openFormat(file))).toMatchObject({ name: "one", file });
    write(file, 'export const name = "two"; export function parse() {}');
    expect(expectValue(await openFormat(file))).toMatchObject({ name: "two" });
  });

  it("that throws, is no module or is not there is a failure that names it", async () => {
    for (const text of ['throw new Error("oops")', 'import "./no.mjs";']) {
      const file = module(text);
      expect(expectFailure(await openReference(file))).toMatchObject({ reason: "bad-reference", file });
    }
    expect(expectFailure(await openReference("/nowhere/fit.mjs"))).toMatchObject({ reason: "file-failed" });
    expect(expectValue(await openReference("none"))).toBe("none");
    expect(expectValue(await openReference("uki"))).toBe("uki");
  });
});
