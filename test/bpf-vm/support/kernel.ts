import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cacheFolder } from "#toolchain/settings.ts";
import { compile, BPFTOOL as IN_PATH } from "../../formats/btf/clang.ts";
import { COMPILERS } from "../../generate/host-compiler.ts";
import { NOT_HERE } from "../../support/no-silent-skips.ts";

/*
 * This machine's kernel as a judge: a light skeleton is loaded by its own header in a small program, and
 * bpftool shows what came of it while that program lives. Nothing of this project's own code is used.
 */

const PREPARED = join(cacheFolder(process.env), "tools/bpftool/usr/sbin/bpftool");
export const BPFTOOL = existsSync(PREPARED) ? PREPARED : (IN_PATH ?? "bpftool");
const [COMPILER] = COMPILERS;

export const KERNEL_BTF = "/sys/kernel/btf/vmlinux";

/** Why this machine's kernel cannot be asked; undefined if it can. CI lets such a skip pass (no-silent-skips.ts). */
export function whyNoBpf(): string | undefined {
  if (!existsSync(KERNEL_BTF)) return `${NOT_HERE}: the kernel has no BTF`;
  // Needs what loading needs, and changes nothing.
  const { status } = spawnSync(BPFTOOL, ["prog", "list"], { stdio: "ignore" });
  return status === 0 ? undefined : `${NOT_HERE}: bpf() is not permitted`;
}

const LOADER = `
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/bpf.h>
#include "main.lskel.h"

static unsigned int id_of(int fd)
{
	/* The id is the second word of struct bpf_map_info and of struct bpf_prog_info. */
	unsigned int info[64] = {};
	union bpf_attr attr = {};

	attr.info.bpf_fd = fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = (unsigned long)info;
	if (syscall(__NR_bpf, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)))
		exit(3);
	return info[1];
}

int main(void)
{
	struct main_bpf *skeleton = main_bpf__open();
	struct bpf_map_desc *maps = (void *)&skeleton->maps;
	struct bpf_prog_desc *progs = (void *)&skeleton->progs;
	int error = skeleton ? main_bpf__load(skeleton) : -ENOMEM;

	if (error) {
		fprintf(stderr, "%s\\n", strerror(-error));
		return 2;
	}
	for (unsigned int i = 0; i < sizeof(skeleton->maps) / sizeof(*maps); i++)
		printf("map %u\\n", id_of(maps[i].map_fd));
	for (unsigned int i = 0; i < sizeof(skeleton->progs) / sizeof(*progs); i++)
		printf("prog %u\\n", id_of(progs[i].prog_fd));
	printf("end\\n");
	fflush(stdout);
	getchar();
	return 0;
}
`;

export type KernelMap = {
  readonly name: string;
  readonly type: string;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: number;
  readonly frozen: boolean;
  /** Of an array: its first element. */
  readonly content?: readonly number[];
};

/** What the kernel made of a light skeleton. */
export type KernelLoad = {
  readonly object: Uint8Array;
  readonly header: Uint8Array;
  /** In the order of the skeleton's descriptors. */
  readonly maps: readonly KernelMap[];
  /** `slot: text`, maps by their names, without the numbers of helpers and kfuncs, which are addresses here. */
  readonly instructions: readonly string[];
  readonly lines: readonly { readonly slot: number; readonly line: number; readonly text: string }[];
};

/** Compiles a program, makes its light skeleton, and has the kernel load it. Throws with the tools' words. */
export async function loadInKernel(clang: string, source: string): Promise<KernelLoad> {
  const object = compile(clang, { "main.c": source }, "-mcpu=v3");
  return inFolderAsync(async (folder) => {
    writeFileSync(join(folder, "main.o"), object);
    const header = bpftool("gen", "skeleton", "-L", join(folder, "main.o"), "name", "main_bpf");
    writeFileSync(join(folder, "main.lskel.h"), header);
    writeFileSync(join(folder, "loader.c"), LOADER);
    execFileSync(COMPILER ?? "cc", ["-w", "-o", "loader", "loader.c"], { cwd: folder, stdio: "pipe" });
    const loader = spawn(join(folder, "loader"), { stdio: ["pipe", "pipe", "pipe"] });
    try {
      const ids = await firstWords(loader);
      const of = (kind: string) => ids.filter(([word]) => word === kind).map(([, id]) => id ?? "");
      const maps = of("map").map(showMap);
      const names = new Map(of("map").map((id, i) => [id, maps[i]?.name ?? ""]));
      const [program = ""] = of("prog");
      return { object, header, maps, ...showProgram(program, names) };
    } finally {
      loader.stdin.end();
    }
  });
}

/** The loader's lines up to `end`, split in words. */
function firstWords(loader: ReturnType<typeof spawn>): Promise<string[][]> {
  return new Promise((resolve, reject) => {
    let said = "";
    let complaint = "";
    loader.stderr?.on("data", (chunk) => {
      complaint += chunk;
    });
    loader.stdout?.on("data", (chunk) => {
      said += chunk;
      if (said.endsWith("end\n")) resolve(said.split("\n").map((line) => line.split(" ")));
    });
    loader.on("close", (code) => reject(new Error(`the loader ended with ${code}: ${complaint}`)));
  });
}

function bpftool(...args: string[]): Buffer {
  return execFileSync(BPFTOOL, args, { stdio: ["ignore", "pipe", "pipe"], maxBuffer: 1 << 28 });
}

function showMap(id: string): KernelMap {
  const shown = JSON.parse(bpftool("-j", "map", "show", "id", id).toString());
  const isArray = shown.type === "array";
  const first = isArray && JSON.parse(bpftool("-j", "map", "lookup", "id", id, "key", ..."0000").toString());
  return {
    name: shown.name,
    type: shown.type,
    keySize: shown.bytes_key,
    valueSize: shown.bytes_value,
    maxEntries: shown.max_entries,
    flags: shown.flags,
    frozen: shown.frozen === 1,
    ...(isArray && { content: first.value.map(Number) }),
  };
}

function showProgram(id: string, maps: ReadonlyMap<string, string>) {
  const text = bpftool("prog", "dump", "xlated", "id", id, "linum").toString();
  const instructions: string[] = [];
  const lines: { slot: number; line: number; text: string }[] = [];
  let pending: { line: number; text: string } | undefined;
  for (const row of text.split("\n")) {
    const [, source, line] = /^; (.*) \[file:.* line_num:(\d+) line_col:\d+\]$/.exec(row) ?? [];
    if (source !== undefined) pending = { line: Number(line), text: source };
    const [, slot, instruction] = /^ *(\d+): (.*)$/.exec(row) ?? [];
    if (slot === undefined || instruction === undefined) continue;
    if (pending !== undefined) lines.push({ slot: Number(slot), ...pending });
    pending = undefined;
    const named = instruction.replace(/map\[id:(\d+)\]/, (_, map) => `map[${maps.get(map)}]`);
    instructions.push(`${slot}: ${withoutNumbers(named)}`);
  }
  return { instructions, lines };
}

/** Helpers and kfuncs without their numbers, functions of the program without the tag in their symbols. */
export function withoutNumbers(instruction: string): string {
  return instruction.replace(/#bpf_prog_[0-9a-f]+_/, "#").replace(/(call bpf_\w+)#-?\d+$/, "$1");
}

async function inFolderAsync<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "kernel-test-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
