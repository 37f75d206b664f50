import { REVISIONS } from "#abi/revisions.ts";
import { HEADERS, TIMEOUT } from "#commands/guest-options.ts";
import { JSON_FLAG, RECORD_SIZES, REFERENCE } from "#commands/options.ts";
import type { Read } from "#grammar/read.ts";
import type { CommandRow } from "#grammar/rows.ts";

/** Debian's suites with a kernel that has what parsers need; the first is the default. */
export const MATRIX = ["bookworm-backports", "trixie", "trixie-backports", "sid"];

export const KERNEL_TEST = {
  describe: "run parsers in a real kernel (QEMU) and compare with the VM and the reference parsers",
  positionals: {
    containers: { type: "path", required: true, repeatable: true, describe: ".bpf containers" },
  },
  options: {
    image: {
      type: "path",
      repeatable: true,
      describe: "image to show to every parser, or a folder of them; may be repeated",
    },
    corpus: { type: "path", describe: "the same: a folder of images" },
    kernel: { type: "path", describe: "bzImage to boot" },
    headers: HEADERS,
    deb: {
      type: "word",
      repeatable: true,
      describe: "Debian suite with the kernel [bookworm-backports]; may be repeated",
    },
    matrix: { type: "flag", describe: `the kernels of ${MATRIX.join(", ")}` },
    shard: {
      type: "word",
      describe: "a part of the kernels: I/N, or auto, as the engine says that runs this",
    },
    abi: {
      type: "word",
      choices: REVISIONS,
      describe: "interface revision (default: that which the parsers were compiled for)",
    },
    reference: REFERENCE,
    ...RECORD_SIZES,
    "max-kernel": {
      ...RECORD_SIZES["max-kernel"],
      describe: "largest kernel that the parsers were built for",
    },
    "log-level": {
      type: "count",
      least: 0,
      most: 7,
      default: 5,
      describe: "of the verifier: 1 instructions, 2 states, 4 statistics, added up",
    },
    timeout: { ...TIMEOUT, describe: "seconds for one boot" },
    output: { type: "folder", alias: "o", describe: "folder for consoles and verifier logs" },
    html: { type: "output", describe: "write a page with the results and the VM's runs (docs/explore.md)" },
    json: { ...JSON_FLAG, describe: "the report as JSON" },
  },
} as const satisfies CommandRow;

export const KERNEL_TEST_MERGE = {
  describe: "make one report of those of shards",
  positionals: {
    reports: {
      type: "path",
      required: true,
      repeatable: true,
      describe: "what kernel-test --json wrote for each",
    },
  },
  options: { json: { ...JSON_FLAG, describe: "the report as JSON" } },
} as const satisfies CommandRow;

export type KernelTestMergeWords = Read<typeof KERNEL_TEST_MERGE>;
export type KernelTestWords = Read<typeof KERNEL_TEST>;
