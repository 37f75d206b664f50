import { OUTPUT_FOLDER } from "#commands/options.ts";
import type { Read } from "#grammar/read.ts";
import type { CommandRow } from "#grammar/rows.ts";

export const UNPACK = {
  describe: "write the parts of an envelope, a .bpf container, or a PE image's .bpf as files",
  positionals: {
    file: { type: "path", required: true, describe: "envelope, container or PE image" },
  },
  options: {
    output: OUTPUT_FOLDER,
    json: { type: "flag", describe: "the report as JSON, with SHA-256 sums" },
  },
} as const satisfies CommandRow;

export type UnpackWords = Read<typeof UNPACK>;
