import { type Failure, inFile, inLayer } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { type InputFile, withInputFile } from "#files/input-file.ts";
import { findBtf } from "#formats/btf/find-btf.ts";
import { EM } from "#formats/elf/constants.ts";
import { isElf } from "#formats/elf/header.ts";
import { foreignKernel, type RecognisedForm } from "./forms.ts";
import { identityOfRawBtf, type KernelIdentity, releaseIn, withBuildId } from "./identity.ts";
import { peelUntil } from "./peel-until.ts";
import { readElfSections } from "./sparse-elf.ts";

export type KernelBtf = {
  /** Raw BTF, as in /sys/kernel/btf/vmlinux. */
  readonly bytes: Uint8Array;
  /** Of the bytes, where it was found out on the way. */
  readonly sha256?: string;
  /** Where it was found: `["bzImage (xz)", "ELF .BTF"]`. */
  readonly steps: readonly string[];
  readonly identity: KernelIdentity;
};

/** Up to e_machine. */
const HEAD_SIZE = 20;

const SECTION = ".BTF";
const NOTES = ".notes";
const RODATA = ".rodata";

/**
 * Takes the BTF out of a kernel in whatever form: raw BTF, an ELF vmlinux, a bzImage, a zboot image,
 * a UKI, a compressed or plain Image.
 *
 * Errors: `file-failed`; those of the formats met; `malformed` where there is no BTF in the end.
 */
export function readKernelBtf(file: string): Promise<Result<KernelBtf>> {
  return withInputFile(file, async (input) => {
    const head = input.head(HEAD_SIZE);
    if (!head.ok) return head;
    if (!isElf(head.value)) return readWhole(input, head.value);
    if (isBpf(head.value)) return err(notTheKernels(file, BPF_OBJECT));
    const sections = await readElfSections(file, [SECTION, NOTES, RODATA]);
    if (!sections.ok) return sections;
    const [btf, notes, rodata] = sections.value;
    return elfBtf(btf, file, [], identityOf(notes, rodata));
  });
}

async function readWhole(input: InputFile, head: Uint8Array): Promise<Result<KernelBtf>> {
  const file = input.path;
  const content = input.whole();
  if (!content.ok) return content;
  const bytes = content.value;
  if (isBtf(head) && continuesOther(bytes)) return err(notTheKernels(file, MODULE));
  const foreign = foreignKernel(bytes);
  if (foreign !== undefined) return err(notTheKernels(file, foreign));
  if (isBtf(head)) return ok({ bytes, steps: ["raw BTF"], identity: await identityOfRawBtf(file) });
  const found = await search(bytes, file);
  return found.ok ? found : err(inFile(found.failure, file));
}

function search(file: Uint8Array, name: string): Promise<Result<KernelBtf>> {
  return peelUntil<KernelBtf>(file, {
    at: (layer, { content, steps }) => {
      switch (layer.kind) {
        case "elf": {
          const elf = layer.decoded();
          if (!elf.ok) return err(inLayer(elf.failure, content.layer));
          const data = (section: string) => elf.value.section(section)?.data;
          return elfBtf(data(SECTION), name, steps, identityOf(data(NOTES), data(RODATA)));
        }
        case "image":
        case "unknown":
          return btfInside(content.bytes, name, steps);
        case "wrapped":
        case "bzImage":
          return undefined;
      }
    },
    end: ({ steps }) => err(noBtf(name, steps)),
  });
}

/** Without sections to go by, the BTF is found by its header. */
function btfInside(bytes: Uint8Array, name: string, steps: readonly string[]): Result<KernelBtf> {
  const found = findBtf(bytes);
  if (found === undefined) return err(noBtf(name, steps));
  return ok({
    bytes: bytes.subarray(found.offset, found.offset + found.length),
    steps: [...steps, `BTF at offset ${found.offset}`],
    identity: releaseOnly(releaseIn(bytes)),
  });
}

/** A file of debug information only (objcopy --only-keep-debug) still has the section, without bytes. */
function elfBtf(
  data: Uint8Array | undefined,
  file: string,
  steps: readonly string[],
  identity: KernelIdentity,
): Result<KernelBtf> {
  if (data?.length === 0)
    return err(
      noBtf(file, steps, "its section has no bytes in this file, as where debug information was split off"),
    );
  if (data !== undefined && continuesOther(data)) return err(notTheKernels(file, MODULE));
  return data === undefined
    ? err(noBtf(file, steps))
    : ok({ bytes: data, steps: [...steps, "ELF .BTF"], identity });
}

/** From sections that a vmlinux may lack. */
function identityOf(notes: Uint8Array | undefined, rodata: Uint8Array | undefined): KernelIdentity {
  const release = releaseOnly(releaseIn(rodata ?? new Uint8Array()));
  return withBuildId(release, notes ?? new Uint8Array());
}

function releaseOnly(release: string | undefined): KernelIdentity {
  return release === undefined ? {} : { release };
}

/** The magic number 0xeb9f in either byte order. */
function isBtf(head: Uint8Array): boolean {
  return (head[0] === 0x9f && head[1] === 0xeb) || (head[0] === 0xeb && head[1] === 0x9f);
}

const MODULE: RecognisedForm = {
  what: "a module's BTF",
  detail: "it is split, and has no more than its kernel's BTF lacks: give the kernel itself",
};
const BPF_OBJECT: RecognisedForm = {
  what: "a BPF object",
  detail: "its BTF has the program's types, not a kernel's",
};

/** Whether the header says that the ELF file is for BPF. */
function isBpf(head: Uint8Array): boolean {
  return head[18] === EM.BPF && head[19] === 0;
}

/** Split BTF's strings do not begin with the empty one, which is its base's (Documentation/bpf/btf.rst). */
function continuesOther(bytes: Uint8Array): boolean {
  if (bytes.length < 24) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [header, strings, length] = [4, 16, 20].map((at) => view.getUint32(at, true));
  return length !== 0 && (bytes[(header ?? 0) + (strings ?? 0)] ?? 0) !== 0;
}

function notTheKernels(file: string, form: RecognisedForm): Failure {
  return { reason: "unsupported", ...form, file };
}

function noBtf(
  file: string,
  steps: readonly string[],
  why = "is the kernel built with CONFIG_DEBUG_INFO_BTF?",
): Failure {
  const inside = steps.length === 0 ? "" : ` (looked into: ${steps.join(", ")})`;
  return {
    reason: "malformed",
    format: "kernel",
    section: SECTION,
    offset: 0,
    detail: `no BTF${inside}: ${why}`,
    file,
  };
}
