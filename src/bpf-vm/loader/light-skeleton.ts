import { Errno } from "#bpf-vm/errno.ts";
import { type MapDefinition, MapType } from "#bpf-vm/maps/definition.ts";
import { type Memory, REGION_LOW } from "#bpf-vm/memory/memory.ts";
import type { Region } from "#bpf-vm/memory/region.ts";
import type { LoadedProgram } from "#bpf-vm/program.ts";
import { runProgram } from "#bpf-vm/run-program.ts";
import { ByteWriter } from "#bytes/writer.ts";
import { err, ok, type Result } from "#core/result.ts";
import type { Btf } from "#formats/btf/btf.ts";
import { decodeProgram } from "#isa/instruction.ts";
import { type LoadFailure, Refusal } from "./failure.ts";
import { finishProgram } from "./finish-program.ts";
import { KernelObjects } from "./kernel-objects.ts";
import { type LoaderServices, loaderHelpers } from "./loader-helpers.ts";
import { SysBpf } from "./sys-bpf.ts";

/** A light skeleton's two arrays. */
export type SkeletonArrays = {
  /** The loader program (`opts_insn`). */
  readonly insns: Uint8Array;
  /** Its blob (`opts_data`). */
  readonly data: Uint8Array;
  /** Where `insns[0]` is in the outermost file, for failures. Default 0. */
  readonly offset?: number;
};

export type LoaderOptions = {
  /** The kernel's own BTF. */
  readonly target: Btf;
  /** What the loader's context has room for. Default: 8 maps, 1 program, as the kernel's fixed struct. */
  readonly room?: { readonly maps: number; readonly programs: number };
  /** Bytes; ring buffers are a multiple of it. Default 4096. */
  readonly pageSize?: number;
  /** The kernel's symbols by name, for `bpf_kallsyms_lookup_name`. Default: not known, and to ask is `not-modelled`. */
  readonly symbols?: ReadonlyMap<string, bigint>;
};

export type LoadedSkeleton = {
  /** In the order of the context's program descriptors. */
  readonly programs: readonly LoadedProgram[];
  /** In the order of the context's map descriptors. */
  readonly maps: readonly MapDefinition[];
  /** Descriptors still open that the context does not name. */
  readonly leakedDescriptors: number;
  /** Instructions that the loader program executed. */
  readonly executed: number;
};

/*
 * The loader's context (bpf/skel_internal.h): struct bpf_loader_ctx, then a descriptor for each map, then
 * one for each program. Offsets in bytes:
 *
 *   0 sz  4 flags  8 log_level  12 log_size  16 log_buf (8 bytes)
 *  24 + 16 n: map_fd, max_entries, initial_value (8 bytes)     behind them 4 n: prog_fd
 */
const CONTEXT_SIZE = 24;
const MAP_SIZE = 16;
const PROGRAM_SIZE = 4;
/** The loader runs inside the kernel. */
const BPF_SKEL_KERNEL = 1;
const BPF_PROG_TYPE_SYSCALL = 31;
/** A loader calls nothing that loops, and of the rest the verifier follows no more (BPF_COMPLEXITY_LIMIT_INSNS). */
const LOADER_BUDGET = 1_000_000;

/**
 * Runs a light skeleton's loader program as the kernel's `bpf_load_and_run` does, over a simulated
 * `bpf()` system call, and gives what it loaded.
 */
