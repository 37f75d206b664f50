import type { Malformed } from "#core/failure.ts";
import type { Result } from "#core/result.ts";
import type { DecompressFailure } from "#formats/compression/types.ts";
import type { ElfFile } from "#formats/elf/elf-file.ts";

/** A kernel file, or what was taken out of it. */
export type KernelContent = {
  readonly bytes: Uint8Array;
  /** Where the bytes begin in the file or, with a layer, in what was decompressed: offsets in failures count from there. */
  readonly base: number;
  readonly layer?: string;
  /** What was left out on the way here, in words. */
  readonly left?: string;
};

/** What a kernel file turned out to be. `step` is a word for messages: `zboot (zstd22)`. */
export type KernelLayer =
  /** A wrapping around a kernel that has been taken off. */
  | {
      readonly kind: "wrapped";
      readonly step: string;
      readonly inner: KernelContent;
      /** Of a UKI: the largest of each over all profiles, in bytes. */
      readonly largest?: PerKernelPart<number, number>;
      /** Of a UKI (its profile @0) or an envelope, as views; undefined where it is not there or empty. */
      readonly parts?: PerKernelPart<Uint8Array, Uint8Array | undefined>;
    }
  /** An x86 image: it is handed on whole, though a vmlinux can be taken out of it. */
  | {
      readonly kind: "bzImage";
      readonly arch: "x86";
      readonly step: string;
      readonly inner: () => Promise<Result<KernelContent, DecompressFailure>>;
    }
  /** An uncompressed kernel with its boot header. */
  | { readonly kind: "image"; readonly arch: "arm64" | "riscv" | "loongarch"; readonly step: string }
  | { readonly kind: "elf"; readonly decoded: () => Result<ElfFile, Malformed> }
  | { readonly kind: "unknown" };

/** The sections of a UKI by which its kernel is booted; the first is always there. */
export const KERNEL_PARTS = ["linux", "initrd", "cmdline"] as const;
export type KernelPart = (typeof KERNEL_PARTS)[number];

export type PerKernelPart<Kernel, Other> = {
  readonly [Part in KernelPart]: Part extends "linux" ? Kernel : Other;
};

/** A run of the content's own bytes, from `offset`. */
export function runOf({ base, layer }: KernelContent, offset: number, bytes: Uint8Array): KernelContent {
  return { bytes, base: base + offset, ...(layer === undefined ? {} : { layer }) };
}
