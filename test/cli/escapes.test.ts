import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cli } from "../support/cli.ts";
import { buildElf } from "../support/elf-builder.ts";
import { newFolder } from "../support/kernel-tree.ts";
import { buildPe } from "../support/pe-builder.ts";

const EVIL = "\u001b]0;x\u0007\x9b\u202e";

/** Files whose names and contents would have a terminal do something. */
function folder(): string {
  const cwd = newFolder("escapes");
  const named = buildElf([{ name: `.s${EVIL}`.slice(0, 8), data: Buffer.from("x") }]).bytes;
  writeFileSync(join(cwd, `elf${EVIL}`), named);
  writeFileSync(join(cwd, "elf"), named);
  const texts = [{ name: ".linux", data: Buffer.from("x") }];
  writeFileSync(join(cwd, "uki"), buildPe([...texts, { name: ".cmdline", data: Buffer.from(EVIL) }]).bytes);
  writeFileSync(join(cwd, "pe"), buildPe([{ name: ".a\u001b[2J", data: Buffer.from("x") }]).bytes);
  mkdirSync(join(cwd, "images"));
  writeFileSync(join(cwd, "images", `a${EVIL}`), "MZ");
  return cwd;
}

test.each([
  ["inspect", "elf"],
  ["inspect", `elf${EVIL}`],
  ["inspect", "uki"],
  ["inspect", "pe"],
  ["inspect", "elf", "--json"],
  ["inspect", "uki", "--json"],
  ["extract", `elf${EVIL}`, "-o", "out"],
  ["extract", `none${EVIL}`, "-o", "out"],
  ["check", `elf${EVIL}`],
  ["disasm", `elf${EVIL}`],
  ["verify", `elf${EVIL}`, "--image", "images"],
  ["stream", "show", `elf${EVIL}`],
  ["unpack", `elf${EVIL}`, "-o", "out"],
  [`no-command${EVIL}`],
])("%j prints no character that a terminal obeys", async (...words) => {
  const { stdout, stderr } = await cli(words, { cwd: folder() });
  expect(stdout + stderr).not.toMatch(/(?!\n)[\p{Cc}\u202e]/u);
  expect(stdout + stderr).toMatch(/\\(?:x1b|u001b|u009b|u202e)|elf/);
  if (words.includes("--json")) expect(JSON.parse(stdout)).toMatchObject({ schema: 1 });
});
