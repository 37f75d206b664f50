import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cli, cliOk } from "../../support/cli.ts";
import { newFolder, write } from "../../support/kernel-tree.ts";

const cwd = newFolder();
write(join(cwd, "image.efi"), "");
write(join(cwd, "folder/file"), "");

async function inBash(...words: string[]): Promise<readonly string[]> {
  const { stdout } = await cliOk(["completion", "bash"], { cwd });
  const call = `COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _kexec_bpf; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const said = execFileSync("bash", ["-c", `${stdout}\n${call}`, "bash", "kexec-bpf", ...words], {
    cwd,
    encoding: "utf8",
  });
  return said.trim().split("\n").sort();
}

describe("in bash", () => {
  test.each([
    [["verify-"], ["verify-signature"]],
    [
      ["pack", ""],
      ["container", "envelope", "pe", "uki", "zboot"],
    ],
    [
      ["build", "--abi", ""],
      ["auto", "v6", "v7"],
    ],
    [
      ["build", "--abi", "=", "v"],
      ["v6", "v7"],
    ],
    [["build", "--max-k"], ["--max-kernel"]],
    [["build", "-o", "f"], ["folder"]],
    [["verify", "--reference", "u"], ["uki"]],
    [["verify", "--reference", "i"], ["image.efi"]],
    [["inspect", "i"], ["image.efi"]],
    [["pack", "pe", "--cert"], ["--certificates"]],
    [["completion", "z"], ["zsh"]],
    [["help", "doc"], ["doctor"]],
    [["help", "exit"], ["exit-status"]],
  ])("%j becomes %j", async (words, expected) => {
    expect(await inBash(...words)).toEqual(expected);
  });
});

test("without a shell's name, the script is that of SHELL, else bash's; another shell is a usage error", async () => {
  const first = async (env: Record<string, string>) =>
    (await cliOk(["completion"], { cwd, env })).stdout.split("\n")[0];
  expect(await first({ SHELL: "/bin/zsh" })).toBe("#compdef kexec-bpf");
  expect(await first({ SHELL: "/usr/bin/fish" })).toContain("# fish completion");
  expect(await first({ SHELL: "/bin/dash" })).toContain("# bash completion");
  expect((await cli(["completion", "csh"], { cwd })).status).toBe(2);
});
