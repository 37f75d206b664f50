import { join } from "node:path";
import { ANCHOR, type Revision } from "#abi/revisions.ts";
import { kernelInterface } from "#api/common/kernel-types.ts";
import { err, ok, type Result } from "#core/result.ts";
import type { Btf } from "#formats/btf/btf.ts";
import type { GuestKernel } from "#guest/debian-kernel.ts";
import type { OwnInterface } from "#guest/job.ts";

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

/** What the recorder in a guest is attached to. */
export function recorderTarget({ btf }: OwnKernelInterface): OwnInterface {
  const target = btf.find("bpf_buffer_parser", ["func"]);
  if (target === undefined) throw new Error("an interface without bpf_buffer_parser()");
  return { target };
}

/**
 * In a kernel with the interface, parsers attach to its own anchor and never see what the testbed shows to its own: its own loader has
 * to boot. Undefined for a stock kernel.
 *
 * Errors: `unsupported` for one with v6, whose loader takes parsers from the image, not from a container.
 */
export async function bootInterface(kernel: GuestKernel): Promise<Result<OwnInterface | undefined>> {
  const own = await ownInterface(kernel);
  if (!own.ok) return own;
  if (own.value === undefined) return ok(undefined);
  if (own.value.revision === "v7") return ok(recorderTarget(own.value));
  const detail = `it has ${ANCHOR}() of v6 itself, and its loader takes a parser from the image only`;
  return err({ reason: "unsupported", what: "a boot by a container's parsers", detail, file: kernel.image });
}
