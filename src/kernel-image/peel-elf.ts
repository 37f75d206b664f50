import { ok, type Result } from "#core/result.ts";
import type { DecompressFailure } from "#formats/compression/types.ts";
import { decodeElf } from "#formats/elf/elf-file.ts";
import { decodeEnvelope } from "#formats/envelope/decode.ts";
import { type KernelContent, type KernelLayer, runOf } from "./layer.ts";

/** An ELF file as it is: a vmlinux, or anything else. */
export function elfLayer({ bytes, base }: KernelContent): KernelLayer {
  return { kind: "elf", decoded: () => decodeElf(bytes, { base }) };
}

/** An ELF file, and where it is an envelope, the kernel in it. */
export function openEnvelope(content: KernelContent): Result<KernelLayer, DecompressFailure> {
  const { bytes, base } = content;
  const elf = decodeElf(bytes, { base });
  if (!elf.ok) return elf;
  if (elf.value.section(".kernel") === undefined) return ok({ kind: "elf", decoded: () => elf });
  const envelope = decodeEnvelope(bytes, { base });
  if (!envelope.ok) return envelope;
  const { kernel, initrd, cmdline } = envelope.value;
  return ok({
    kind: "wrapped",
    step: "envelope",
    inner: runOf(content, kernel.offset - base, kernel.data),
    parts: { linux: kernel.data, initrd: initrd?.data, cmdline: cmdline?.data },
  });
}
