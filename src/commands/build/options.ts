import { availableParallelism } from "node:os";
import { REVISIONS } from "#abi/revisions.ts";
import { JOBS, PART_SIZE } from "#api/common/number-rows.ts";
import { CACHE, TRACE } from "#commands/cache-options.ts";
import { ALLOW_WEAK, JSON_FLAG } from "#commands/options.ts";
import type { Read } from "#grammar/read.ts";
import type { CommandRow } from "#grammar/rows.ts";
import { ARCHITECTURES } from "#kernel-image/architecture.ts";
import { DEFAULT_OUT } from "./output-word.ts";

const FROM = {
  "kernel-tree": { type: "path", describe: "built kernel source tree" },
  vmlinux: { type: "path", describe: "kernel with BTF: ELF, raw BTF, bzImage, vmlinuz.efi or Image.gz" },
  image: { type: "path", describe: "kernel image to measure: Image, zboot, UKI, bzImage" },
  arch: {
    type: "word",
    describe: `${ARCHITECTURES.join(", ")}; else that of the image, of the types, of this machine`,
  },
  abi: {
    type: "word",
    choices: ["auto", ...REVISIONS],
    default: "auto",
    describe: "interface revision",
  },
} as const;

const LIMITS = {
  "max-kernel": { ...PART_SIZE, describe: "largest kernel, such as 64M" },
  "max-initrd": { ...PART_SIZE, describe: "largest initrd" },
  "max-cmdline": { ...PART_SIZE, describe: "largest command line" },
  initramfs: { type: "path", describe: "initramfs to measure" },
} as const;

const TOOLS = {
  clang: { type: "word", describe: "clang to use (else CLANG, LLVM, PATH)" },
  bpftool: { type: "word", describe: "bpftool to use (else BPFTOOL, PATH)" },
  "libbpf-headers": { type: "path", describe: "folder that has bpf/bpf_helpers.h" },
} as const;

const SIGNING = {
  "sign-key": {
    type: "key",
    describe: "private key to sign the light skeletons with (a newer bpftool does that)",
  },
  "sign-cert": { type: "path", describe: "the key's certificate" },
  "allow-weak": ALLOW_WEAK,
} as const;

export const BUILD = {
  describe: "build parsers for a kernel",
  positionals: {
    goals: {
      type: "word",
      repeatable: true,
      default: "all",
      describe: "targets (zboot, uki) or single files",
    },
  },
  options: {
    ...FROM,
    output: { type: "folder", alias: "o", default: DEFAULT_OUT, describe: "output folder" },
    ...LIMITS,
    targets: { type: "path", repeatable: true, describe: "folder with targets of your own" },
    ...TOOLS,
    "bytecode-object": {
      type: "word",
      choices: ["direct", "compiled"],
      default: "direct",
      describe: "write <p>_bytecode.o directly, or let clang compile <p>_bytecode.c",
    },
    "seed-payload-size": {
      type: "flag",
      describe: "send payload_size - 4 as the first patches did (breaks all but gzip)",
    },
    prove: { type: "flag", describe: "prove each parser for all images; certificates beside the containers" },
    ...SIGNING,
    jobs: { ...JOBS, alias: "j", default: availableParallelism() },
    ...CACHE,
    trace: TRACE,
    verbose: { type: "flag", alias: "v", describe: "show the commands" },
    json: JSON_FLAG,
  },
} as const satisfies CommandRow;

export type BuildWords = Read<typeof BUILD>;
