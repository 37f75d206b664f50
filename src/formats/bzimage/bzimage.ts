import { ByteReader, decoding, latin1 } from "#bytes/reader.ts";
import type { Malformed, Unsupported } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";

/** An x86 bzImage: real-mode sectors, then the protected-mode part with the compressed vmlinux in it. */
export type BzImage = {
  /** The boot protocol: 0x020f is 2.15. */
  readonly version: number;
  /** Sectors of 512 bytes behind the boot sector. */
  readonly setupSectors: number;
  /** The compressed stream, or an ELF file that is not compressed, as a view: without the appended size where there is one. */
  readonly payload: Uint8Array;
  /** From the start of the bzImage. */
  readonly payloadOffset: number;
  /** The uncompressed size that the kernel build appends to every stream but gzip's, which ends with its own. An ELF file has none. */
  readonly uncompressedSize: number | undefined;
  /** Such as `6.1.0-56-cloud-amd64 (…) …`; undefined where the header names none. */
  readonly kernelVersion: string | undefined;
};

const SECTOR = 512;
const BOOT_FLAG = 0xaa55;
const HDRS = 0x53726448;
const HDRS_AT = 0x202;
const PAYLOAD_SINCE = 0x0208;
const SIZE_TRAILER = 4;
const GZIP = 0x8b1f;
const ELF = 0x464c457f;
const MAX_VERSION_LENGTH = 512;

/** Whether `HdrS` stands at its place; says nothing about the rest. */
export function isBzImage(bytes: Uint8Array): boolean {
  return latin1(bytes.subarray(HDRS_AT, HDRS_AT + 4)) === "HdrS";
}

/**
 * Decodes the x86 setup header and finds the payload, all fields little-endian:
 *
 *     1f1 setup_sects (0 means 4)  1fe 0xaa55  202 "HdrS"  206 version  20e kernel_version - 0x200
 *     248 payload_offset (from the protected-mode part)  24c payload_length
 *
 * Fails with `unsupported` on a boot protocol before 2.08, which has no payload fields, and with
 * `malformed` on a payload that is too short for its appended size or not inside the file.
 *
 * @param options.base offset of the bzImage in the outermost file, for failures
 *
 * Source: Linux, Documentation/arch/x86/boot.rst.
 */
export function decodeBzImage(
  bytes: Uint8Array,
  options: { readonly base?: number } = {},
): Result<BzImage, Malformed | Unsupported> {
  const base = options.base ?? 0;
  const decoded = decoding(() => {
    const file = new ByteReader(bytes, { format: "bzImage", section: "setup header", base });
    if (file.u16(0x1fe) !== BOOT_FLAG) file.fail(0x1fe, "no boot sector signature");
    if (file.u32(HDRS_AT) !== HDRS) file.fail(HDRS_AT, "no HdrS magic");
    const version = file.u16(0x206);
    return version < PAYLOAD_SINCE ? tooOld(version) : ok(readPayload(file, version));
  });
  return decoded.ok ? decoded.value : decoded;
}

function tooOld(version: number): Result<never, Unsupported> {
  const detail = `boot protocol ${version >> 8}.${String(version & 0xff).padStart(2, "0")}, the payload is described since 2.08`;
  return err({ reason: "unsupported", what: "bzImage", detail });
}

function readPayload(file: ByteReader, version: number): BzImage {
  const setupSectors = file.u8(0x1f1) || 4;
  const offsetInProtectedMode = file.u32(0x248);
  const length = file.u32(0x24c);
  const payloadOffset = (setupSectors + 1) * SECTOR + offsetInProtectedMode;
  if (length > file.length || payloadOffset > file.length - length) {
    file.fail(0x248, `payload of ${length} bytes at ${payloadOffset} of a file of ${file.length}`);
  }
  if (length < SIZE_TRAILER) file.fail(0x24c, `payload of ${length} bytes`);

  const whole = file.part("payload", payloadOffset, length);
  const bare = whole.u16(0) === GZIP || whole.u32(0) === ELF;
  return {
    version,
    setupSectors,
    payload: bare ? whole.bytes : whole.slice(0, length - SIZE_TRAILER),
    payloadOffset,
    uncompressedSize: bare ? undefined : whole.u32(length - SIZE_TRAILER),
    kernelVersion: readKernelVersion(file, setupSectors),
  };
}

/** The text lies in the setup sectors; a pointer elsewhere is ignored, as nothing depends on the text. */
function readKernelVersion(file: ByteReader, setupSectors: number): string | undefined {
  const pointer = file.u16(0x20e);
  const start = pointer + 0x200;
  if (pointer === 0 || start >= (setupSectors + 1) * SECTOR) return undefined;
  const text = file.bytes.subarray(start, start + MAX_VERSION_LENGTH);
  const end = text.indexOf(0);
  return end > 0 ? latin1(text.subarray(0, end)) : undefined;
}