export function loadSkeleton(
  skeleton: SkeletonArrays,
  options: LoaderOptions,
): Result<LoadedSkeleton, LoadFailure> {
  const { maps, programs } = options.room ?? { maps: 8, programs: 1 };
  const loader = loaderProgram(skeleton, options.target);
  if (!loader.ok) return loader;
  const objects = new KernelObjects();
  const size = CONTEXT_SIZE + MAP_SIZE * maps + PROGRAM_SIZE * programs;
  let services: LoaderServices | undefined;
  let context: Region | undefined;
  const helpers = loaderHelpers(() => {
    if (services === undefined) throw new Error("a helper before the start");
    return services;
  });
  const budget = LOADER_BUDGET;
  const run = runProgram(loader.value, { helpers, kfuncs: new Map() }, { budget }, ({ memory }) => {
    services = servicesFor(memory, objects, options);
    const bytes = new ByteWriter(size).u32(0, size).u32(4, BPF_SKEL_KERNEL).bytes;
    context = memory.add({ kind: "context", name: "loader context", size, bytes, access: "read-write" });
    return { high: context.high, low: REGION_LOW };
  });
  const details = services?.sys.log ?? [];
  if (run.fault !== undefined) return err({ reason: "loader-faulted", fault: run.fault });
  const status = Number(BigInt.asIntN(32, run.result ?? 0n));
  if (status < 0) return err({ reason: "load-refused", errno: -status, details });
  return collect(objects, new DataView((context as Region).bytes.buffer), { maps, programs }, run.executed);
}

/** The loader as a program of its own: its one map holds the blob. */
export function loaderProgram(
  { insns, data, offset = 0 }: SkeletonArrays,
  target: Btf,
): Result<LoadedProgram, LoadFailure> {
  const instructions = decodeProgram(insns, { base: offset });
  if (!instructions.ok) {
    const { failure } = instructions;
    return err({ ...failure, section: `opts_insn, ${failure.section}` });
  }
  const blob: MapDefinition = {
    name: "__loader.map",
    type: MapType.ARRAY,
    keySize: 4,
    valueSize: data.length,
    maxEntries: 1,
    flags: 0,
    // A copy: the loader writes into its blob, and the file stays what it is.
    content: Uint8Array.from(data),
    frozen: false,
  };
  const none = (what: string) => (): never => {
    throw new Refusal(Errno.EINVAL, `the loader program names a ${what} of its own`);
  };
  try {
    return ok(
      finishProgram({
        name: "__loader.prog",
        type: BPF_PROG_TYPE_SYSCALL,
        attachType: 0,
        attachId: 0,
        instructions: instructions.value,
        functions: [],
        lines: [],
        target,
        maps: [blob],
        mapAt: (place) => (place === 0 ? 0 : none("map")()),
        mapOf: none("map"),
        btfAt: none("kfunc"),
      }),
    );
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return err({ reason: "load-refused", errno: error.errno, details: [error.message] });
  }
}

function servicesFor(memory: Memory, objects: KernelObjects, options: LoaderOptions): LoaderServices {
  const { target, pageSize = 4096, symbols } = options;
  return { sys: new SysBpf({ memory, objects, target, pageSize }), objects, target, symbols };
}

function collect(
  objects: KernelObjects,
  context: DataView,
  room: { readonly maps: number; readonly programs: number },
  executed: number,
): Result<LoadedSkeleton, LoadFailure> {
  const descriptor = (at: number) => context.getUint32(at, true);
  const mapDescriptors = Array.from({ length: room.maps }, (_, i) => descriptor(CONTEXT_SIZE + MAP_SIZE * i));
  const programStart = CONTEXT_SIZE + MAP_SIZE * room.maps;
  const programDescriptors = Array.from({ length: room.programs }, (_, i) =>
    descriptor(programStart + PROGRAM_SIZE * i),
  );
  try {
    const maps = mapDescriptors.filter((fd) => fd !== 0).map((fd) => objects.get("map", fd).definition);
    const programs = programDescriptors
      .filter((fd) => fd !== 0)
      // What maps were given after the program was loaded counts, too.
      .map((fd) => ({
        ...objects.get("program", fd).program,
        maps: objects.maps.map(({ definition }) => definition),
      }));
    if (programs.length === 0) return err({ reason: "nothing-loaded", detail: "no program descriptor" });
    for (const fd of [...mapDescriptors, ...programDescriptors]) objects.close(fd);
    return ok({ programs, maps, leakedDescriptors: objects.open, executed });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return err({ reason: "nothing-loaded", detail: error.message });
  }
}
