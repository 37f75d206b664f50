import type { Result } from "#core/result.ts";
import { readInput } from "#files/input-file.ts";
import type { Btf } from "#formats/btf/btf.ts";
import { decodeBtf } from "#formats/btf/decode.ts";
import { type KernelBtf, readKernelBtf } from "./kernel-btf.ts";
import { type Measured, measureImage } from "./measure.ts";

/** How builds read kernels: each for itself, or several together. */
export type KernelReader = {
  /** The BTF of a kernel's file. Errors: those of `readKernelBtf`. */
  readonly btf: (source: string) => Promise<Result<KernelBtf>>;
  /**
   * The types of a kernel's file.
   *
   * @param raw a file with its BTF alone, or that BTF
   */
  readonly types: (source: string, raw: string | Uint8Array) => Promise<Result<Btf>>;
  /** Errors: those of `measureImage`. */
  readonly measure: (image: string) => Promise<Result<Measured>>;
};

export const ownReader: KernelReader = {
  btf: readKernelBtf,
  types: async (_source, raw) => {
    if (typeof raw !== "string") return decodeBtf(raw);
    const bytes = await readInput(raw);
    return bytes.ok ? decodeBtf(bytes.value) : bytes;
  },
  measure: measureImage,
};
