import { OUTPUT_FILE } from "#commands/options.ts";
import type { Read } from "#grammar/read.ts";
import type { CommandRow, OptionRow, WordRow } from "#grammar/rows.ts";
import { ARCHITECTURES } from "#kernel-image/architecture.ts";
import { ZBOOT_COMPRESSIONS } from "#pack/types.ts";

const JSON_REPORT = {
  type: "flag",
  describe: "the report as JSON, with SHA-256 sums",
} as const satisfies OptionRow;

const ARCH = {
  type: "word",
  choices: ARCHITECTURES,
  describe: "default: as the kernel says",
} as const satisfies WordRow;

/** Without a manifest nothing has to be hashed. */
const MANIFEST = {
  type: "flag",
  default: true,
  describe: "write OUTPUT.manifest.json; --no-manifest leaves it out",
} as const satisfies OptionRow;

const file = (describe: string) => ({ type: "path", required: true, describe }) as const;

/** The name that the series' builder gives. */
const DEFAULT_ENVELOPE = "zboot_image.elf";

export const PACK_ENVELOPE = {
  describe: "wrap a zboot image, an initrd and a command line in the ELF envelope",
  positionals: {
    kernel: file("zboot image; its bytes stay as they are"),
    initrd: file("initrd; an empty file (/dev/null) for none"),
    cmdline: {
      type: "text",
      required: true,
      describe: 'kernel command line: text ("" for none), or @FILE',
    },
  },
  options: {
    output: { ...OUTPUT_FILE, required: false, default: DEFAULT_ENVELOPE },
    arch: ARCH,
    force: { type: "flag", describe: "take a kernel that is not a zboot image, or for another machine" },
    json: JSON_REPORT,
    manifest: MANIFEST,
  },
} as const satisfies CommandRow;

export const PACK_PE = {
  describe: "add bytecode to a zboot image or UKI as section .bpf",
  positionals: {
    image: file("zboot image, UKI or other PE file"),
    bytecode: file("bytecode object (<p>_bytecode.o) or .bpf container"),
  },
  options: {
    output: OUTPUT_FILE,
    replace: { type: "flag", describe: "take the place of a .bpf that is there" },
    certificates: {
      type: "word",
      choices: ["keep", "strip"],
      default: "strip",
      describe: "what becomes of signatures, which no longer verify",
    },
    json: JSON_REPORT,
    manifest: MANIFEST,
  },
} as const satisfies CommandRow;

export const PACK_CONTAINER = {
  describe: "put bytecode objects into a .bpf container",
  positionals: {},
  options: {
    section: {
      type: "assignment",
      repeatable: true,
      describe: "NAME=FILE: .bpf.1 to .bpf.8 without a gap, .bpf.nested; may be repeated",
    },
    output: OUTPUT_FILE,
    arch: { ...ARCH, describe: "default: as the first object" },
    json: JSON_REPORT,
    manifest: MANIFEST,
  },
} as const satisfies CommandRow;

export const PACK_ZBOOT = {
  describe: "compress a kernel Image into a zboot image, for fixtures and experiments",
  positionals: { image: file("uncompressed kernel") },
  options: {
    compress: {
      type: "word",
      choices: ZBOOT_COMPRESSIONS,
      required: true,
      describe: "compression, as the header names it",
    },
    output: OUTPUT_FILE,
    arch: ARCH,
    stub: { type: "path", describe: "PE file that gets the payload; default: one that refuses to boot" },
    json: JSON_REPORT,
    manifest: MANIFEST,
  },
} as const satisfies CommandRow;

export const PACK_UKI = {
  describe:
    "put a UKI together, for fixtures and experiments; its sections stand in the order of the options",
  positionals: {},
  options: {
    linux: { type: "path", repeatable: true, describe: "kernel: .linux" },
    initrd: { type: "path", repeatable: true, describe: "file for .initrd" },
    cmdline: { type: "text", repeatable: true, describe: "text for .cmdline, or @FILE" },
    section: {
      type: "assignment",
      repeatable: true,
      describe: "NAME=FILE: any other section; may be repeated",
    },
    profile: {
      type: "text",
      repeatable: true,
      describe: "text of a .profile, or @FILE: the sections after it belong to that profile; may be repeated",
    },
    stub: { type: "path", describe: "PE file with the EFI stub, such as systemd's; default: none" },
    output: OUTPUT_FILE,
    arch: { ...ARCH, describe: "default: as the stub or the kernel" },
    json: JSON_REPORT,
    manifest: MANIFEST,
  },
} as const satisfies CommandRow;

/** `kexec-bpf pack …`, by the second word. */
export type EnvelopeWords = Read<typeof PACK_ENVELOPE>;
export type PeWords = Read<typeof PACK_PE>;
export type ContainerWords = Read<typeof PACK_CONTAINER>;
export type ZbootWords = Read<typeof PACK_ZBOOT>;
export type UkiWords = Read<typeof PACK_UKI>;
