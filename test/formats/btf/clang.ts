import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Btf } from "#formats/btf/btf.ts";
import { describe } from "#formats/btf/c/c-text.ts";
import { findBtf } from "#formats/btf/find-btf.ts";
import { membersOf } from "#formats/btf/members.ts";
import { sizeOf } from "#formats/btf/resolve.ts";

/** The clangs in PATH, each once; the tests run with each, for their BTF and their warnings differ. */
export const CLANGS = ["clang-19", "clang-14", "clang"]
  .filter((tool) => runs(tool))
  .filter((tool, i, all) => all.findIndex((other) => versionOf(other) === versionOf(tool)) === i);

function versionOf(tool: string): string {
  return spawnSync(tool, ["--version"], { encoding: "utf8" }).stdout;
}

/** bpftool, if `BPFTOOL` or PATH has it. */
export const BPFTOOL = [process.env["BPFTOOL"] ?? "bpftool"].filter((tool) => runs(tool, "version"))[0];

export const STRIP = ["llvm-strip", "llvm-strip-19", "llvm-strip-14"].filter((tool) => runs(tool))[0];

function runs(tool: string, argument = "--version"): boolean {
  return spawnSync(tool, [argument], { stdio: "ignore" }).status === 0;
}

/** Calls `work` with a folder of its own, which is gone afterwards. */
export function inFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "btf-test-"));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Compiles `files["main.c"]` for BPF, with the other files beside it; throws with clang's words. */
export function compile(
  clang: string,
  files: Readonly<Record<string, string>>,
  ...options: string[]
): Buffer {
  return inFolder((folder) => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    // The folder's name would be in the BTF's strings.
    const paths = `-ffile-prefix-map=${folder}=.`;
    const fixed = ["-target", "bpf", "-g", "-O2", "-Werror", paths, "-c", "main.c", "-o", "main.o"];
    execFileSync(clang, [...fixed, ...options], { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
    return readFileSync(join(folder, "main.o"));
  });
}

/** The BTF in an object file. */
export function btfOf(object: Uint8Array): Btf {
  const found = findBtf(object);
  if (found === undefined) throw new Error("the object has no BTF");
  return found.btf;
}

/** C that compiles only if the compiler lays each `struct x` or `union x` out as `btf` says. */
export function layoutAssertions(btf: Btf, tags: readonly string[]): string {
  return tags.flatMap((tag) => assertions(btf, tag)).join("\n");
}

function assertions(btf: Btf, tag: string): string[] {
  const id = idOf(btf, tag);
  const lines = [`_Static_assert(sizeof(${tag}) == ${sizeOf(btf, id)}, "${tag}");`];
  for (const { name, offset, bitSize } of membersOf(btf, id)) {
    // A bit-field has no address; the layouts compared as BTF have it.
    if (bitSize > 0) continue;
    lines.push(`_Static_assert(__builtin_offsetof(${tag}, ${name}) == ${offset}, "${tag}.${name}");`);
  }
  return lines;
}

function idOf(btf: Btf, tag: string): number {
  const [kind, name] = tag.split(" ");
  const id = btf.find(name ?? "", [kind === "union" ? "union" : "struct"]);
  if (id === undefined) throw new Error(`no ${tag}`);
  return id;
}

/** One line a member with its place in bits and its type, bit-fields too. */
export function layoutOf(btf: Btf, tag: string): string[] {
  const id = idOf(btf, tag);
  const members = [...membersOf(btf, id)].map(
    ({ name, type, bitOffset, bitSize }) => `${bitOffset}:${bitSize} ${name} ${describe(btf, type)}`,
  );
  return [`${tag} ${sizeOf(btf, id)}`, ...members].map((line) => inClangsWords(line.replace(/___\d+/g, "")));
}

/** GCC, which built the kernel, orders the words of base types in another way. */
function inClangsWords(line: string): string {
  return line
    .replace(/\b(long long|long|short) unsigned int\b/g, "unsigned $1")
    .replace(/\b(long|short) int\b/g, "$1")
    .replace(/__int128 unsigned/g, "unsigned __int128");
}
