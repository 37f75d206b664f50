import { ARCHITECTURES } from "#kernel-image/architecture.ts";
import { ZBOOT_COMPRESSIONS } from "#pack/types.ts";
import type { CommandWords, OptionWords } from "./words.ts";

const output: OptionWords = {
  type: "string",
  alias: "o",
  describe: "file to write",
  required: true,
  content: "file",
};
const json: OptionWords = { type: "boolean", describe: "the report as JSON, with SHA-256 sums" };
const arch: OptionWords = { type: "string", choices: ARCHITECTURES, describe: "default: as the kernel says" };

/** Without a manifest nothing has to be hashed. */
const noManifest: OptionWords = { type: "boolean", describe: "write no OUTPUT.manifest.json" };

/** Where `pack envelope` writes when it is not told: the name that the series' builder gives. */
export const DEFAULT_ENVELOPE = "zboot_image.elf";

/** `kexec-bpf pack …`, by the second word. */
export const PACK_COMMANDS = {
  envelope: {
    name: "envelope",
    describe: "wrap a zboot image, an initrd and a command line in the ELF envelope",
    positionals: [
      { name: "kernel", describe: "zboot image; its bytes stay as they are", content: "file" },
      { name: "initrd", describe: "initrd; an empty file (/dev/null) for none", content: "file" },
      { name: "cmdline", describe: 'kernel command line: text ("" for none), or @FILE', content: "text" },
    ],
    options: {
      output: { ...output, required: false, describe: `file to write; default: ${DEFAULT_ENVELOPE}` },
      arch,
      force: { type: "boolean", describe: "take a kernel that is no zboot image, or for another machine" },
      json,
      "no-manifest": noManifest,
    },
  },
  pe: {
    name: "pe",
    describe: "add bytecode to a zboot image or UKI as section .bpf",
    positionals: [
      { name: "image", describe: "zboot image, UKI or other PE file", content: "file" },
      {
        name: "bytecode",
        describe: "bytecode object (<p>_bytecode.o) or .bpf container",
        content: "file",
      },
    ],
    options: {
      output,
      replace: { type: "boolean", describe: "take the place of a .bpf that is there" },
      certificates: {
        type: "string",
        choices: ["keep", "strip"],
        describe: "what becomes of signatures, which no longer verify; default: strip",
      },
      json,
      "no-manifest": noManifest,
    },
  },
  container: {
    name: "container",
    describe: "put bytecode objects into a .bpf container",
    positionals: [],
    options: {
      section: {
        type: "string",
        several: true,
        content: "assignment",
        describe: "NAME=FILE: .bpf.1 to .bpf.8 without a gap, .bpf.nested; may be repeated",
      },
      output,
      arch: { ...arch, describe: "default: as the first object" },
      json,
      "no-manifest": noManifest,
    },
  },
  zboot: {
    name: "zboot",
    describe: "compress a kernel Image into a zboot image, for fixtures and experiments",
    positionals: [{ name: "image", describe: "uncompressed kernel", content: "file" }],
    options: {
      compress: {
        type: "string",
        choices: ZBOOT_COMPRESSIONS,
        required: true,
        describe: "compression, as the header names it",
      },
      output,
      arch,
      stub: {
        type: "string",
        describe: "PE file that gets the payload; default: one that refuses to boot",
        content: "file",
      },
      json,
      "no-manifest": noManifest,
    },
  },
  uki: {
    name: "uki",
    describe:
      "put a UKI together, for fixtures and experiments; its sections stand in the order of the options",
    positionals: [],
    options: {
      linux: { type: "string", several: true, content: "file", describe: "kernel: .linux" },
      initrd: { type: "string", several: true, content: "file", describe: "file for .initrd" },
      cmdline: { type: "string", several: true, content: "text", describe: "text for .cmdline, or @FILE" },
      section: {
        type: "string",
        several: true,
        content: "assignment",
        describe: "NAME=FILE: any other section; may be repeated",
      },
      profile: {
        type: "string",
        several: true,
        content: "text",
        describe:
          "text of a .profile, or @FILE: the sections behind it belong to that profile; may be repeated",
      },
      stub: {
        type: "string",
        describe: "PE file with the EFI stub, such as systemd's; default: none",
        content: "file",
      },
      output,
      arch: { ...arch, describe: "default: as the stub or the kernel" },
      json,
      "no-manifest": noManifest,
    },
  },
} as const satisfies Readonly<Record<string, CommandWords>>;

export const UNPACK_COMMAND = {
  name: "unpack",
  describe: "write the parts of an envelope, a .bpf container, or a PE image's .bpf as files",
  positionals: [{ name: "file", describe: "envelope, container or PE image", content: "file" }],
  options: {
    output: { type: "string", alias: "o", required: true, describe: "folder to write into", content: "file" },
    json,
  },
} as const satisfies CommandWords;
