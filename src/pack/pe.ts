import { inFile } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { readInput, withInputFiles } from "#files/input-file.ts";
import type { WriteOptions } from "#files/pieces.ts";
import { decodeBytecodeObject } from "#formats/elf/bytecode-object.ts";
import { decodeContainer } from "#formats/elf/container.ts";
import { type PeAppendPlan, planAppend } from "#formats/pe/append.ts";
import { PE_SECTION_FLAGS } from "#formats/pe/encode.ts";
import type { PeFile } from "#formats/pe/types.ts";
import { decodeZboot, isZboot } from "#formats/zboot/zboot.ts";
import { settleOverlay } from "./overlay.ts";
import { packed } from "./packed.ts";
import { readPe } from "./pe-input.ts";
import { smallInput } from "./small.ts";
import type { Packed } from "./types.ts";
import { writePe } from "./write-pe.ts";

export type PeRequest = {
  /** Absolute paths: a zboot image, a UKI, or another PE file. */
  readonly image: string;
  /** A bytecode object or a container. */
  readonly bytecode: string;
  readonly output: string;
  /** Take the place of a `.bpf` section that is there, which is an error otherwise. */
  readonly replace: boolean;
  readonly certificates: "keep" | "strip";
};

const BPF = ".bpf";
/** Of a zboot header. */
const PAYLOAD_OFFSET_AT = 0x08;

/**
 * Adds bytecode to a PE image as section `.bpf`. The offset of a zboot image's payload moves with the payload.
 *
 * Errors: those of the files and of `planAppend`; `malformed` for bytecode that is neither an object with the two arrays nor a
 * container; `unsupported` for an image that has a `.bpf` already.
 */
export function packPe(request: PeRequest, options: WriteOptions): Promise<Result<Packed>> {
  return withInputFiles([request.image], async ([image]) => {
    if (image === undefined) throw new Error("a file was opened");
    const bytecode = await readBytecode(request.bytecode);
    if (!bytecode.ok) return bytecode;
    const pe = readPe(image);
    if (!pe.ok) return pe;
    if (!request.replace && pe.value.sections.some(({ name }) => name === BPF)) {
      const detail = "it has a section .bpf (--replace takes its place)";
      return err({ reason: "unsupported", what: "adding bytecode twice", detail, file: image.path });
    }
    const overlay = await settleOverlay(pe.value, image, options);
    if (!overlay.ok) return overlay;
    const plan = planAppend(pe.value, {
      added: [{ name: BPF, size: bytecode.value.length, characteristics: PE_SECTION_FLAGS.READ }],
      removed: BPF,
      overlay: overlay.value.overlay,
      strings: overlay.value.strings,
      certificates: request.certificates,
    });
    if (!plan.ok) return err(inFile(plan.failure, image.path));
    const moved = movePayload(pe.value, plan.value);
    if (!moved.ok) return err(inFile(moved.failure, image.path));

    const added = [{ name: BPF, content: bytecode.value }];
    const made = await writePe(request.output, plan.value, image, added, options);
    if (!made.ok) return made;
    const certificates = certificateNotes(pe.value, request.certificates);
    const size = sizeOfImageNotes(pe.value, plan.value);
    const notes = [...certificates, ...moved.value, ...overlay.value.notes, ...size];
    if (plan.value.removed > 0) notes.push("the section .bpf that was there has been replaced");
    const { pieces, written, places, old } = made.value;
    const inputs = [old, smallInput(request.bytecode, bytecode.value, options)];
    return ok(packed({ kind: "pe", output: request.output, notes, inputs }, pieces, written, places));
  });
}

async function readBytecode(file: string): Promise<Result<Uint8Array>> {
  const bytes = await readInput(file);
  if (!bytes.ok || decodeContainer(bytes.value).ok) return bytes;
  const object = decodeBytecodeObject(bytes.value);
  return object.ok ? bytes : err(inFile(object.failure, file));
}

/** Rewrites the payload's offset in a zboot header whose payload the plan moves; says so. */
function movePayload(pe: PeFile, plan: PeAppendPlan): Result<readonly string[]> {
  if (!isZboot(pe.bytes)) return ok([]);
  const zboot = decodeZboot(pe.bytes);
  if (!zboot.ok) return zboot;
  const headers = plan.pieces[0].bytes;
  const { payloadOffset } = zboot.value;
  if (plan.shift === 0 || payloadOffset < headers.length - plan.shift) return ok([]);
  const offset = payloadOffset + plan.shift;
  new DataView(headers.buffer, headers.byteOffset, headers.byteLength).setUint32(
    PAYLOAD_OFFSET_AT,
    offset,
    true,
  );
  return ok([
    `the headers grew by ${plan.shift} bytes: the payload is at ${offset}, it was at ${payloadOffset}`,
  ]);
}

/** Says where SizeOfImage was not what the sections ask for: loaders that map by it left some out, or took memory for nothing. */
export function sizeOfImageNotes(pe: PeFile, plan: PeAppendPlan): readonly string[] {
  const { sizeOfImage } = pe.optionalHeader;
  if (sizeOfImage === plan.oldImageEnd) return [];
  return [
    `SizeOfImage was ${sizeOfImage}, while the sections end at ${plan.oldImageEnd}: it is computed anew`,
  ];
}

/** What became of the signatures; said of every image, signed or not. */
export function certificateNotes(pe: PeFile, choice: "keep" | "strip"): readonly string[] {
  const table = pe.certificates;
  if (table === undefined) return ["the image has no certificates"];
  const size = `${table.data.length} bytes`;
  return choice === "keep"
    ? [`the certificates (${size}) were kept, but no longer verify: the image has changed; sign it again`]
    : [`the certificates (${size}) were stripped, for the image has changed; sign it again`];
}
