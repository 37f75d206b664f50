import { availableParallelism } from "node:os";
import { JOBS } from "#api/common/number-rows.ts";
import { CACHE, TRACE } from "#commands/cache-options.ts";
import { JSON_FLAG, OUTPUT_FOLDER } from "#commands/options.ts";
import type { Read } from "#grammar/read.ts";
import type { CommandRow } from "#grammar/rows.ts";

export const FLEET = "build parsers for many kernels, on one machine or several";

const FILE = { type: "path", required: true, describe: "FLEET.json (docs/fleet.md)" } as const;

const ONLY = {
  type: "word",
  repeatable: true,
  describe: "kernels of these names alone; * and ? stand for others (repeatable)",
} as const;

const JUNIT = { type: "output", describe: "write a JUnit report" } as const;

const HTML = {
  type: "output",
  describe: "write a page with the table and the parsers' runs (docs/explore.md)",
} as const;

const VERIFIED = {
  type: "path",
  repeatable: true,
  describe: "report of kernel-test --json, for what a real kernel's verifier counts (repeatable)",
} as const;

/** A step of sizes, in bytes. */
const STEP = { type: "size", least: 64 * 1024, most: 2 ** 29 } as const;

export const FLEET_RUN = {
  describe: "build and verify a fleet; what was done before stays",
  positionals: { fleet: FILE },
  options: {
    output: OUTPUT_FOLDER,
    only: ONLY,
    jobs: { ...JOBS, alias: "j", default: availableParallelism() },
    "keep-going": { type: "flag", default: true, describe: "go on after a kernel that fails" },
    shard: {
      type: "word",
      describe: "a part of the kernels: I/N, or auto, as the engine says that runs this",
    },
    times: { type: "path", describe: "report of an earlier run, to balance shards by" },
    "exact-sizes": { type: "flag", describe: "bounds as measured: kernels share less" },
    "size-step": { ...STEP, describe: "round bounds up to multiples of this (default: to what rings hold)" },
    clang: { type: "word", describe: "clang to use (else CLANG, LLVM, PATH)" },
    bpftool: { type: "word", describe: "bpftool to use (else BPFTOOL, PATH)" },
    "libbpf-headers": { type: "path", describe: "folder that has bpf/bpf_helpers.h" },
    ...CACHE,
    "kernel-test": VERIFIED,
    trace: TRACE,
    junit: JUNIT,
    html: HTML,
    verbose: { type: "flag", alias: "v", describe: "tell of kernels that were done before, too" },
    json: JSON_FLAG,
  },
} as const satisfies CommandRow;

export const FLEET_STATUS = {
  describe: "which kernels are built, failed or left",
  positionals: { fleet: FILE },
  options: { output: OUTPUT_FOLDER, only: ONLY, json: JSON_FLAG },
} as const satisfies CommandRow;

export const FLEET_MERGE = {
  describe: "make one report of the folders of shards",
  positionals: {
    folders: { type: "path", required: true, repeatable: true, describe: "output folders of the shards" },
  },
  options: {
    output: { ...OUTPUT_FOLDER, describe: "folder to write fleet-report.json into" },
    "kernel-test": VERIFIED,
    junit: JUNIT,
    html: HTML,
    json: JSON_FLAG,
  },
} as const satisfies CommandRow;

export const FAIL_ON = ["any", "build", "bytecode", "instructions", "size", "verdict"] as const;

export const FLEET_COMPARE = {
  describe: "what changed between two runs",
  positionals: {
    old: { type: "path", required: true, describe: "output folder or report of the earlier run" },
    new: { type: "path", required: true, describe: "of the later one" },
  },
  options: {
    "fail-on": {
      type: "word",
      repeatable: true,
      describe: `exit status 1 for these: ${FAIL_ON.join(", ")}; size=5% and instructions=5% allow so much (repeatable)`,
    },
    json: JSON_FLAG,
  },
} as const satisfies CommandRow;

export const FLEET_CLEAN = {
  describe: "remove what fleet run has left in an output folder",
  positionals: { fleet: FILE },
  options: { output: OUTPUT_FOLDER, only: ONLY },
} as const satisfies CommandRow;

export const FLEET_SCHEMA = {
  describe: "print the JSON Schema of FLEET.json, for editors and checks",
  positionals: {},
  options: {},
} as const satisfies CommandRow;

export const FLEET_INIT = {
  describe: "write a FLEET.json of the kernels that are found",
  positionals: {
    folders: { type: "path", repeatable: true, describe: "folders with kernels, such as /boot" },
  },
  options: {
    deb: { type: "word", repeatable: true, describe: "Debian's kernel of SUITE[:ARCH] (repeatable)" },
    rpm: { type: "path", repeatable: true, describe: "folder with RPM packages of kernels (repeatable)" },
    output: { type: "output", alias: "o", default: "FLEET.json", describe: "file to write" },
    force: { type: "flag", alias: "f", describe: "replace a file that is there" },
    json: JSON_FLAG,
  },
} as const satisfies CommandRow;

export type FleetRunWords = Read<typeof FLEET_RUN>;
export type FleetStatusWords = Read<typeof FLEET_STATUS>;
export type FleetMergeWords = Read<typeof FLEET_MERGE>;
export type FleetCompareWords = Read<typeof FLEET_COMPARE>;
export type FleetCleanWords = Read<typeof FLEET_CLEAN>;
export type FleetInitWords = Read<typeof FLEET_INIT>;
export type FleetSchemaWords = Read<typeof FLEET_SCHEMA>;
