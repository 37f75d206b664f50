import { PARTS, perPart } from "#abi/parts.ts";
import type { BuildContext } from "#build/context.ts";
import { recall, type Seen } from "#build/facts.ts";
import type { BuildRequest } from "#build/request.ts";
import { ok, type Result } from "#core/result.ts";
import { withInputFile } from "#files/input-file.ts";
import { stampOf } from "#files/stamp.ts";
import {
  DEFAULT_CMDLINE_LIMIT,
  DEFAULT_INITRD_LIMIT,
  type ImageSizes,
  KERNEL_ALLOWANCE,
  type PartLimits,
  roundUp,
} from "#generate/image-size.ts";
import { type Architecture, hostArchitecture } from "#kernel-image/architecture.ts";
import { imageCandidates, locate, type Places } from "#kernel-image/locate.ts";
import { type KernelReader, ownReader } from "#kernel-image/reader.ts";
import type { OwnReference } from "#verify/references.ts";
import { type MeasuredImage, measureByFormats, openFormats } from "./measure-own.ts";

export type PreparedSizes = {
  /** As asked for, else the image's; undefined where neither says. */
  readonly arch: Architecture | undefined;
  readonly sizes: ImageSizes;
  /** The image that was measured, and the release that it says. */
  readonly image: string | undefined;
  readonly release: string | undefined;
  /** Bytes of the largest form in which a parser may meet that image. */
  readonly measured: number | undefined;
  readonly watched: readonly string[];
};

/**
 * Settles the sizes that the rings are made for: what was asked for, else measured, else assumed.
 *
 * @param ownFormats modules that know the formats of the targets to build: they are asked first
 */
export async function prepareSizes(
  request: BuildRequest,
  places: Places,
  ownFormats: readonly string[],
  { state, emit, seen, sharing }: BuildContext & { readonly seen: Seen },
): Promise<Result<PreparedSizes>> {
  const { limits } = request;
  const watched: string[] = [];
  let measured: MeasuredImage | undefined;
  let measuredFile: string | undefined;
  if (request.kernel.image !== undefined || limits.kernel === undefined) {
    const reader = sharing.kernels ?? ownReader;
    const found = await measureKernel(request, places, ownFormats, { state, seen, reader });
    if (!found.ok) return found;
    watched.push(...found.value.watched);
    measured = found.value.measured;
    measuredFile = found.value.path;
    emit({
      kind: "note",
      text: `kernel image ${measuredFile} (${measured.steps.join(", ")}): ${measured.image} bytes`,
    });
  }
  const arch = request.arch ?? measured?.arch;
  if (measured?.arch !== undefined && measured.arch !== arch) {
    emit({ kind: "warning", text: `the kernel image is for ${measured.arch}, the build for ${arch}` });
  }
  let initrd = limits.initrd;
  if (initrd === undefined && limits.initramfs !== undefined) {
    watched.push(limits.initramfs);
    seen.set(limits.initramfs, stampOf(limits.initramfs));
    const size = await withInputFile(limits.initramfs, (file) => ok(file.size));
    if (!size.ok) return size;
    initrd = size.value;
  }
  initrd ??= measured?.initrd;
  if (initrd === undefined) {
    initrd = DEFAULT_INITRD_LIMIT;
    emit({ kind: "note", text: `no initrd to measure: up to ${initrd} bytes are assumed (--max-initrd)` });
  }
  const image = measured?.image ?? limits.kernel ?? 0;
  const kernel = limits.kernel ?? (measured?.kernel ?? 0) + KERNEL_ALLOWANCE;
  const cmdline = limits.cmdline ?? Math.max(measured?.cmdline ?? 0, DEFAULT_CMDLINE_LIMIT);
  return ok({
    arch,
    sizes: { image, ...roundedSizes({ kernel, initrd, cmdline }, limits, request.sizeStep, emit) },
    image: measuredFile,
    release: measured?.release,
    measured: measured?.kernel,
    watched,
  });
}

/** What was asked for stays as it is. */
function roundedSizes(
  sizes: PartLimits,
  given: BuildRequest["limits"],
  step: BuildRequest["sizeStep"],
  emit: BuildContext["emit"],
): PartLimits {
  if (step === undefined) return sizes;
  const rounded = perPart(({ name }) => given[name] ?? roundUp(sizes[name], step));
  const changed = PARTS.filter(({ name }) => rounded[name] !== sizes[name]);
  if (changed.length > 0) {
    const words = changed.map(({ name }) => `${name} ${sizes[name]} to ${rounded[name]}`);
    emit({ kind: "note", text: `sizes are rounded up, so that kernels share parsers: ${words.join(", ")}` });
  }
  return rounded;
}

type MeasuredKernel = {
  readonly measured: MeasuredImage;
  readonly path: string;
  readonly watched: readonly string[];
};

/** Finds the kernel image and measures it, or remembers what it was measured. */
async function measureKernel(
  request: BuildRequest,
  places: Places,
  ownFormats: readonly string[],
  {
    reader,
    ...remembered
  }: Pick<BuildContext, "state"> & { readonly seen: Seen; readonly reader: KernelReader },
): Promise<Result<MeasuredKernel>> {
  const given = request.kernel.image;
  const candidates =
    given === undefined ? imageCandidates(places, request.arch ?? hostArchitecture()) : [given];
  const hint = "--image FILE, --kernel-tree DIR or --max-kernel BYTES; KERNEL_IMAGE=FILE with make";
  const located = await locate("the kernel image", candidates, hint);
  if (!located.ok) return located;
  const { path, passed } = located.value;
  const formats = await openFormats(ownFormats);
  if (!formats.ok) return formats;
  const key = ["sizes", path, ...formats.value.map(({ digest }) => digest)].join(" ");
  const found = await recall(remembered, key, { from: path }, () => measure(formats.value, path, reader));
  return found.ok ? ok({ measured: found.value, path, watched: [...passed, path, ...ownFormats] }) : found;
}

async function measure(
  formats: readonly OwnReference[],
  image: string,
  reader: KernelReader,
): Promise<Result<MeasuredImage>> {
  const own = formats.length === 0 ? ok(undefined) : await measureByFormats(formats, image);
  if (!own.ok) return own;
  return own.value === undefined ? reader.measure(image) : ok(own.value);
}
