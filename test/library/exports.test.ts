import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as library from "#library/index.ts";

/** What programs are promised: docs/library.md. */
const FUNCTIONS = [
  ...["build", "make", "inspect", "extract", "decompose", "stream", "disasm", "verify", "corpus", "fuzz"],
  ...["kernelTest", "bootTest", "sign", "verifySignature", "check", "pack", "unpack", "doctor"],
  ...["prove", "eject", "explore", "newTarget"],
];

describe("the library", () => {
  it("has a function for all that the program does", () => {
    const functions = Object.entries(library).flatMap(([name, value]) =>
      typeof value === "function" ? [name] : [],
    );
    expect(functions).toEqual(expect.arrayContaining(FUNCTIONS));
  });

  it("has each of its functions in docs/library.md, which names no other", () => {
    const rows = [...readFileSync("docs/library.md", "utf8").matchAll(/^\| (`\w+`(?:, `\w+`)*) \|/gm)];
    const told = rows.flatMap(([, names = ""]) => names.replaceAll("`", "").split(", "));
    expect(told.toSorted()).toEqual(Object.keys(library).toSorted());
  });
});
