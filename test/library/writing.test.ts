import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { eject, explore } from "#library/index.ts";
import { expectValue } from "../support/expect-value.ts";
import { newFolder, write } from "../support/kernel-tree.ts";

it("eject writes the folder that the command writes, for v7 where nothing is said", async () => {
  const cwd = newFolder();
  const { revision, parsers, files } = expectValue(await eject({ folder: "parsers" }, { cwd }));
  expect({ revision, parsers }).toEqual({ revision: "v7", parsers: ["plain", "uki", "zboot"] });
  expect(files.filter((name) => !existsSync(join(cwd, "parsers", name)))).toEqual([]);
});

it("explore writes a page with the images, and tells one that is not there", async () => {
  const cwd = newFolder();
  write(join(cwd, "one.efi"), "MZ");
  expectValue(await explore({ files: ["one.efi"], output: "page.html" }, { cwd }));
  expect(readFileSync(join(cwd, "page.html"), "utf8")).toContain("one.efi");
  expect(await explore({ files: ["none.efi"], output: "other.html" }, { cwd })).toMatchObject({
    ok: false,
    failure: { reason: "file-failed" },
  });
});
