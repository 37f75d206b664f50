import { ByteWriter } from "#bytes/writer.ts";
import { inFile } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { readInput, withInputFiles } from "#files/input-file.ts";
import { type WriteOptions, writePieces } from "#files/pieces.ts";
import { codecForZboot, compress } from "#formats/compression/codecs.ts";
import { decodeImage } from "#formats/image/image.ts";
import { planAppend } from "#formats/pe/append.ts";
import { PE_SECTION_FLAGS } from "#formats/pe/encode.ts";
import { encodeZboot, type ZbootArch, zbootHeader } from "#formats/zboot/encode.ts";
import { decodeZboot, isZboot } from "#formats/zboot/zboot.ts";
import { type Architecture, MACHINES } from "#kernel-image/architecture.ts";
import { settleOverlay } from "./overlay.ts";
import { packed } from "./packed.ts";
import { certificateNotes } from "./pe.ts";
import { readPe } from "./pe-input.ts";
import { smallInput } from "./small.ts";
import type { Packed, PackedInput, ZbootCompression } from "./types.ts";
import { writePe } from "./write-pe.ts";

export type ZbootRequest = {
  /** Absolute path of an uncompressed kernel. */
  readonly image: string;
  readonly compression: ZbootCompression;
  readonly output: string;
  /** As the Image's header says where it is not given. */
  readonly arch: Architecture | undefined;
  /** A PE file that gets the payload, in a section of its own. */
  readonly stub: string | undefined;
};

const PAYLOAD = ".gzdata";

/**
 * Wraps a kernel image as a zboot image, for fixtures and experiments.
 *
 * Errors: those of the files; `malformed` for an image of no known architecture where none is given; `unsupported` for x86, which has
 * no zboot images, and for a stub that is a zboot image already.
 */
export async function packZboot(request: ZbootRequest, options: WriteOptions): Promise<Result<Packed>> {
  const image = await readInput(request.image);
  if (!image.ok) return image;
  const codec = codecForZboot(request.compression);
  if (codec === undefined) throw new Error(`no codec ${request.compression}`);
  const arch = settleArchitecture(image.value, request);
  if (!arch.ok) return arch;
  const payload = await compress(codec, image.value);
  if (!payload.ok) return payload;
  const input = smallInput(request.image, image.value, options);
  const content = { ...request, payload: payload.value, uncompressedSize: image.value.length, input };
  if (request.stub !== undefined) return intoStub(request.stub, content, options);

  const bytes = encodeZboot({ ...content, arch: arch.value });
  const zboot = decodeZboot(bytes);
  if (!zboot.ok) return zboot;
  const at = zboot.value.payloadOffset;
  const pieces = [bytes.subarray(0, at), zboot.value.payload, bytes.subarray(at + payload.value.length)];
  const written = await writePieces(request.output, pieces, options);
  if (!written.ok) return written;
  const notes = [
    "no EFI stub: firmware that starts this image is told EFI_UNSUPPORTED; kexec takes it (--stub gives it one)",
  ];
  const places = [{ name: "payload", offset: at, piece: 1 }];
  const what = { kind: "zboot", output: request.output, notes, inputs: [input] } as const;
  return ok(packed(what, pieces, written.value, places));
}

type Content = Pick<ZbootRequest, "compression" | "output"> & {
  readonly payload: Uint8Array;
  readonly uncompressedSize: number;
  readonly input: PackedInput | undefined;
};

/** The stub with the payload behind its own sections, and the zboot header in the DOS header's unused fields. */
function intoStub(path: string, content: Content, options: WriteOptions): Promise<Result<Packed>> {
  return withInputFiles([path], async ([stub]) => {
    if (stub === undefined) throw new Error("a file was opened");
    const pe = readPe(stub);
    if (!pe.ok) return pe;
    if (isZboot(pe.value.bytes)) {
      const detail = "it has a payload of its own, which its code would start";
      return err({ reason: "unsupported", what: "a zboot image as stub", detail, file: stub.path });
    }
    const { compression, payload, output, uncompressedSize, input } = content;
    // As the kernel's build does, which leaves these four bytes out of payload_size.
    const trailer = compression === "gzip" ? 0 : 4;
    const section = new ByteWriter(payload.length + trailer).put(0, payload);
    if (trailer > 0) section.u32(payload.length, uncompressedSize >>> 0);
    const characteristics = PE_SECTION_FLAGS.INITIALIZED_DATA + PE_SECTION_FLAGS.READ;
    const overlay = await settleOverlay(pe.value, stub, options);
    if (!overlay.ok) return overlay;
    const plan = planAppend(pe.value, {
      overlay: overlay.value.overlay,
      added: [{ name: PAYLOAD, size: section.bytes.length, characteristics }],
      certificates: "strip",
    });
    if (!plan.ok) return err(inFile(plan.failure, stub.path));
    const payloadOffset = plan.value.offsets[0] ?? 0;
    // Up to e_lfanew, which stays.
    const header = zbootHeader({ payloadOffset, payloadSize: payload.length, compression });
    plan.value.pieces[0].bytes.set(header.subarray(0, 0x3c));
    const made = await writePe(
      output,
      plan.value,
      stub,
      [{ name: PAYLOAD, content: section.bytes }],
      options,
    );
    if (!made.ok) return made;
    const notes = [
      `the EFI stub is that of ${stub.path}, unchanged: whether it can start this payload is its affair`,
      ...certificateNotes(pe.value, "strip"),
      ...overlay.value.notes,
    ];
    const { pieces, written, places, old } = made.value;
    return ok(packed({ kind: "zboot", output, notes, inputs: [input, old] }, pieces, written, places));
  });
}

function settleArchitecture(image: Uint8Array, request: ZbootRequest): Result<ZbootArch> {
  const header = decodeImage(image);
  const found = header.ok ? header.value.arch : undefined;
  if (request.arch === undefined && !header.ok) {
    const detail = `${header.failure.detail} (--arch packs it all the same)`;
    return err({ ...header.failure, detail, file: request.image });
  }
  const arch = request.arch ?? found;
  if (arch === undefined || arch === "x86") {
    const detail = `only ${Object.keys(MACHINES)
      .filter((name) => name !== "x86")
      .join(", ")} have it`;
    return err({ reason: "unsupported", what: "a zboot image for x86", detail });
  }
  if (found !== undefined && found !== arch) {
    const detail = `the Image is for ${found}`;
    return err({ reason: "unsupported", what: `a zboot image for ${arch}`, detail, file: request.image });
  }
  return ok(arch);
}
