import type { PreparedSizes } from "#build/prepare/prepare-sizes.ts";
import type { PreparedTypes } from "#build/prepare/prepare-types.ts";
import type { Architecture } from "#kernel-image/architecture.ts";
import type { BuildContext } from "./context.ts";
import type { BuildRequest } from "./request.ts";

/** Warns of what hardly anybody wants: types of another machine than the build's, a limit that the measured kernel does not keep to. */
export function tellOddities(
  { limits }: BuildRequest,
  types: Pick<PreparedTypes, "arch" | "vmlinux">,
  { arch, measured, image }: Pick<PreparedSizes, "measured" | "image"> & { readonly arch: Architecture },
  { emit }: BuildContext,
): void {
  if (types.arch !== undefined && types.arch !== arch) {
    emit({
      kind: "warning",
      text: `the types of ${types.vmlinux} are ${types.arch}'s, the build is for ${arch}`,
    });
  }
  if (limits.kernel !== undefined && measured !== undefined && limits.kernel < measured) {
    const text = `the largest kernel is to be ${limits.kernel} bytes: ${image} has ${measured}, and its parser would refuse it`;
    emit({ kind: "warning", text });
  }
}
