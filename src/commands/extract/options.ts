import { JSON_FLAG, OUTPUT_FILE } from "#commands/options.ts";
import type { Read } from "#grammar/read.ts";
import type { CommandRow } from "#grammar/rows.ts";
import { EXTRACT_LAYERS } from "#kernel-image/extract-layers.ts";

export const EXTRACT = {
  describe: "take the kernel out of a zboot image, UKI, envelope, bzImage or Image.gz; flatten a vmlinux",
  positionals: { file: { type: "path", required: true } },
  options: {
    output: OUTPUT_FILE,
    layer: {
      type: "word",
      choices: EXTRACT_LAYERS,
      describe:
        "what to take: a part of a UKI or envelope, what boots, or the vmlinux; default: the innermost kernel",
    },
    raw: { type: "flag", describe: "do not ask whether what comes out is a kernel" },
    json: JSON_FLAG,
  },
} as const satisfies CommandRow;

export type ExtractWords = Read<typeof EXTRACT>;
