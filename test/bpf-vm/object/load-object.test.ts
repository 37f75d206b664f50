import { describe, expect, it } from "vitest";
import { loadParser } from "#bpf-vm/load-parser.ts";
import { sourceOf } from "#bpf-vm/program.ts";
import { contextLayout, runLoaded } from "#bpf-vm/run-parser.ts";
import { profileBtf } from "#bpf-vm/target/profile-btf.ts";
import { CLANGS, compile } from "../../formats/btf/clang.ts";
import { expectValue } from "../../support/expect-value.ts";

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
      const loaded = expectValue(load(clang, PROGRAM, `-mcpu=${cpu}`));
      const [program] = loaded.programs;
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
      const loaded = expectValue(load(clang, source));
      const [program] = loaded.programs;
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

  it.each([
    [1, 4096, 4096],
    [4096, 4096, 4096],
    [4097, 4096, 8192],
    [12288, 4096, 16384],
    [100_000, 65536, 131072],
    [65536, 65536, 65536],
  ])("has rings as libbpf makes them: of %d bytes with pages of %d come %d", (size, pageSize, ring) => {
    const source = `${HEAD}
struct { int (*type)[27]; int (*max_entries)[${size}]; } ring SEC(".maps");
SEC("fentry/kexec_image_parser_anchor") int main_prog(u64 *args) { return bpf_map_lookup_elem(&ring, args) != NULL; }`;
    for (const clang of CLANGS) {
      const loaded = expectValue(loadParser(compile(clang, { "main.c": source }), { target, pageSize }));
      expect(loaded.programs[0]?.maps).toMatchObject([{ name: "ring", maxEntries: ring }]);
    }
  });

  it('has its maps in the order of their places, shared data but for hidden variables, and no program of SEC("?…")', () => {
    const source = `${HEAD}
#define RING(name) struct { int (*type)[27]; int (*max_entries)[4]; } name SEC(".maps")
RING(m_second); RING(z_first) = {}; RING(a_third) = {};
u64 hidden_one __attribute__((visibility("hidden"))) SEC(".data.hidden") = 3;
u64 seen SEC(".data.seen") = 4;
SEC("fentry/kexec_image_parser_anchor") int z_prog(u64 *args)
{
	return bpf_map_lookup_elem(&a_third, args) || bpf_map_lookup_elem(&z_first, args) || hidden_one == seen;
}
SEC("fentry/kexec_image_parser_anchor") int a_prog(u64 *args) { return bpf_map_lookup_elem(&m_second, args) != NULL; }
SEC("?fentry/no_such_function") int optional(u64 *args) { return 0; }`;
    for (const clang of CLANGS) {
      const loaded = expectValue(load(clang, source));
      const { programs } = loaded;
      expect(programs.map(({ name }) => name)).toEqual(["z_prog", "a_prog"]);
      const maps = (programs[0]?.maps ?? []).map(({ name, flags }) => [name, flags]);
      const own = [...["z_first", "a_third", "m_second"].map((name) => [name, 0]), [".data.hidden", 0]];
      expect(maps).toEqual([...own, [".data.seen", 0x400]]);
    }
  });

  it.each([
    [
      "a static program",
      'static SEC("xdp") int local(u64 *args) { return 0; }',
      "local in section xdp is static",
    ],
    [
      "maps of libbpf before 1.0",
      'struct { int type; } old SEC("maps") = { 27 };',
      'takes no maps in SEC("maps")',
    ],
    [
      "a member of a map that it does not know",
      'struct { int (*type)[27]; int (*max_entries)[4096]; int (*colour)[1]; } ring SEC(".maps");',
      "map ring: libbpf knows no colour",
    ],
    [
      "a map without a type",
      'struct { int (*max_entries)[4096]; } ring SEC(".maps");',
      "map ring has no type",
    ],
    [
      "memcmp",
      "extern int memcmp(const void *, const void *, u64);",
      "clang 19 writes the comparison itself",
    ],
    ["memset", "extern void *memset(void *, int, u64);", "left a call of memset(), which no kernel has"],
  ])("is refused as libbpf and the kernel refuse %s", (what, declared, detail) => {
    const call = what === "memcmp" || what === "memset" ? `(u64)${what}(args, 0, 999) == 0` : "0";
    const source = `${HEAD}${declared}
SEC("fentry/kexec_image_parser_anchor") int main_prog(u64 *args) { return ${call}; }`;
    const loaded = load(CLANGS.at(-1) ?? "", source, "-fno-builtin");
    expect(loaded).toMatchObject({
      ok: false,
      failure: { reason: "load-refused", details: [expect.stringContaining(detail)] },
    });
  });

  it("needs a program", () => {
    expect(load(CLANGS[0] ?? "", `${HEAD}u64 twice(u64 x) { return x * 2; }`)).toMatchObject({
      failure: { reason: "nothing-loaded" },
    });
  });
});
