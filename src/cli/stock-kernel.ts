import { join } from "node:path";
import { ANCHOR } from "#abi/revisions.ts";
import { inFile } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { decodeBtf } from "#formats/btf/decode.ts";
import { readKernelBtf } from "#kernel/kernel-btf.ts";
import type { GuestKernel } from "#kernel-vm/debian-kernel.ts";

/**
 * In a kernel with the interface, parsers attach to its own anchor and never see what the testbed shows to its own:
 * every case would differ. Errors: `unsupported` for such a kernel.
 */
export async function isStock({ headers }: GuestKernel): Promise<Result<void>> {
  const file = join(headers, "vmlinux");
  const found = await readKernelBtf(file);
  if (!found.ok) return found;
  const btf = decodeBtf(found.value.bytes);
  if (!btf.ok) return err(inFile(btf.failure, file));
  if (btf.value.find(ANCHOR, ["func"]) === undefined) return ok(undefined);
  const detail = `it has ${ANCHOR}() itself, which only its kexec_file_load() calls: images cannot be shown to parsers there`;
  return err({ reason: "unsupported", what: "a test in this kernel", detail, file });
}
