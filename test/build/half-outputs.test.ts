import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { isWholeElf, isWholeHeader, isWholeSkeleton } from "#build/tool-output.ts";
import { cli } from "../support/cli.ts";
import { kernelTree, newFolder, script } from "../support/kernel-tree.ts";
import { CLANGS, installed } from "./judges.ts";

const CLANG = CLANGS.find(installed) ?? "clang";

/** A tool that does what the real one does for most words, and gives only the first bytes where `pattern` fits. */
const cutting = (name: string, real: string, pattern: string, bytes: number): string =>
  script(
    join(newFolder("tools"), name),
    `case "$*" in *"${pattern}"*) ${real} "$@" | head -c ${bytes}; exit 0;; esac\nexec ${real} "$@"`,
  );

it.each([
  {
    goal: "vmlinux.h",
    pattern: "btf dump",
    bytes: 100_000,
    says: "does not end with the #endif of its guard",
  },
  { goal: "vmlinux.h", pattern: "btf dump", bytes: 0, says: "does not end with a declaration" },
  {
    goal: "zboot_parser_bpf.lskel.h",
    pattern: "gen skeleton",
    bytes: 3000,
    says: "zboot_parser_bpf.lskel.h",
  },
])(
  "$goal of which bpftool prints $bytes bytes and ends well is refused",
  async ({ goal, pattern, bytes, says }) => {
    const { kexec } = kernelTree();
    const bpftool = cutting("bpftool", "bpftool", pattern, bytes);
    const words = ["make", goal, "ARCH=arm64", `BPFTOOL=${bpftool}`];
    const { status, stderr } = await cli(words, { cwd: kexec });
    expect(status).toBe(1);
    expect(stderr).toContain(says);
    expect(existsSync(join(kexec, goal))).toBe(false);
    // It is not remembered as good either.
    expect((await cli(words, { cwd: kexec })).status).toBe(1);
    expect((await cli(words.slice(0, 3), { cwd: kexec })).status).toBe(0);
  },
);

it("a vmlinux.h that bpftool cannot make fails the build, but not the parsers, which do not need it", async () => {
  const { kexec } = kernelTree();
  const bpftool = script(
    join(newFolder("tools"), "bpftool"),
    `case "$*" in *"btf dump"*) echo "Error: unknown kind 42" >&2; exit 255;; esac\nexec bpftool "$@"`,
  );
  const { status, stderr } = await cli(["make", "zboot", "ARCH=arm64", `BPFTOOL=${bpftool}`], { cwd: kexec });
  expect(status).toBe(1);
  expect(stderr).toContain("  Error: unknown kind 42\n");
  expect(existsSync(join(kexec, "zboot.bpf"))).toBe(true);
  expect(existsSync(join(kexec, "vmlinux.h"))).toBe(false);
  expect(existsSync(join(kexec, "zboot.manifest.json"))).toBe(false);
});

it("an object that clang leaves cut and ends well is refused", async () => {
  const { kexec } = kernelTree();
  const cut = `case "$*" in *" -c "*) ;; *) exec ${CLANG} "$@";; esac
${CLANG} "$@" || exit
while [ "$1" != -o ]; do shift; done
head -c 2000 "$2" > "$2.cut" && mv "$2.cut" "$2"`;
  const clang = script(join(newFolder("tools"), "clang"), cut);
  const words = ["make", "zboot_parser_bpf.o", "ARCH=arm64", `CLANG=${clang}`];
  const { status, stderr } = await cli(words, { cwd: kexec });
  expect(status).toBe(1);
  expect(stderr).toContain("zboot_parser_bpf.o: ELF");
  expect(existsSync(join(kexec, "zboot_parser_bpf.o"))).toBe(false);
});

it("every cut of a parser's real outputs is seen", async () => {
  const { kexec } = kernelTree();
  const names = ["vmlinux.h", "bpf_helper_defs.h", "zboot_parser_bpf.lskel.h", "zboot_parser_bpf.o"] as const;
  expect((await cli(["make", ...names, "ARCH=arm64"], { cwd: kexec })).status).toBe(0);
  const checks = [isWholeHeader, isWholeHeader, isWholeSkeleton, isWholeElf];
  for (const [index, name] of names.entries()) {
    const bytes = readFileSync(join(kexec, name));
    const check = checks[index];
    expect(check?.(bytes).ok, name).toBe(true);
    for (let part = 1; part < 40; part += 1) {
      const length = Math.floor((bytes.length * part) / 40) + 1;
      // A declaration may end there by chance; nothing tells that one from the last.
      if (name === "bpf_helper_defs.h" && bytes[length - 1] === 0x0a) continue;
      expect(check?.(bytes.subarray(0, length)).ok, `${length} bytes of ${name}`).toBe(false);
    }
  }
});
