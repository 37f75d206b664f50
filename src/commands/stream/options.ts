import { REVISIONS } from "#abi/revisions.ts";
import { ABI, JSON_FLAG, OUTPUT_FILE } from "#commands/options.ts";
import type { Read } from "#grammar/read.ts";
import type { CommandRow } from "#grammar/rows.ts";

export const STREAM = "show, compare or make command streams (.kbs)";

export const STREAM_SHOW = {
  describe: "print the commands of a stream",
  positionals: { file: { type: "path", required: true } },
  options: { json: JSON_FLAG },
} as const satisfies CommandRow;

export const STREAM_REFERENCE = {
  describe: "write the stream that the reference parser expects for an image",
  positionals: { image: { type: "path", required: true } },
  options: { output: OUTPUT_FILE, abi: ABI },
} as const satisfies CommandRow;

export const STREAM_RECORD = {
  describe: "run a parser over an image and write the stream that it sends",
  positionals: {
    parser: { type: "name", required: true, describe: ".bpf container, _bytecode.o or BPF .o" },
    image: { type: "path", required: true },
  },
  options: {
    output: OUTPUT_FILE,
    abi: { type: "word", choices: REVISIONS, describe: "interface revision (default: the parser's own)" },
  },
} as const satisfies CommandRow;

export const STREAM_DIFF = {
  describe: "find the first difference; exit status 1 where there is one",
  positionals: { a: { type: "path", required: true }, b: { type: "path", required: true } },
  options: {
    effect: { type: "flag", describe: "compare what the kernel makes of them" },
    json: JSON_FLAG,
  },
} as const satisfies CommandRow;

export type StreamShowWords = Read<typeof STREAM_SHOW>;
export type StreamReferenceWords = Read<typeof STREAM_REFERENCE>;
export type StreamRecordWords = Read<typeof STREAM_RECORD>;
export type StreamDiffWords = Read<typeof STREAM_DIFF>;
