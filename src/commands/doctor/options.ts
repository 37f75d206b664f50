import { JSON_FLAG } from "#commands/options.ts";
import type { Read } from "#grammar/read.ts";
import type { CommandRow } from "#grammar/rows.ts";

export const DOCTOR = {
  describe: "show the tools found, those too old or missing, and the one command that mends it",
  positionals: {},
  options: {
    "kernel-tree": { type: "path", describe: "look for libbpf's headers there first" },
    json: JSON_FLAG,
  },
} as const satisfies CommandRow;

export type DoctorWords = Read<typeof DOCTOR>;
