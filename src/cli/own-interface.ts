import { join } from "node:path";
import { detectAbi } from "#abi/detect.ts";
import { ANCHOR, type Revision } from "#abi/revisions.ts";
import { inFile } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import type { Btf } from "#formats/btf/btf.ts";
import { decodeBtf } from "#formats/btf/decode.ts";
import { readKernelBtf } from "#kernel/kernel-btf.ts";
import type { GuestKernel } from "#kernel-vm/debian-kernel.ts";

/** The parsers' interface of a kernel that has the series. */
export type OwnKernelInterface = { readonly revision: Revision; readonly btf: Btf };

/**
 * Whether a kernel has the interface itself: undefined for a stock kernel. Errors: those of its BTF; `abi-mismatch` for an
 * interface of no revision that is known.
 */
export async function ownInterface({
  headers,
}: GuestKernel): Promise<Result<OwnKernelInterface | undefined>> {
  const file = join(headers, "vmlinux");
  const found = await readKernelBtf(file);
  if (!found.ok) return found;
  const btf = decodeBtf(found.value.bytes);
  if (!btf.ok) return err(inFile(btf.failure, file));
  const abi = detectAbi(btf.value, "auto");
  if (!abi.ok) return err(inFile(abi.failure, file));
  const { source, revision } = abi.value;
  return ok(source === "target" ? { revision, btf: btf.value } : undefined);
}

/**
 * In a kernel with the interface, parsers attach to its own anchor and never see what the testbed shows to its own.
 * Errors: `unsupported` for such a kernel.
 */
export async function isStock(kernel: GuestKernel): Promise<Result<void>> {
  const own = await ownInterface(kernel);
  if (!own.ok) return own;
  if (own.value === undefined) return ok(undefined);
  const detail = `it has ${ANCHOR}() itself, and a loader of its own`;
  return err({ reason: "unsupported", what: "a boot by our own loader", detail, file: kernel.image });
}
