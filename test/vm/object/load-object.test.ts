import { describe, expect, it } from "vitest";
import { loadParser } from "#vm/load-parser.ts";
import { sourceOf } from "#vm/program.ts";
import { contextLayout, runLoaded } from "#vm/run-parser.ts";
import { profileBtf } from "#vm/target/profile-btf.ts";
import { CLANGS, compile } from "../../formats/btf/clang.ts";

const HEAD = `
typedef unsigned long long u64; typedef unsigned int u32;
#define SEC(n) __attribute__((section(n), used))
#define NULL ((void *)0)
static void *(*bpf_map_lookup_elem)(void *, const void *) = (void *)1;
static long (*bpf_trace_printk)(const char *, u32, ...) = (void *)6;
static long (*bpf_loop)(u32, void *, void *, u64) = (void *)181;
char LICENSE[] SEC("license") = "GPL";
`;
const PROGRAM = `${HEAD}
struct { int (*type)[2]; int (*max_entries)[4]; u32 *key; u64 *value; } table SEC(".maps");
u64 counter = 5;
static u64 zero;
static const char volatile text[] = "read-only";
static long body(u32 i, u64 *sum) { *sum += i; zero += 1; return i == 6; }
__attribute__((noinline)) u64 twice(u64 x) { return x * 2; }
static __attribute__((noinline)) u64 deep(u64 x) { return twice(x) + counter; }
SEC("fentry/kexec_image_parser_anchor") int main_prog(u64 *args)
{
	u64 sum = 0, *value;
	u32 key = 3;
	char format[] = "sum %llu deep %llu zero %llu";
	bpf_loop(100, body, &sum, 0);
	bpf_trace_printk(format, sizeof(format), sum, deep(args[1]), zero);
	value = bpf_map_lookup_elem(&table, &key);
	if (value)
		*value = text[0];
	return value ? *value : -1;
}
`;
const target = profileBtf("v7");

function load(clang: string, source: string, ...options: string[]) {
  return loadParser(compile(clang, { "main.c": source }, ...options), { target });
}

describe.skipIf(CLANGS.length === 0)("a BPF object (skipped where no clang is in PATH)", () => {
  it.each(CLANGS.flatMap((clang) => ["v1", "v2", "v3"].map((cpu) => [clang, cpu] as const)))(
    "of %s for %s runs with its functions, callbacks, maps and data",
    (clang, cpu) => {
      const loaded = load(clang, PROGRAM, `-mcpu=${cpu}`);
      if (!loaded.ok) throw new Error(JSON.stringify(loaded.failure));
      const [program] = loaded.value.programs;
      const layout = contextLayout(target, "v7");
      if (program === undefined || layout === undefined) throw new Error("no program");
      const outcome = runLoaded(program, new Uint8Array(4), layout, { parserId: 11 });
      expect(outcome).toMatchObject({
        fault: undefined,
        leaks: [],
        trace: ["sum 21 deep 27 zero 7"],
        result: BigInt("r".charCodeAt(0)),
      });
      expect(program.attachedTo).toBe("kexec_image_parser_anchor");
      expect(program.functions.map(({ name }) => name).sort()).toEqual([
        "body",
        "deep",
        "main_prog",
        "twice",
      ]);
      const callback = program.functions.find(({ name }) => name === "body");
      expect(sourceOf(program, (callback?.offset ?? 0) / 8)?.text).toContain("static long body");
    },
  );

  it.each([
    [
      "a traced function",
      HEAD,
      "fentry/do_nothing",
      "args[0]",
      "the kernel's BTF has no function do_nothing",
    ],
    [
      "a kfunc",
      `${HEAD}extern int bpf_absent(u64 x) __attribute__((section(".ksyms")));`,
      "fentry/kexec_image_parser_anchor",
      "bpf_absent(args[0])",
      "the kernel's BTF has no kfunc bpf_absent",
    ],
  ])("is refused where the kernel has not %s that it names", (_, head, section, body, detail) => {
    const source = `${head}\nSEC("${section}") int main_prog(u64 *args) { return ${body}; }`;
    expect(load(CLANGS[0] ?? "", source)).toMatchObject({
      ok: false,
      failure: { reason: "load-refused", errno: 2, details: [detail] },
    });
  });

  it("loads what a kernel loads, and faults only where it is used", () => {
    const source = `${HEAD}
extern int LINUX_KERNEL_VERSION __attribute__((section(".kconfig")));
extern void bpf_absent(void) __attribute__((section(".ksyms"), weak));
struct { int (*type)[4]; int (*key_size)[4]; int (*value_size)[4]; } events SEC(".maps");
struct { int (*type)[12]; int (*max_entries)[2]; u32 *key; u32 *value; } outer SEC(".maps");
SEC("fentry/kexec_image_parser_anchor") int main_prog(u64 *args)
{
	u32 key = 0;
	if (bpf_absent)
		bpf_absent();
	if (args[1] == 11)
		return 5;
	if (args[1] == 12)
		return LINUX_KERNEL_VERSION;
	return bpf_map_lookup_elem(args[1] == 13 ? (void *)&events : (void *)&outer, &key) != NULL;
}`;
    for (const clang of CLANGS) {
      const loaded = load(clang, source);
      if (!loaded.ok) throw new Error(JSON.stringify(loaded.failure));
      const [program] = loaded.value.programs;
      const layout = contextLayout(target, "v7");
      if (program === undefined || layout === undefined) throw new Error("no program");
      const run = (parserId: number) => runLoaded(program, new Uint8Array(4), layout, { parserId });
      expect(run(11)).toMatchObject({ fault: undefined, result: 5n });
      expect(run(12).fault).toMatchObject({
        reason: "not-modelled",
        access: { region: { name: "map .kconfig" } },
      });
      expect(run(13).fault).toMatchObject({ reason: "not-modelled", callee: "bpf_map_lookup_elem" });
      expect(run(14).fault).toMatchObject({ reason: "not-modelled", callee: "bpf_map_lookup_elem" });
    }
  });

  it("needs a program", () => {
    expect(load(CLANGS[0] ?? "", `${HEAD}u64 twice(u64 x) { return x * 2; }`)).toMatchObject({
      failure: { reason: "nothing-loaded" },
    });
  });
});
