import { type AbiFinding, detectAbi } from "#abi/detect.ts";
import type { Revision } from "#abi/revisions.ts";
import { inFile } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import type { Btf } from "#formats/btf/btf.ts";
import { decodeBtf } from "#formats/btf/decode.ts";
import { readKernelBtf } from "#kernel-image/kernel-btf.ts";

/** The types of a kernel in whatever form (`readKernelBtf`). Errors: those of reading and decoding, with the file. */
export async function kernelTypes(file: string): Promise<Result<Btf>> {
  const raw = await readKernelBtf(file);
  if (!raw.ok) return raw;
  const btf = decodeBtf(raw.value.bytes);
  return btf.ok ? btf : err(inFile(btf.failure, file));
}

/** The parsers' interface of a kernel, and its types. Errors: those of `kernelTypes` and `detectAbi`, with the file. */
export async function kernelInterface(
  file: string,
  wanted: Revision | "auto",
): Promise<Result<AbiFinding & { readonly btf: Btf }>> {
  const btf = await kernelTypes(file);
  if (!btf.ok) return btf;
  const found = detectAbi(btf.value, wanted);
  return found.ok ? ok({ ...found.value, btf: btf.value }) : err(inFile(found.failure, file));
}
