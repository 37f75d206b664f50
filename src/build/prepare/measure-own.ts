import { REVISIONS } from "#abi/revisions.ts";
import { err, ok, type Result } from "#core/result.ts";
import { readInput } from "#files/input-file.ts";
import { type Measured, measureBytes } from "#kernel-image/measure.ts";
import { openFormat } from "#own-formats/open-reference.ts";
import type { OwnReference } from "#verify/references.ts";

/** What was measured; of a format of the user's own, whose kernel it is need not be known. */
export type MeasuredImage = Omit<Measured, "arch"> & { readonly arch?: Measured["arch"] };

/** Opens the modules that know the targets' formats. Errors: those of `openFormat`. */
export async function openFormats(files: readonly string[]): Promise<Result<readonly OwnReference[]>> {
  const formats: OwnReference[] = [];
  for (const file of new Set(files)) {
    const format = await openFormat(file);
    if (!format.ok) return format;
    formats.push(format.value);
  }
  return ok(formats);
}

/**
 * Measures an image by the first of the formats that takes it: its parts, and what the kernel in it is.
 *
 * Errors: those of reading; `bad-reference`. Undefined where no format takes the image.
 */
export async function measureByFormats(
  formats: readonly OwnReference[],
  file: string,
): Promise<Result<MeasuredImage | undefined>> {
  const image = await readInput(file);
  if (!image.ok) return image;
  const most = image.value.length + 1;
  const limits = { kernel: most, initrd: most, cmdline: most };
  for (const format of formats) {
    for (const revision of REVISIONS) {
      const stream = format.parse({ image: image.value, limits, revision });
      if (!stream.ok && stream.failure.reason === "bad-reference") return err(stream.failure);
      if (!stream.ok) continue;
      const part = (name: string) => stream.value.find(({ subcommand }) => subcommand === name)?.payload;
      const kernel = part("KERNEL");
      if (kernel === undefined) continue;
      return ok({ ...(await measureKernel(kernel, format.name)), ...sizesOf(part) });
    }
  }
  return ok(undefined);
}

function sizesOf(part: (name: string) => Uint8Array | undefined): Pick<Measured, "initrd" | "cmdline"> {
  const [initrd, cmdline] = [part("INITRD")?.length, part("CMDLINE")?.length];
  return { ...(initrd !== undefined && { initrd }), ...(cmdline !== undefined && { cmdline }) };
}

/** A kernel of a form that is not known here is measured as it is. */
async function measureKernel(kernel: Uint8Array, format: string): Promise<MeasuredImage> {
  const inside = await measureBytes(kernel);
  if (!inside.ok) return { image: kernel.length, kernel: kernel.length, steps: [format] };
  const { arch, image, release, steps } = inside.value;
  return {
    ...{ image, arch, release, steps: [format, ...steps] },
    kernel: Math.max(kernel.length, inside.value.kernel),
  };
}
