import { latin1 } from "#bytes/reader.ts";
import { decodePe } from "#formats/pe/pe-file.ts";
import type { PeFile } from "#formats/pe/types.ts";
import { decodeAddon } from "#formats/uki/addon.ts";

/** A file that is something, but not what was asked for; in words. */
export type RecognisedForm = { readonly what: string; readonly detail: string };

export const SERVED = "kernels for arm64, RISC-V, LoongArch and x86-64 are served";

/** zImage of 32-bit ARM (arch/arm/boot/compressed/head.S), in either byte order. */
const ZIMAGE = { at: 0x24, little: 0x016f2818, big: 0x18286f01 } as const;
/** Where s390's images say what they are (arch/s390/boot/head.S). */
const S390 = { at: 0x10008, text: "S390EP" } as const;

/** A kernel image of an architecture that is not served. */
export function foreignKernel(bytes: Uint8Array): RecognisedForm | undefined {
  const { at, text } = S390;
  if (latin1(bytes.subarray(at, at + text.length)) === text) return foreign("an s390x kernel");
  if (bytes.length < ZIMAGE.at + 4) return undefined;
  const magic = new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(ZIMAGE.at, true);
  return magic === ZIMAGE.little || magic === ZIMAGE.big ? foreign("a zImage for 32-bit ARM") : undefined;
}

function foreign(what: string): RecognisedForm {
  return { what, detail: SERVED };
}

/** Hashes of a kernel that lies beside its stub: `.linuxh` of current lanzaboote stubs, `.kernelh` of those before 0.4. */
const KERNEL_HASHES = [".linuxh", ".kernelh"];
const KERNEL_PATHS = [".linux", ".kernelp"];
const MAX_PATH = 1024;

/** A lanzaboote stub looks like a UKI, and has the kernel's path and hash where that has the kernel. */
export function kernelBeside(pe: PeFile): RecognisedForm | undefined {
  const names = new Set(pe.sections.map(({ name }) => name));
  if (!KERNEL_HASHES.some((name) => names.has(name))) return undefined;
  const path = pe.sections.find(({ name, data }) => KERNEL_PATHS.includes(name) && data.length <= MAX_PATH);
  const named = path === undefined ? "" : ` (${latin1(path.data).replaceAll("\0", "")})`;
  return {
    what: "a lanzaboote stub",
    detail: `it names its kernel by path and hash${named} and carries none`,
  };
}

/** What a file is in which no kernel was found, as far as it is known. */
export function withoutKernel(bytes: Uint8Array): RecognisedForm | undefined {
  const kernel = foreignKernel(bytes);
  if (kernel !== undefined) return kernel;
  const pe = decodePe(bytes);
  if (!pe.ok) return undefined;
  if (decodeAddon(bytes).ok) return { what: "a UKI addon", detail: "it adds to a kernel and has none" };
  return { what: "this PE file", detail: "it has neither a .linux section nor a kernel's header" };
}
