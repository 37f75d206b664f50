import { join } from "node:path";
import { ANCHOR, type Revision } from "#abi/revisions.ts";
import { err, ok, type Result } from "#core/result.ts";
import type { Btf } from "#formats/btf/btf.ts";
import type { GuestKernel } from "#kernel-vm/debian-kernel.ts";
import { kernelInterface } from "./kernel-types.ts";

/** The parsers' interface of a kernel that has the series. */
export type OwnKernelInterface = { readonly revision: Revision; readonly btf: Btf };

/**
 * Whether a kernel has the interface itself: undefined for a stock kernel. Errors: those of its BTF; `abi-mismatch` for an
 * interface of no revision that is known.
 */
export async function ownInterface({
  headers,
}: GuestKernel): Promise<Result<OwnKernelInterface | undefined>> {
  const found = await kernelInterface(join(headers, "vmlinux"), "auto");
  if (!found.ok) return found;
  const { source, revision, btf } = found.value;
  return ok(source === "target" ? { revision, btf } : undefined);
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
