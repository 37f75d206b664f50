import { err, ok, type Result } from "#core/result.ts";
import { isStream } from "#files/deliver.ts";
import { readInput } from "#files/input-file.ts";
import type { WriteOptions } from "#files/pieces.ts";
import type { ContainerRequest } from "#pack/container.ts";
import type { EnvelopeRequest } from "#pack/envelope.ts";
import type { PeRequest } from "#pack/pe.ts";
import type { Packed, PackedInput } from "#pack/types.ts";
import type { UkiRequest, UkiSection } from "#pack/uki.ts";
import type { ZbootRequest } from "#pack/zboot.ts";
import type { ManifestCommand } from "./common/pack-manifest.ts";
import type { Context } from "./context.ts";

/** Text at hand, or that of a file (absolute path) without the newlines and NULs at its end. */
export type Text = { readonly text: string } | { readonly textOf: string };

/** A section of a UKI: text, or the whole of a file (absolute path). */
export type UkiPart = { readonly name: string; readonly content: Text | { readonly file: string } };

export type PackRequest =
  | ({ readonly kind: "envelope"; readonly cmdline: Text } & Omit<EnvelopeRequest, "cmdline">)
  | ({ readonly kind: "pe" } & PeRequest)
  | ({ readonly kind: "container" } & ContainerRequest)
  | ({ readonly kind: "zboot" } & ZbootRequest)
  | ({ readonly kind: "uki"; readonly sections: readonly UkiPart[] } & Omit<UkiRequest, "sections">);

export type PackOptions = {
  /** Whether to tell SHA-256 sums. */
  readonly digests: boolean;
  /** What the manifest beside the output names. Undefined: none is written; beside a pipe or device there is none in any case. */
  readonly command: ManifestCommand | undefined;
};

/** `progress` is called with the bytes written, and all there are. */
export type PackContext = Pick<Context, "signal"> & Pick<WriteOptions, "progress">;

/**
 * Writes an envelope, a PE file with bytecode, a container, a zboot image or a UKI, and a manifest beside it: both or neither.
 *
 * Errors: those of the packers (`pack/`) and of `manifestTime`.
 */
export async function pack(
  request: PackRequest,
  { digests, command }: PackOptions,
  { env, ...context }: PackContext & Pick<Context, "env">,
): Promise<Result<Packed>> {
  const options: WriteOptions = { digests, ...context };
  if (command === undefined || isStream(request.output)) return packAs(request, options, []);
  const { manifestTime } = await import("#manifest/manifest.ts");
  const time = manifestTime(env["SOURCE_DATE_EPOCH"]);
  if (!time.ok) return time;
  const { withOutputSet } = await import("#files/output-set.ts");
  return withOutputSet(async (set) => {
    const texts: TextFile[] = [];
    const packed = await packAs(request, { ...options, digests: true, set }, texts);
    if (!packed.ok) return packed;
    const { writePackManifest } = await import("./common/pack-manifest.ts");
    const written = await writePackManifest(command, packed.value, await digestsOf(texts), env, set);
    return written.ok ? packed : written;
  });
}

type TextFile = { readonly file: string; readonly bytes: Uint8Array };

async function digestsOf(texts: readonly TextFile[]): Promise<readonly PackedInput[]> {
  const { digest } = await import("#files/digest.ts");
  return texts.map(({ file, bytes }) => ({ file, sha256: digest(bytes) }));
}

/**
 * Each packer is loaded when it is asked for.
 *
 * @param texts gets the files of which the text was taken
 */
async function packAs(
  request: PackRequest,
  options: WriteOptions,
  texts: TextFile[],
): Promise<Result<Packed>> {
  switch (request.kind) {
    case "envelope": {
      const cmdline = await textOf(request.cmdline, texts);
      if (!cmdline.ok) return cmdline;
      const { packEnvelope } = await import("#pack/envelope.ts");
      return packEnvelope({ ...request, cmdline: cmdline.value }, options);
    }
    case "pe": {
      const { packPe } = await import("#pack/pe.ts");
      return packPe(request, options);
    }
    case "container": {
      const { packContainer } = await import("#pack/container.ts");
      return packContainer(request, options);
    }
    case "zboot": {
      const { packZboot } = await import("#pack/zboot.ts");
      return packZboot(request, options);
    }
    default: {
      const sections = await ukiSections(request.sections, texts);
      if (!sections.ok) return sections;
      const { packUki } = await import("#pack/uki.ts");
      return packUki({ ...request, sections: sections.value }, options);
    }
  }
}

async function ukiSections(
  parts: readonly UkiPart[],
  texts: TextFile[],
): Promise<Result<readonly UkiSection[]>> {
  const sections: UkiSection[] = [];
  for (const { name, content } of parts) {
    const taken = "file" in content ? ok(content.file) : await textOf(content, texts);
    if (!taken.ok) return taken;
    sections.push({ name, content: taken.value });
  }
  return ok(sections);
}

async function textOf(text: Text, texts: TextFile[]): Promise<Result<Uint8Array>> {
  if ("text" in text) return ok(Buffer.from(text.text));
  const read = await readInput(text.textOf);
  if (!read.ok) return err(read.failure);
  const bytes = read.value;
  texts.push({ file: text.textOf, bytes });
  return ok(bytes.subarray(0, bytes.findLastIndex((byte) => byte !== 0 && byte !== 0x0a) + 1));
}
