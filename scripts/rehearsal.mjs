// SPDX-License-Identifier: MIT
// A world for a build that is run for V8's sake when the program is bundled (scripts/code-cache.cjs): the functions that it calls
// are compiled, which is what counts. No tool of the machine takes part, so that every machine gets the same.
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const ELF_HEADER = 64;
const SECTION_HEADER = 64;
const NAMES = "\0.text\0.shstrtab\0";
/** ELF's own numbers (elf.h): two sections behind the one that is none. */
const SECTIONS = [
  { name: 0, type: 0, length: 0 },
  { name: NAMES.indexOf(".text"), type: 1, length: 0 },
  { name: NAMES.indexOf(".shstrtab"), type: 3, length: NAMES.length },
];

/** `struct kexec_pe_parser_bpf`'s maps (src/generate/skeleton-shape.ts). */
const MAPS = ["ringbuf_1", "ringbuf_2", "ringbuf_3", "ringbuf_4", "rodata", "data", "rodata_str1_1", "bss"];

/**
 * Makes what a build needs in an empty folder.
 *
 * @returns make's words for it, and what its environment has to have
 */
export function rehearsal(folder) {
  const file = (name, content) => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const tool = (name, script) => {
    const path = file(name, `#!/bin/sh\n${script}`);
    chmodSync(path, 0o755);
    return path;
  };
  const object = file("object", smallElf());
  const skeleton = file("skeleton", lightSkeleton());
  const headers = join(folder, "bpf");
  mkdirSync(headers);
  for (const name of ["bpf_helpers.h", "bpf_tracing.h", "bpf_core_read.h", "bpf_helper_defs.h"])
    writeFileSync(join(headers, name), "int nothing;\n");
  const clang = tool(
    "clang",
    `case $1 in
--version) echo 'clang version 19.0.0' ;;
--print-targets) echo '    bpf - BPF' ;;
*) while [ "$1" != -o ]; do shift; done
  cp '${object}' "$2"
  echo 'parser.o: vmlinux.h' ;;
esac
`,
  );
  const bpftool = tool(
    "bpftool",
    `case "$*" in
*version*) echo '{"version":"7.5.0","libbpf_version":"1.5","features":{}}' ;;
*) cat '${skeleton}' ;;
esac
`,
  );
  const variables = {
    CLANG: clang,
    BPFTOOL: bpftool,
    LIBBPF_HEADERS: folder,
    VMLINUX_H: file("vmlinux.h", "int nothing;\n"),
    MAX_KERNEL: "1M",
    O: join(folder, "out"),
  };
  return {
    words: [
      "make",
      "ARCH=arm64",
      ...Object.entries(variables).map(([name, value]) => `${name}=${value}`),
      "uki",
    ],
    env: { PATH: process.env.PATH, KEXEC_BPF_CACHE: join(folder, "cache") },
  };
}

function smallElf() {
  const bytes = Buffer.alloc(ELF_HEADER + SECTIONS.length * SECTION_HEADER);
  // 64-bit, little-endian, version 1; relocatable, for BPF.
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  bytes.writeUInt16LE(1, 16);
  bytes.writeUInt16LE(247, 18);
  bytes.writeUInt32LE(1, 20);
  bytes.writeBigUInt64LE(BigInt(ELF_HEADER), 40);
  bytes.writeUInt16LE(ELF_HEADER, 52);
  bytes.writeUInt16LE(SECTION_HEADER, 58);
  bytes.writeUInt16LE(SECTIONS.length, 60);
  bytes.writeUInt16LE(SECTIONS.length - 1, 62);
  for (const [index, { name, type, length }] of SECTIONS.entries()) {
    const at = ELF_HEADER + index * SECTION_HEADER;
    bytes.writeUInt32LE(name, at);
    bytes.writeUInt32LE(type, at + 4);
    bytes.writeBigUInt64LE(BigInt(type === 0 ? 0 : bytes.length), at + 24);
    bytes.writeBigUInt64LE(BigInt(length), at + 32);
    bytes.writeBigUInt64LE(BigInt(type === 0 ? 0 : 1), at + 48);
  }
  return Buffer.concat([bytes, Buffer.from(NAMES)]);
}

function lightSkeleton() {
  const members = MAPS.map((name) => `struct bpf_map_desc ${name};`).join("\n");
  return `#ifndef __PARSER_H__
#define __PARSER_H__
${members}
struct bpf_prog_desc parse_pe;
static const char opts_data[] = "\\0\\x01";
static const char opts_insn[] = "\\x95\\0\\0\\0\\0\\0\\0\\0";
#endif /* __PARSER_H__ */
`;
}
