import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { cliOk } from "../support/cli.ts";
import { newFolder, write } from "../support/kernel-tree.ts";

const cwd = newFolder();
const man = join(cwd, "man");
const manual = join(man, "man1");

beforeAll(async () => {
  await cliOk(["manual", "-o", manual], { cwd });
  write(join(cwd, "image.efi"), "");
  for (const shell of ["zsh", "fish"]) {
    write(join(cwd, "scripts", shell), (await cliOk(["completion", shell], { cwd })).stdout);
  }
});

test("mandoc finds nothing in any manual page, and there is one for each command", () => {
  const pages = readdirSync(manual);
  expect(pages).toEqual(expect.arrayContaining(["kexec-bpf.1", "kexec-bpf-build.1", "kexec-bpf-pack-uki.1"]));
  // A page may name the others where mandoc looks for them.
  const { stdout, status } = spawnSync("mandoc", ["-Tlint", ...pages], { cwd: manual, encoding: "utf8" });
  const told = stdout.split("\n").filter((line) => line !== "" && !/referenced manual not found/.test(line));
  expect({ told, errors: (status ?? 9) > 2 }).toEqual({ told: [], errors: false });
});

test("the page of build reads as its help does", () => {
  const text = execFileSync("mandoc", ["-Tascii", "kexec-bpf-build.1"], { cwd: manual, encoding: "utf8" });
  const plain = text.replace(/.[\b]/g, "");
  expect(plain).toContain("kexec-bpf-build – build parsers for a kernel".replace("–", "-"));
  expect(plain).toMatch(/--max-initrd size/);
  expect(plain).toMatch(/One of auto, v6, v7\. +Default: auto\./);
});

const fish = (line: string): readonly string[] =>
  execFileSync("fish", ["--no-config", "-c", `source scripts/fish; complete -C '${line}'`], {
    cwd,
    encoding: "utf8",
  })
    .trim()
    .split("\n")
    .map((each) => each.split("\t")[0] ?? "");

test.each([
  ["kexec-bpf verify-", ["verify-signature"]],
  ["kexec-bpf pack ", ["container", "envelope", "pe", "uki", "zboot"]],
  ["kexec-bpf build --abi ", ["auto", "v6", "v7"]],
  ["kexec-bpf build --max-k", ["--max-kernel"]],
  ["kexec-bpf pack pe --cert", ["--certificates"]],
  ["kexec-bpf inspect ima", ["image.efi"]],
  ["kexec-bpf completion z", ["zsh"]],
  ["kexec-bpf hel", ["help"]],
  ["kexec-bpf verify --reference u", ["uki"]],
  ["kexec-bpf verify --reference ./im", ["./image.efi"]],
  ["kexec-bpf help ex", ["exit-status", "explore", "extract"]],
])("fish completes `%s`", (line, expected) => {
  expect([...fish(line)].sort()).toEqual(expected);
});

/** zsh completes in a terminal alone: one of its own runs a shell, gets the words typed and prints what it shows. */
const zsh = (line: string): string => {
  const program = `
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z 'PROMPT=; autoload -Uz compinit; compinit -u -d ${cwd}/zdump; cd ${cwd}; source scripts/zsh; LISTMAX=1000; setopt list_ambiguous no_beep; zstyle ":completion:*" list-prompt ""; print RE""ADY'
local line
while zpty -r z line; do [[ $line == *READY* ]] && break; done
zpty -w -n z $'${line}\\t\\t'
sleep 2
zpty -r -t z line '*'
local all=
while zpty -r -t z line; do all+=$line; done
zpty -d z
print -r -- "$all"`;
  return execFileSync("zsh", ["-f", "-c", program], { cwd, encoding: "utf8", timeout: 60_000 });
};

test.each([
  ["kexec-bpf verify-s", /verify-signature/],
  ["kexec-bpf build --abi ", /auto.*v6.*v7/s],
  ["kexec-bpf build --max-k", /--max-kernel/],
  ["kexec-bpf inspect ima", /image\.efi/],
  ["kexec-bpf help exi", /exit-status/],
  ["kexec-bpf verify --reference env", /envelope/],
  ["kexec-bpf verify --reference ima", /image\.efi/],
])("zsh completes `%s`", (line, expected) => {
  expect(zsh(line)).toMatch(expected);
});
