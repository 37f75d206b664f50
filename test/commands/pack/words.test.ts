import { describe, expect, test } from "vitest";
import { cli } from "../../support/cli.ts";
import { newFolder } from "../../support/kernel-tree.ts";

const usage = async (...words: readonly string[]) => {
  const { status, stdout, stderr } = await cli(words, { cwd: newFolder() });
  return [status, stdout, stderr];
};

describe("the words of pack", () => {
  test.each([
    [["pack"], "pack: envelope, pe, container, zboot, uki are known"],
    [["pack", "image"], "pack image: envelope, pe, container, zboot, uki are known"],
    [["pack", "envelope", "kernel", "initrd"], "cmdline is missing"],
    [["pack", "envelope", "kernel", "initrd", "a", "b"], "too many words: b"],
    [["pack", "pe", "image", "bytecode"], "--output is missing"],
    [["pack", "pe", "a", "b", "-o", "c", "-o", "d"], "--output is given more than once"],
    [
      ["pack", "pe", "a", "b", "-o", "c", "--certificates", "both"],
      "--certificates both: keep, strip are known",
    ],
    [["pack", "zboot", "a", "-o", "c", "--compress", "bzip2"], "--compress bzip2: gzip, lz4,"],
    [["pack", "uki", "--nonsense"], "Unknown argument: nonsense"],
    [["unpack", "file"], "--output is missing"],
  ])("%j are a matter of usage", async (words, detail) => {
    const [status, stdout, stderr] = await usage(...words);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(`kexec-bpf: ${detail}`);
  });

  test.each([
    [
      ["pack", "--help"],
      ["envelope", "container", "zboot"],
    ],
    [
      ["pack", "envelope", "--help"],
      ["zboot_image.elf", "--force", "@FILE"],
    ],
    [
      ["pack", "pe", "-h"],
      ["--replace", "--certificates"],
    ],
    [["unpack", "--help"], ["folder to write into"]],
  ])("%j show what there is", async (words, expected) => {
    const [status, stdout] = await usage(...words);
    expect(status).toBe(0);
    for (const word of expected) expect(stdout).toContain(word);
  });
});
