import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { filesBelow, filesIn } from "#files/folder.ts";
import { readInputText } from "#files/input-file.ts";
import { programFile } from "../support/cli.ts";
import { temporaryFolder } from "../toolchain/temporary-folder.ts";

/** A folder in which one name and one folder's name are no UTF-8. */
async function oddFolder(): Promise<string> {
  const folder = await temporaryFolder();
  const odd = (name: string) => Buffer.concat([Buffer.from(`${folder}/${name}`), Buffer.of(0xff)]);
  writeFileSync(odd("b"), "#!odd");
  writeFileSync(join(folder, "a"), "even");
  writeFileSync(join(folder, ".hidden"), "");
  mkdirSync(odd("c"));
  writeFileSync(Buffer.concat([odd("c"), Buffer.from("/é")]), "below");
  return folder;
}

test("a folder's files are found whatever bytes their names are, and can be read by the names that were found", async () => {
  const folder = await oddFolder();
  expect(await filesIn(folder)).toEqual(["a", "b\udcff"]);
  const below = await filesBelow(folder);
  expect(below).toEqual(["a", "b\udcff", "c\udcff/é"]);
  const texts = await Promise.all(below.map((name) => readInputText(join(folder, name))));
  expect(texts.map((text) => text.ok && text.value)).toEqual(["even", "#!odd", "below"]);
});

test("a name on the command line that is no UTF-8 is the file's, and is shown", async () => {
  const script = `exec "$0" "$1" inspect --no-hashes "$(printf 'b\\377')"`;
  const cwd = await oddFolder();
  const shown = execFileSync("sh", ["-c", script, process.execPath, programFile()], {
    cwd,
    encoding: "utf8",
  });
  expect(shown).toContain("b\\xff\nformat  shell script\n");
});
