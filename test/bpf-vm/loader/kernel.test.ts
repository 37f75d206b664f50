import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { listProgram } from "#bpf-vm/disassembly.ts";
import { loadParser } from "#bpf-vm/load-parser.ts";
import { type MapDefinition, MapType } from "#bpf-vm/maps/definition.ts";
import type { LoadedProgram } from "#bpf-vm/program.ts";
import { decodeBtf } from "#formats/btf/decode.ts";
import { CLANGS } from "../../formats/btf/clang.ts";
import { expectValue } from "../../support/expect-value.ts";
import { describeUnless } from "../../support/tools.ts";
import { KERNEL_BTF, loadInKernel, whyNoBpf, withoutNumbers } from "../support/kernel.ts";

/*
 * The maps of the parsers, in a program that a stock kernel takes: a subprogram, data in every section, a
 * kfunc, and CO-RE relocations of all sorts against types whose local layout is another one.
 */
const SOURCE = `
typedef unsigned long long u64; typedef unsigned int u32;
#define SEC(n) __attribute__((section(n), used))
#define CORE __attribute__((preserve_access_index))
struct mm_struct { u64 start_code; } CORE;
struct task_struct { u32 tgid; struct mm_struct *mm; char comm[3]; u32 flags; } CORE;
struct no_such_struct { u32 member; } CORE;
enum bpf_map_type { BPF_MAP_TYPE_RINGBUF = 5 };

static void *(*bpf_get_current_task_btf)(void) = (void *)158;
static long (*bpf_probe_read_kernel)(void *, u32, const void *) = (void *)113;
static long (*bpf_trace_printk)(const char *, u32, ...) = (void *)6;
static void *(*bpf_ringbuf_reserve)(void *, u64, u64) = (void *)131;
static void (*bpf_ringbuf_discard)(void *, u64) = (void *)133;
extern void bpf_rcu_read_lock(void) SEC(".ksyms");
extern void bpf_rcu_read_unlock(void) SEC(".ksyms");

#define RING(name, size) struct { int (*type)[27]; int (*max_entries)[size]; } name SEC(".maps") = {};
RING(ringbuf_1, 65536)
RING(ringbuf_2, 131072)
RING(ringbuf_3, 65536)
RING(ringbuf_4, 262144)
char LICENSE[] SEC("license") = "GPL";
static char word[16] __attribute__((used)) = "in .data";
static const char text[16] SEC(".rodata.str1.1") = "in .rodata.str1";
static volatile u64 found[4];
const volatile unsigned long long limit = 7;

__attribute__((noinline)) int subprogram(u64 a)
{
	word[1] = a;
	return text[a & 7] + (a > limit);
}

SEC("syscall") int run(void *context)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct mm_struct *mm = 0;
	char format[] = "tgid %d";
	char *record;

	bpf_probe_read_kernel(&mm, sizeof(mm), &task->mm);
	found[0] = __builtin_preserve_field_info(task->comm, 1);
	found[1] = __builtin_preserve_type_info(*(struct no_such_struct *)0, 0);
	found[2] = __builtin_preserve_type_info(*(struct task_struct *)0, 1);
	found[3] = __builtin_preserve_enum_value(*(enum bpf_map_type *)BPF_MAP_TYPE_RINGBUF, 1);
	record = bpf_ringbuf_reserve(&ringbuf_4, 64, 0);
	if (!record)
		return 0;
	bpf_rcu_read_lock();
	record[0] = word[0] + task->flags;
	bpf_rcu_read_unlock();
	bpf_trace_printk(format, sizeof(format), task->tgid);
	record[1] = subprogram(task->tgid) + (mm != 0);
	bpf_ringbuf_discard(record, 0);
	return 0;
}
`;
const TYPES: Readonly<Record<string, number>> = { array: MapType.ARRAY, ringbuf: MapType.RINGBUF };

/** Without the bytes, which the object's linker rounds up. */
function shape({ content: _, ...rest }: MapDefinition): Omit<MapDefinition, "content"> {
  return rest;
}

function instructionsOf(program: LoadedProgram): readonly string[] {
  return listProgram(program).flatMap((line) =>
    line.kind === "instruction" ? [`${line.instruction.index}: ${withoutNumbers(line.text)}`] : [],
  );
}

const cause = CLANGS.length === 0 ? "skipped without clang" : whyNoBpf();

describeUnless(cause, "a light skeleton is loaded as by this machine's kernel", () => {
  it.each(CLANGS)("to the same maps, instructions and source lines, compiled by %s", async (clang) => {
    const kernel = await loadInKernel(clang, SOURCE);
    const target = expectValue(decodeBtf(readFileSync(KERNEL_BTF)));
    const loaded = expectValue(loadParser(kernel.header, { target: target }));
    const [program] = loaded.programs;
    if (program === undefined) throw new Error("no program");

    expect(kernel.maps).toHaveLength(8);
    const maps = kernel.maps.map(({ type, content, ...map }) => ({
      ...map,
      type: TYPES[type] ?? 0,
      ...(content !== undefined && { content: Uint8Array.from(content) }),
    }));
    expect(program.maps).toEqual(maps);
    expect(kernel.instructions.length).toBeGreaterThan(50);
    expect(instructionsOf(program)).toEqual(kernel.instructions);
    expect(
      program.lines.map(({ offset, line, text }) => ({ slot: offset / 8, line, text: text.trim() })),
    ).toEqual(kernel.lines);
    // The object itself, by this project's own linker and not by a loader program: its maps have no prefix.
    const object = loadParser(kernel.object, { target: target });
    const [linked] = object.ok ? object.value.programs : [];
    if (linked === undefined) throw new Error("no program of the object");
    const plain = (text: string) => text.replace(/main_bpf(?=\.)/, "");
    expect(linked.maps.map(shape)).toEqual(maps.map((map) => shape({ ...map, name: plain(map.name) })));
    expect(instructionsOf(linked)).toEqual(kernel.instructions.map(plain));
  });
});
