import { Errno } from "#bpf-vm/errno.ts";
import type { LoadedProgram } from "#bpf-vm/program.ts";
import type { Btf } from "#formats/btf/btf.ts";
import { decodeProgram } from "#isa/instruction.ts";
import type { Attributes } from "./attributes.ts";
import { relocate } from "./core-relocation.ts";
import { functionsOf, linesOf, recordsOf, relocationsOf } from "./debug-records.ts";
import { Refusal } from "./failure.ts";
import { finishProgram } from "./finish-program.ts";
import { type KernelView, readKernel } from "./kernel-view.ts";

/**
 * BPF_PROG_LOAD without the verifier: takes the instructions, applies CO-RE relocations against the
 * kernel's BTF, and resolves maps, kfuncs and the attach target. @throws Refusal as the kernel refuses
 */
export function loadProgram(attributes: Attributes, options: KernelView): LoadedProgram {
  const { memory, objects, target } = options;
  const read = (what: string, at: number, size: number) =>
    size === 0 ? new Uint8Array(0) : readKernel(memory, what, attributes.u64(at), size);
  const records = (what: string, at: number, count: number, size: number, least: number) =>
    recordsOf(read(what, at, count * size), { what, count, size, least });

  const decoded = decodeProgram(read("insns", 8, 8 * attributes.u32(4)));
  if (!decoded.ok) {
    throw new Refusal(Errno.EINVAL, `${decoded.failure.section}: ${decoded.failure.detail}`);
  }
  const descriptor = attributes.u32(72);
  const btf: Btf | undefined = descriptor === 0 ? undefined : objects.get("btf", descriptor).btf;
  const relocations = records("core_relos", 128, attributes.u32(116), attributes.u32(136), 16);
  const functions = records("func_info", 80, attributes.u32(88), attributes.u32(76), 8);
  const lines = records("line_info", 96, attributes.u32(104), attributes.u32(92), 16);
  if (btf === undefined && relocations.length > 0) {
    throw new Refusal(Errno.EINVAL, "CO-RE relocations without BTF");
  }

  return finishProgram({
    name: attributes.name(48),
    type: attributes.u32(0),
    attachType: attributes.u32(68),
    attachId: attributes.u32(108),
    instructions:
      btf === undefined
        ? decoded.value
        : relocate(decoded.value, relocationsOf(btf, relocations), { local: btf, target }),
    functions: btf === undefined ? [] : functionsOf(btf, functions),
    lines: btf === undefined ? [] : linesOf(btf, lines),
    ...(btf && { types: btf }),
    target,
    maps: objects.maps.map(({ definition }) => definition),
    mapAt: (place) => objects.get("map", fdAt(place)).place,
    mapOf: (fd) => objects.get("map", fd).place,
    btfAt: (place) => objects.get("btf", fdAt(place)).btf,
  });

  /** The descriptor at a place of `fd_array`. */
  function fdAt(place: number): number {
    const bytes = readKernel(memory, "fd_array", attributes.u64(120) + BigInt(4 * place), 4);
    return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  }
}
