import { describe, expect, test } from "vitest";
import { PACK_COMMANDS } from "#cli/pack-words.ts";
import type { run } from "#cli/run.ts";
import { parseWords } from "#cli/words.ts";
import { progressBar } from "#report/progress.ts";
import { visible } from "#report/visible.ts";
import { cli } from "../support/cli.ts";
import { newFolder } from "../support/kernel-tree.ts";

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

  test("may begin with a dash behind --, and be empty", () => {
    const words = parseWords(PACK_COMMANDS.envelope, ["--", "-k", "initrd", ""]);
    expect(words.ok && [words.value.positional("kernel"), words.value.positional("cmdline")]).toEqual([
      "-k",
      "",
    ]);
  });

  test("keep the order of their options", () => {
    const words = parseWords(PACK_COMMANDS.uki, ["--initrd=a", "-o", "out", "--linux", "b", "--initrd", "c"]);
    expect(words.ok && words.value.ordered.map(({ name, value }) => `${name}=${value}`)).toEqual([
      "initrd=a",
      "output=out",
      "linux=b",
      "initrd=c",
    ]);
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

describe("the progress bar", () => {
  const MIB = 1024 * 1024;

  function bar(terminal: boolean) {
    let written = "";
    let now = 0;
    const stderr = (text: string): void => {
      written += text;
    };
    const io: Parameters<typeof run>[1] = {
      stdout: () => undefined,
      stderr,
      env: {},
      cwd: "/",
      terminal: { stdout: terminal, stderr: terminal },
      columns: 80,
      signal: new AbortController().signal,
    };
    const progress = progressBar(io, () => now);
    return {
      step: (done: number, total: number, passed: number) => {
        now += passed;
        progress.update?.(done, total);
      },
      end: progress.end,
      written: () => written,
    };
  }

  test("is drawn above 64 MiB, ten times a second at most, and taken away at the end", () => {
    const { step, end, written } = bar(true);
    step(25 * MIB, 100 * MIB, 0);
    step(26 * MIB, 100 * MIB, 99);
    step(50 * MIB, 100 * MIB, 1);
    end();
    expect(visible(written()).split("\r").slice(1)).toEqual([
      "\u001b[K[#######.......................] 26.2 MB of 104.9 MB",
      "\u001b[K[###############...............] 52.4 MB of 104.9 MB",
      "\u001b[K",
    ]);
  });

  test.each([
    ["of 64 MiB", true, 64 * MIB],
    ["without a terminal", false, 1000 * MIB],
  ])("is not drawn %s", (_, terminal, total) => {
    const { step, end, written } = bar(terminal);
    step(total / 2, total, 1000);
    end();
    expect(written()).toBe("");
  });
});
