import { ANCHOR, type Revision, revisionProfile } from "#abi/revisions.ts";
import type { Btf } from "#formats/btf/btf.ts";
import { findMember } from "#formats/btf/members.ts";
import { sizeOf } from "#formats/btf/resolve.ts";
import type { Machine } from "./machine.ts";
import { REGION_LOW } from "./memory/memory.ts";
import type { LoadedProgram } from "./program.ts";
import { type RunOptions, type RunOutcome, runProgram, TRACING_CALLABLES } from "./run-program.ts";

const CONTEXT_STRUCT = "kexec_context";
const POINTER_SIZE = 8;

/** Where the anchor's context keeps the image to be parsed, in one kernel's layout. Offsets and sizes in bytes. */
export type ContextLayout = {
  readonly size: number;
  readonly data: number;
  readonly length: { readonly offset: number; readonly size: number };
};

/**
 * The layout of `struct kexec_context` in the kernel's BTF. Undefined where the BTF does not have the
 * members that the revision names.
 */
export function contextLayout(target: Btf, revision: Revision): ContextLayout | undefined {
  const { image } = revisionProfile(revision);
  const id = target.find(CONTEXT_STRUCT, ["struct"]);
  const size = id === undefined ? undefined : sizeOf(target, id);
  if (id === undefined || size === undefined) return undefined;
  const data = placeOf(target, id, image.data);
  const length = placeOf(target, id, image.size);
  return data && length && { size, data: data.offset, length };
}

/** Of a member, or of an element of a member that is an array: `kernel`, `parsing_buf[0]`. */
function placeOf(target: Btf, id: number, expression: string) {
  const [, name = "", index] = /^(\w+)(?:\[(\d+)\])?$/.exec(expression) ?? [];
  const member = findMember(target, id, name);
  if (member?.size === undefined) return undefined;
  // The arrays of the context hold pointers and sizes, eight bytes each.
  return index === undefined
    ? { offset: member.offset, size: member.size }
    : { offset: member.offset + POINTER_SIZE * Number(index), size: POINTER_SIZE };
}

/**
 * Runs a loaded parser over an image, as the anchor's fentry does: R1 points to the anchor's arguments, which
 * are the context and the parser's id. The image itself can only be read through the probe_read helpers.
 */
export function runLoaded(
  program: LoadedProgram,
  image: Uint8Array,
  layout: ContextLayout,
  options: RunOptions = {},
): RunOutcome {
  return runProgram(program, TRACING_CALLABLES, options, (machine) =>
    anchorArguments(machine, image, layout),
  );
}

function anchorArguments(
  machine: Machine,
  image: Uint8Array,
  layout: ContextLayout,
): { readonly high: number; readonly low: number } {
  const { memory, parserId, injector } = machine;
  const buffer = memory.add({
    kind: "kernel-buffer",
    name: "image",
    size: image.length,
    bytes: image,
    access: "none",
  });
  const name = `struct ${CONTEXT_STRUCT}`;
  const context = memory.add({ kind: "kernel-object", name, size: layout.size, access: "read" });
  context.reach(layout.size);
  const { view } = context;
  const isThere = !injector.imageIsMissing();
  view.setInt32(layout.data, isThere ? REGION_LOW : 0, true);
  view.setInt32(layout.data + 4, isThere ? buffer.high : 0, true);
  // The size may be a 32-bit member; what is above it in one of 64 bits is zero already.
  view.setInt32(layout.length.offset, image.length, true);
  const size = 2 * POINTER_SIZE;
  const words = memory.add({ kind: "context", name: `arguments of ${ANCHOR}`, size, access: "read" });
  words.reach(size);
  words.view.setInt32(0, REGION_LOW, true);
  words.view.setInt32(4, context.high, true);
  words.view.setUint32(POINTER_SIZE, parserId, true);
  words.view.setUint32(POINTER_SIZE + 4, Math.floor(parserId / 2 ** 32), true);
  return { high: words.high, low: REGION_LOW };
}
