import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it, describe as suite } from "vitest";
import type { Btf } from "#formats/btf/btf.ts";
import { emitHeader } from "#formats/btf/c/c-header.ts";
import { describe } from "#formats/btf/c/c-text.ts";
import { findBtf } from "#formats/btf/find-btf.ts";
import { membersOf } from "#formats/btf/members.ts";
import { sizeOf } from "#formats/btf/resolve.ts";
import type { BtfType } from "#formats/btf/types.ts";
import { expectValue } from "../../support/expect-value.ts";
import { processorTime } from "../../support/until.ts";
import { BPFTOOL, btfOf, CLANGS, compile, inFolder, layoutAssertions, layoutOf, STRIP } from "./clang.ts";
import { opened } from "./samples.ts";

const VMLINUX = "/sys/kernel/btf/vmlinux";

/** The BTF of the running kernel. */
let bytes: Buffer;
let btf: Btf;

/** A type in the words of `bpftool btf dump --json`. */
function asBpftool(type: BtfType): Record<string, unknown> {
  const named = { id: type.id, kind: type.kind.toUpperCase(), name: type.name === "" ? "(anon)" : type.name };
  switch (type.kind) {
    case "struct":
    case "union": {
      const members = type.members.map(({ name, type: type_id, bitOffset, bitSize }) => ({
        name: name === "" ? "(anon)" : name,
        type_id,
        bits_offset: bitOffset,
        ...(bitSize > 0 ? { bitfield_size: bitSize } : {}),
      }));
      return { ...named, size: type.size, vlen: members.length, members };
    }
    case "int":
      return { ...named, size: type.size, bits_offset: type.bitOffset, nr_bits: type.bits };
    case "array":
      return { ...named, type_id: type.type, index_type_id: type.indexType, nr_elems: type.length };
    case "enum":
      return { ...named, size: type.size, vlen: type.values.length, values: type.values.map(asValue) };
    case "func_proto": {
      const params = type.parameters.map(({ name, type: type_id }) => ({ name: name || "(anon)", type_id }));
      if (type.variadic) params.push({ name: "(anon)", type_id: 0 });
      return { ...named, ret_type_id: type.returns, vlen: params.length, params };
    }
    case "fwd":
      return { ...named, fwd_kind: type.of };
    case "func":
    case "var":
      return {
        ...named,
        type_id: type.type,
        linkage: type.linkage === "global" ? expect.anything() : type.linkage,
      };
    case "ptr":
    case "typedef":
    case "const":
    case "volatile":
    case "restrict":
    case "type_tag":
      return { ...named, type_id: type.type };
    case "decl_tag":
      return { ...named, type_id: type.type };
    default:
      return named;
  }
}

/** bpftool extends the sign of unsigned values above 2^31, and JSON rounds what comes of it. */
const asValue = ({ name, value }: { name: string; value: number }) => ({
  name,
  val: value > 0x7fffffff ? expect.anything() : value,
});

suite.skipIf(!existsSync(VMLINUX))("the running kernel's BTF (skipped where the kernel has none)", () => {
  beforeAll(() => {
    bytes = readFileSync(VMLINUX);
    btf = opened(bytes);
  });

  it("opens in well under a second, and every type in it is built", () => {
    expect(processorTime(() => opened(bytes))).toBeLessThan(1000);
    const ids = [...btf.ids()];
    expect(ids.filter((id) => btf.type(id).kind !== btf.kind(id))).toEqual([]);
    expect(ids.length).toBe(btf.typeCount - 1);
    expect(ids.length).toBeGreaterThan(10_000);
  });

  it("describes every type in a line", () => {
    expect([...btf.ids()].filter((id) => /\n|\.\.\.$/.test(describe(btf, id)))).toEqual([]);
    const id = btf.find("vfs_read", ["func"]) ?? 0;
    expect(describe(btf, id)).toBe(
      "ssize_t vfs_read(struct file *file, char *buf, size_t count, loff_t *pos)",
    );
  });

  it("is found in the middle of other bytes", () => {
    const image = Buffer.concat([Buffer.alloc(65_536, 0x9f), bytes, Buffer.alloc(4096, 0xeb)]);
    expect(findBtf(image)).toMatchObject({ offset: 65_536, length: bytes.length });
  });

  it.skipIf(BPFTOOL === undefined)(
    "is what bpftool reads (skipped without bpftool in PATH or BPFTOOL)",
    () => {
      const dump = execFileSync(BPFTOOL ?? "", ["--json", "btf", "dump", "file", VMLINUX], {
        maxBuffer: 1024 ** 3,
        encoding: "utf8",
      });
      const { types } = JSON.parse(dump) as { types: readonly Record<string, unknown>[] };
      expect(types.length).toBe(btf.typeCount - 1);
      for (const type of types) expect(type).toMatchObject(asBpftool(btf.type(type["id"] as number)));
    },
  );

  /** task_struct, and the ten structs with the most members. */
  function largest(): string[] {
    const seen = new Set(["task_struct"]);
    const tags = [...btf.ids()]
      .filter(
        // Anonymous ones, of which there are thousands, have one name.
        (id) => btf.kind(id) === "struct" && btf.name(id) !== "" && btf.find(btf.name(id), ["struct"]) === id,
      )
      .sort((a, b) => btf.vlen(b) - btf.vlen(a));
    for (const id of tags.slice(0, 11)) seen.add(btf.name(id));
    return [...seen].slice(0, 11).map((name) => `struct ${name}`);
  }

  for (const clang of CLANGS) {
    it(`is laid out by ${clang} as before when its largest structs are written as C`, () => {
      const tags = largest();
      const header = expectValue(emitHeader(btf, tags));
      const main = `#include "vmlinux.h"\n${tags.map((tag, i) => `${tag} *p${i};`).join("\n")}\n`;
      const files = { "vmlinux.h": header.text, "main.c": main };
      const again = btfOf(compile(clang, files));
      for (const tag of tags) expect(layoutOf(again, tag)).toEqual(layoutOf(btf, tag));
      const asserted = { ...files, "main.c": main + layoutAssertions(btf, tags) };
      compile(clang, asserted, "-DBPF_NO_PRESERVE_ACCESS_INDEX");
    });

    const canCompare =
      BPFTOOL !== undefined && STRIP !== undefined && existsSync("/usr/include/bpf/bpf_helpers.h");
    const why = "(skipped without bpftool, llvm-strip and libbpf's headers)";

    it.skipIf(!canCompare)(`gives ${clang} the same object as bpftool's whole vmlinux.h ${why}`, () => {
      const [minimal, whole] = objects(clang, SMALL_PROGRAM, ["struct kref", ...LIBBPF_ROOTS], "declared");
      expect(stripped(minimal).equals(stripped(whole))).toBe(true);
    });

    // Newer clangs order forward declarations by their own memory addresses, so ids are left out here.
    it.skipIf(!canCompare)(
      `gives ${clang} the same code and types also where structs point to many others ${why}`,
      () => {
        const [minimal, whole] = objects(clang, PROGRAM, ["struct task_struct", ...LIBBPF_ROOTS], "defined");
        expect(allTypes(btfOf(minimal))).toEqual(allTypes(btfOf(whole)));
        const btfSections = [".BTF", ".BTF.ext", ".rel.BTF", ".rel.BTF.ext"].flatMap((name) => ["-R", name]);
        expect(stripped(minimal, ...btfSections).equals(stripped(whole, ...btfSections))).toBe(true);
      },
    );
  }

  let whole: string | undefined;
  const wholeHeader = () => {
    const words = ["btf", "dump", "file", VMLINUX, "format", "c"];
    return execFileSync(BPFTOOL ?? "", words, { maxBuffer: 1024 ** 3, encoding: "utf8" });
  };

  /** The program compiled with our header and with bpftool's. */
  function objects(
    clang: string,
    program: string,
    roots: string[],
    pointees: "declared" | "defined",
  ): [Buffer, Buffer] {
    whole ??= wholeHeader();
    const header = expectValue(emitHeader(btf, roots, { pointees }));
    expect(header.missing).toEqual([]);
    expect(header.text.length).toBeLessThan(whole.length / 10);
    const compiled = (text: string): Buffer => compile(clang, { "vmlinux.h": text, "main.c": program });
    return [compiled(header.text), compiled(whole)];
  }
});

