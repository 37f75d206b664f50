import { join } from "node:path";
import type { BuildContext } from "#build/context.ts";
import type { EnvelopeInputs } from "#build/plan.ts";
import type { BuildRequest } from "#build/request.ts";
import { ENVELOPE } from "#build/rules/envelope.ts";
import { err, ok, type Result } from "#core/result.ts";
import { withInputFile } from "#files/input-file.ts";
import type { Architecture } from "#kernel-image/architecture.ts";
import { locate, type Places } from "#kernel-image/locate.ts";

export type PreparedEnvelope = {
  /** Undefined where no goal asks for an envelope. */
  readonly inputs: EnvelopeInputs | undefined;
  readonly watched: readonly string[];
};

/** Finds what goes into the envelope, where a goal asks for one. Errors: `input-not-found`, `file-failed`. */
export async function prepareEnvelope(
  request: BuildRequest,
  places: Places,
  arch: Architecture,
  { emit }: BuildContext,
): Promise<Result<PreparedEnvelope>> {
  const { envelope } = request;
  if (envelope === undefined || !request.goals.includes(ENVELOPE)) {
    return ok({ inputs: undefined, watched: [] });
  }
  const { initrd, cmdline } = envelope;
  if (initrd === undefined) {
    return err({ reason: "input-not-found", what: "the initramfs", tried: [], hint: "INITRAMFS=FILE" });
  }
  const candidates = envelope.kernel === undefined ? zbootCandidates(places, arch) : [envelope.kernel];
  const located = await locate("the zboot image", candidates, "EFI_IMAGE=FILE");
  if (!located.ok) return located;
  const size = await withInputFile(initrd, (file) => ok(file.size));
  if (!size.ok) return size;
  if (size.value === 0) emit({ kind: "note", text: `${initrd} is empty: .initrd will be, too` });
  const { path, passed } = located.value;
  return ok({ inputs: { kernel: path, initrd, cmdline }, watched: passed });
}

function zbootCandidates({ out, kbuildOutput, tree }: Places, arch: Architecture): readonly string[] {
  return [out, kbuildOutput, tree]
    .filter((folder) => folder !== undefined)
    .map((folder) => join(folder, "arch", arch, "boot/vmlinuz.efi"));
}
