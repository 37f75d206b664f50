import { ANCHOR, type Revision, revisionProfile } from "#abi/revisions.ts";
import { ByteWriter } from "#bytes/writer.ts";
import type { Btf } from "#formats/btf/btf.ts";
import { findMember } from "#formats/btf/members.ts";
import { sizeOf } from "#formats/btf/resolve.ts";
import type { Machine } from "./machine.ts";
import { addressOf, REGION_LOW } from "./memory/memory.ts";
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
  const context = new ByteWriter(layout.size);
  const view = new DataView(context.bytes.buffer);
  const address = injector.imageIsMissing() ? 0n : addressOf(buffer.high, REGION_LOW);
  view.setBigUint64(layout.data, address, true);
  if (layout.length.size === POINTER_SIZE) {
    view.setBigUint64(layout.length.offset, BigInt(image.length), true);
  } else view.setInt32(layout.length.offset, image.length, true);
  const object = memory.add({
    kind: "kernel-object",
    name: `struct ${CONTEXT_STRUCT}`,
    size: layout.size,
    bytes: context.bytes,
    access: "read",
  });
  const bytes = new Uint8Array(2 * POINTER_SIZE);
  const words = new DataView(bytes.buffer);
  words.setBigUint64(0, addressOf(object.high, REGION_LOW), true);
  words.setBigUint64(POINTER_SIZE, BigInt(parserId), true);
  const argumentsRegion = memory.add({
    kind: "context",
    name: `arguments of ${ANCHOR}`,
    size: bytes.length,
    bytes,
    access: "read",
  });
  return { high: argumentsRegion.high, low: REGION_LOW };
}