/** A line for every type, without ids, sorted. */
function allTypes(types: Btf): string[] {
  return [...types.ids()]
    .map((id) => {
      const members = [...membersOf(types, id)].map(
        (m) => `${m.bitOffset}:${m.bitSize} ${m.name} ${describe(types, m.type)}`,
      );
      return [types.kind(id), describe(types, id), sizeOf(types, id), ...members].join("; ");
    })
    .sort();
}

/** What libbpf's bpf_helpers.h and bpf_tracing.h want to be known. */
const LIBBPF_ROOTS = [
  ..."__u8 __u16 __u32 __u64 __s8 __s16 __s32 __s64 u8 u16 u32 u64 bool size_t __be16 __be32 __wsum".split(
    " ",
  ),
  "struct pt_regs",
  "enum bpf_map_type",
  "BPF_RB_NO_WAKEUP",
  "true",
];

const SMALL_PROGRAM = `
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 65536); } ringbuf_1 SEC(".maps");
extern struct kref *bpf_get_parser_context(unsigned long id) __ksym;
SEC("fentry.s/kexec_image_parser_anchor")
int BPF_PROG(parse, struct kref *context, unsigned long id)
{
	__u32 *r = bpf_ringbuf_reserve(&ringbuf_1, 64, 0);
	if (!r) return 0;
	*r = context->refcount.refs.counter;
	struct kref *y = bpf_get_parser_context(id);
	bpf_ringbuf_submit(r, y ? BPF_RB_NO_WAKEUP : 0);
	return 0;
}
char LICENSE[] SEC("license") = "GPL";
`;

/** A program with maps, CO-RE relocations (a bit-field's too), a struct argument and enumerators. */
const PROGRAM = `
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 65536); } ringbuf_1 SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 8); __type(key, u32); __type(value, struct task_struct *); } tasks SEC(".maps");
struct record { __u64 pid; bool flag; size_t length; };
char text[16] = "data";
SEC("fentry.s/anchor")
int BPF_PROG(parse, struct task_struct *task, unsigned long id)
{
	struct record *r = bpf_ringbuf_reserve(&ringbuf_1, sizeof(*r), 0);
	u32 key = task->pid;
	if (!r) return 0;
	r->pid = BPF_CORE_READ(task, real_parent, tgid);
	r->flag = BPF_CORE_READ_BITFIELD_PROBED(task, in_execve) == true;
	r->length = bpf_core_field_size(task->comm) + text[id & 15];
	bpf_map_update_elem(&tasks, &key, &task, 0);
	bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP);
	return 0;
}
char LICENSE[] SEC("license") = "GPL";
`;

/** An object without DWARF, which has the header's line numbers in it. */
function stripped(object: Buffer, ...options: string[]): Buffer {
  return inFolder((folder) => {
    const file = join(folder, "main.o");
    writeFileSync(file, object);
    execFileSync(STRIP ?? "", ["-g", ...options, file]);
    return readFileSync(file);
  });
}
