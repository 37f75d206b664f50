import { execFileSync } from "node:child_process";
import { cpSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { namingStdin } from "#cli/own-words.ts";
import { plainForm } from "#cli/plain-form.ts";
import { bootImage } from "../kernel-image/images.ts";
import { cli, programFile, runProgram } from "../support/cli.ts";
import { expectValue } from "../support/expect-value.ts";
import { newFolder, write } from "../support/kernel-tree.ts";
import { encodeUki } from "../support/uki-encoder.ts";

describe("a plain form", () => {
  test.each([
    ["inspect f", { command: "inspect", file: "f", hashes: true, json: false }],
    ["inspect --no-hashes f", { command: "inspect", file: "f", hashes: false, json: false }],
    ["inspect f --json --no-hashes", { command: "inspect", file: "f", hashes: false, json: true }],
    ["extract f -o out", { command: "extract", file: "f", output: "out", json: false }],
    ["extract --output out --json f", { command: "extract", file: "f", output: "out", json: true }],
  ])("is %s", (words, form) => {
    expect(plainForm(words.split(" "))).toEqual(form);
  });

  test.each([
    "",
    "inspect",
    "inspect f g",
    "inspect f --json --json",
    "inspect f --json=false",
    "inspect f --hashes",
    "inspect f --limit 64M",
    "inspect f --help",
    "inspect -- f",
    "inspect -",
    "extract f",
    "extract f -o",
    "extract -o out",
    "extract f -oout",
    "extract f -o --json",
    "extract f -o out -o out",
    "extract f -o out --no-hashes",
    "extract f --output=out",
    "make inspect f",
    "stream show f",
  ])("is not %j, which is left to yargs", (words) => {
    expect(plainForm(words.split(" "))).toBeUndefined();
  });

  test("has no empty file name", () => {
    expect(plainForm(["inspect", ""])).toBeUndefined();
    expect(plainForm(["extract", "f", "-o", ""])).toBeUndefined();
  });
});

describe("the program as a process answers a plain form as the parsed command does:", () => {
  const cwd = newFolder();
  const image = bootImage("arm64", Buffer.alloc(5000, "kernel"));
  const uki = expectValue(encodeUki({ arch: "arm64", sections: [{ name: ".linux", data: image }] }));
  write(join(cwd, "uki.efi"), uki);
  write(join(cwd, "Image.gz"), gzipSync(image));
  write(join(cwd, "cut.gz"), gzipSync(image).subarray(0, 60));

  test.each([
    ["inspect uki.efi", 0],
    ["inspect uki.efi --json", 0],
    ["inspect Image.gz --no-hashes", 0],
    ["inspect absent", 1],
    ["extract Image.gz -o Image", 0],
    ["extract uki.efi -o Image --json", 0],
    ["extract cut.gz -o Image", 1],
  ])("%s", async (words, status) => {
    const argv = words.split(" ");
    const { stdout, stderr, ...process } = await runProgram(argv, { cwd });
    expect({ status: process.status, stdout, stderr }).toEqual(await cli(argv, { cwd }));
    expect(process.status).toBe(status);
    expect(stdout + stderr).not.toBe("");
  });

  test("extract writes the Image", async () => {
    await runProgram(["extract", "Image.gz", "-o", "of-process"], { cwd });
    expect(readFileSync(join(cwd, "of-process")).equals(image)).toBe(true);
  });

  test.each([
    ["that is none", (code: string) => write(code, Buffer.alloc(5000, "no code"))],
    ["that is missing", (code: string) => rmSync(code)],
  ])("with compiled code %s", (_title, spoil) => {
    const copy = newFolder();
    cpSync(dirname(dirname(programFile())), copy, { recursive: true });
    for (const name of ["plain", "pack"]) spoil(join(copy, `dist/${name}.code`));
    const told = (...words: readonly string[]) =>
      execFileSync(join(copy, "bin/kexec-bpf"), words, { encoding: "utf8" });
    expect(told("inspect", join(cwd, "uki.efi"))).toMatch(/^format +UKI$/m);
    const [image, output] = [join(cwd, "uki.efi"), join(copy, "packed.elf")];
    expect(told("pack", "envelope", image, image, "quiet", "-o", output, "--force")).toContain(output);
  });
});

test.each([
  ["inspect - --json", "inspect /dev/stdin --json"],
  ["verify - --image -", "verify /dev/stdin --image /dev/stdin"],
  ["extract - -o -", "extract /dev/stdin -o -"],
  ["verify a --junit -", "verify a --junit -"],
])("- is standard input, but not where something is written: %s", (given, meant) =>
  expect(namingStdin(given.split(" ")).join(" ")).toBe(meant),
);
