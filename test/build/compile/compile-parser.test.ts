import { existsSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { compileParser } from "#build/compile/compile-parser.ts";
import type { ParserKernel } from "#build/compile/parser-headers.ts";
import { BtfBuilder } from "../../support/btf-builder.ts";
import { expectFailure, expectValue } from "../../support/expect-value.ts";
import { newFolder, script, write } from "../../support/kernel-tree.ts";

/** A clang that names headers, copies what it is to make and keeps its words; a bpftool that prints a header. */
const machine = newFolder("machine");
const at = (name: string, content = "") => write(join(machine, name), content);
script(
  join(machine, "bin/clang"),
  `PATH=/usr/bin:/bin
case "$*" in
  --version) echo "clang version 19.1.7" ;;
  --print-targets) echo "    bpf - BPF" ;;
  *" -M -MG "*) echo "$*" > ${machine}/missing-words; cat ${machine}/missing; exit $(cat ${machine}/missing-status) ;;
  *" -E -P "*) echo "$*" > ${machine}/preprocess-words
    while [ "$1" != -o ]; do shift; done; cp ${machine}/preprocessed "$2" ;;
  *)
    echo "$*" > ${machine}/words; pwd >> ${machine}/words
    echo "careful" >&2
    [ "$(cat ${machine}/compile-status)" = 0 ] || exit 1
    while [ "$1" != -o ]; do [ "$1" = -include ] && cp "$2" ${machine}/included; [ "$1" = -I ] && last=$2; shift; done
    for name in vmlinux.h image_size.h; do [ ! -e "$last/$name" ] || cp "$last/$name" ${machine}/made-$name; done
    echo object > "$2"
    echo "parser.o: parser.c ../beside.h $last/image_size.h ${machine}/include/bpf/bpf_helpers.h parser.c" ;;
esac`,
);
script(
  join(machine, "bin/bpftool"),
  `PATH=/usr/bin:/bin
case "$*" in
  *version) echo '{"version":"7.5.0","libbpf_version":"1.5","features":{}}' ;;
  *) echo "$*" > ${machine}/dump-words; cat ${machine}/dumped; exit $(cat ${machine}/dump-status) ;;
esac`,
);
for (const name of ["bpf_helpers.h", "bpf_tracing.h", "bpf_core_read.h", "bpf_helper_defs.h"]) {
  at(`include/bpf/${name}`);
}

const source = write(join(newFolder(), "src/parser.c"), "");
const builder = new BtfBuilder();
builder.int("int", 4, 1);
const btf = write(join(newFolder(), "btf"), builder.build());

beforeEach(() => {
  for (const name of ["words", "included", "made-vmlinux.h", "made-image_size.h", "cache"]) {
    rmSync(join(machine, name), { recursive: true, force: true });
  }
  at("missing", "x.o: parser.c\n");
  at("preprocessed", "int f(struct kexec_context *c) { return bpf_buffer_parser(0, 0, 0); }\n");
  at("dumped", "int made_by_bpftool;\n");
  for (const status of ["missing-status", "dump-status", "compile-status"]) at(status, "0");
});

const compiled = (kernel: Partial<ParserKernel> = {}, signal?: AbortSignal) =>
  compileParser(
    source,
    ["../include"],
    { revision: "v7", btf, ...kernel },
    {
      env: { PATH: join(machine, "bin"), KEXEC_BPF_CACHE: join(machine, "cache") },
      libbpfHeaders: join(machine, "include"),
      ...(signal && { signal }),
    },
  );
const words = () => readFileSync(join(machine, "words"), "utf8");

describe("a parser written elsewhere", () => {
  it("is compiled in its own folder, and knows what of its sources stays", async () => {
    const made = expectValue(await compiled());
    expect({ ...made, object: Buffer.from(made.object).toString() }).toEqual({
      ...{ object: "object\n", warnings: "careful\n" },
      notes: ["the parsers' interface, which vmlinux.h lacks, is the built-in v7's"],
      sources: [
        ...[source, join(dirname(source), "../beside.h")],
        join(machine, "include/bpf/bpf_helpers.h"),
      ],
    });
    const include = join(machine, "include");
    const folders = `-I . -I ../include -I ${include} -I ${include}/bpf`;
    expect(words()).toMatch(
      new RegExp(
        `^-g -O2 .*-Wno-unused-parameter ${folders} -I \\S+ -include \\S+/kexec_interface.h -c parser.c -o \\S+/parser.o -MMD -MF -\n${dirname(source)}\n$`,
      ),
    );
    for (const name of ["missing", "preprocess"]) {
      const said = readFileSync(join(machine, `${name}-words`), "utf8");
      expect(said).toContain(folders);
      expect(said).toMatch(/ parser\.c\n$/);
    }
    expect(readFileSync(join(machine, "included"), "utf8")).toContain("bpf_buffer_parser");
    expect(existsSync(join(machine, "made-vmlinux.h"))).toBe(false);
    expect(existsSync(join(machine, "made-image_size.h"))).toBe(false);
  });

  it("gets the headers that are nowhere, and no more", async () => {
    at("missing", "x.o: parser.c vmlinux.h image_size.h\n");
    const { notes } = expectValue(await compiled());
    expect(notes.slice(0, 2)).toEqual([
      `vmlinux.h is made of ${btf}`,
      "image_size.h is made for kernels of up to 67043328 bytes",
    ]);
    expect(readFileSync(join(machine, "made-vmlinux.h"), "utf8")).toBe("int made_by_bpftool;\n");
    expect(readFileSync(join(machine, "dump-words"), "utf8")).toMatch(
      /^btf dump file \S+\/vmlinux.btf format c\n$/,
    );
    expect(readFileSync(join(machine, "preprocess-words"), "utf8").match(/-I /g)).toHaveLength(5);
    const sizes = readFileSync(join(machine, "made-image_size.h"), "utf8");
    for (const limit of ["67043328", "32768"]) expect(sizes).toContain(limit);
    write(join(dirname(source), "vmlinux.h"), "");
    const found = expectValue(await compiled());
    expect(found.notes.join()).not.toContain("vmlinux.h is made");
    rmSync(join(dirname(source), "vmlinux.h"));
  });

  it("gets no interface where it uses none", async () => {
    at("preprocessed", "int x;\n");
    expect(expectValue(await compiled()).notes).toEqual([]);
    expect(words()).not.toContain("-include");
  });

  it("fails as clang, bpftool and the search for types do", async () => {
    at("compile-status", "1");
    expect(expectFailure(await compiled())).toMatchObject({ reason: "tool-failed", log: "careful\n" });
    rmSync(join(machine, "words"));
    at("missing", "x.o: vmlinux.h\n");
    at("dumped", "struct half {\n");
    expect(expectFailure(await compiled())).toMatchObject({ reason: "malformed", file: "vmlinux.h" });
    at("dump-status", "3");
    expect(expectFailure(await compiled())).toMatchObject({ reason: "tool-failed", tool: "bpftool" });
    expect(expectFailure(await compiled({ btf: "/none" }))).toMatchObject({
      reason: "file-failed",
      file: "/none",
    });
    at("missing-status", "3");
    expect(expectFailure(await compiled())).toMatchObject({ reason: "tool-failed", tool: "clang" });
    const stopped = AbortSignal.abort("SIGINT");
    expect(expectFailure(await compiled({}, stopped))).toMatchObject({ reason: "cancelled" });
    expect(existsSync(join(machine, "words"))).toBe(false);
  });
});
