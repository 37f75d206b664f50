import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  checkToolOutput,
  isWholeElf,
  isWholeHeader,
  isWholeSkeleton,
  readLightSkeleton,
} from "#build/tool-output.ts";
import { ok, type Result } from "#core/result.ts";
import { encodeElf } from "#formats/elf/encode.ts";
import { parseLightSkeleton } from "#formats/light-skeleton/light-skeleton.ts";
import { skeletonText } from "../formats/light-skeleton/skeleton-text.ts";

const detail = (result: Result<unknown>): unknown =>
  result.ok ? "whole" : "detail" in result.failure ? result.failure.detail : result.failure;
const header = (text: string) => detail(isWholeHeader(Buffer.from(text)));
const unfinished = (end: string) =>
  `the tool ended well, but what it wrote is not whole: it does not end with ${end}`;

describe("a C header is whole", () => {
  test("with the #endif of its guard, a comment beside it or not", () => {
    expect(header("#ifndef X_H\n#define X_H\nint a;\n#endif\n")).toBe("whole");
    expect(header("/* by bpftool */\n#ifndef X_H  \nint a;\n#endif /* X_H */\n")).toBe("whole");
    expect(header("#ifndef X_H\nint a;\n")).toBe(unfinished("the #endif of its guard"));
    expect(header("#ifndef X_H\nint a;\n#endif")).toBe(unfinished("the #endif of its guard"));
  });

  test("without a guard, where it ends with a declaration", () => {
    expect(header("typedef int x;\n")).toBe("whole");
    expect(header("struct x {\n};\n\n")).toBe("whole");
    expect(header("struct x {\n")).toBe(unfinished("a declaration"));
    expect(header("#endif\n")).toBe(unfinished("a declaration"));
    expect(header("")).toBe(unfinished("a declaration"));
  });

  test("whatever lies between its first and its last 4096 bytes", () => {
    const filler = "int aaaaaaa;\n".repeat(1000);
    expect(header(`#ifndef X_H\n${filler}#endif\n`)).toBe("whole");
    expect(header(`#ifndef X_H\n${filler}`)).toBe(unfinished("the #endif of its guard"));
    // A guard that begins later is not the file's.
    expect(header(`${filler}#ifndef X_H\n#endif\n${filler}`)).toBe("whole");
  });

  test("is told with its length where it is not", () => {
    expect(isWholeHeader(Buffer.from("struct x {\n"))).toMatchObject({
      failure: { reason: "malformed", format: "C header", section: "end", offset: 11 },
    });
  });
});

test("a skeleton without its arrays is refused, and an object that is none", () => {
  expect(isWholeSkeleton(Buffer.from("typedef int x;\n"))).toMatchObject({ ok: false });
  expect(isWholeElf(Buffer.from("no ELF"))).toMatchObject({ ok: false, failure: { format: "ELF" } });
});

test("an object is whole with code or types", () => {
  const whole = (name: string) =>
    detail(
      isWholeElf(
        encodeElf({
          ...{ type: 1, machine: 247, layout: "headers-first" },
          sections: [{ name, type: 1, flags: 0n, data: Buffer.alloc(8) }],
        }),
      ),
    );
  expect([".text", ".BTF"].map(whole)).toEqual(["whole", "whole"]);
  expect(whole(".data")).toBe(
    "the tool ended well, but what it wrote is not whole: it has neither code nor types",
  );
});

describe("a tool's output", () => {
  const folder = mkdtempSync(join(tmpdir(), "tool-output-"));
  test("is checked as the file that it is going to be", () => {
    const file = join(folder, "temporary");
    writeFileSync(file, "half");
    expect(checkToolOutput(file, "vmlinux.h", isWholeHeader)).toMatchObject({
      ok: false,
      failure: { reason: "malformed", file: "vmlinux.h" },
    });
    expect(checkToolOutput(file, "vmlinux.h", (bytes) => ok(bytes))).toEqual({ ok: true, value: undefined });
  });

  test("must be there", () => {
    expect(checkToolOutput(join(folder, "none"), "x", isWholeHeader)).toMatchObject({
      failure: { reason: "file-failed", code: "ENOENT" },
    });
    rmSync(folder, { recursive: true });
  });
});

test("a skeleton that is read again is the same one, and another text is read anew", () => {
  const texts = [
    skeletonText({ data: Uint8Array.of(1) }),
    skeletonText({ data: Uint8Array.of(2) }),
    "no skeleton",
  ];
  for (const text of [...texts, ...texts]) {
    const read = readLightSkeleton(text);
    expect(read).toEqual(parseLightSkeleton(text));
    expect(readLightSkeleton(text)).toBe(read);
  }
});
