import { HEADERS, TIMEOUT } from "#commands/guest-options.ts";
import { ABI, JSON_FLAG } from "#commands/options.ts";
import type { Read } from "#grammar/read.ts";
import type { CommandRow } from "#grammar/rows.ts";

export const BOOT_TEST = {
  describe: "take an image apart in a real kernel (QEMU) and kexec into what comes out",
  positionals: {
    container: { type: "path", required: true, describe: ".bpf container" },
    image: { type: "path", required: true },
  },
  options: {
    expect: {
      type: "word",
      describe: "text that the second kernel has to write to its console [its command line]",
    },
    arch: { type: "word", choices: ["x86", "arm64", "riscv"], default: "x86", describe: "of the guest" },
    abi: ABI,
    deb: {
      type: "word",
      describe:
        "Debian suite with the first kernel [bookworm-backports; arm64: this machine's release; riscv: trixie]",
    },
    kernel: { type: "path", describe: "first kernel: a bzImage or Image" },
    headers: HEADERS,
    timeout: TIMEOUT,
    output: { type: "output", alias: "o", describe: "file for the console" },
    json: { ...JSON_FLAG, describe: "the report as JSON" },
  },
} as const satisfies CommandRow;

export type BootTestWords = Read<typeof BOOT_TEST>;
