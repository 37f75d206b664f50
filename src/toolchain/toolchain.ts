import type { BpftoolFacts } from "#toolchain/tools/bpftool.ts";
import type { ClangFacts } from "#toolchain/tools/clang.ts";
import type { LibbpfHeaders } from "./libbpf-headers.ts";

/** What a build cannot do without, in the order in which it is reported. */
export const REQUIRED_TOOLS = ["clang", "bpftool", "libbpf"] as const;
export type RequiredTool = (typeof REQUIRED_TOOLS)[number];
/**
 * What distributions have packages of that we know. `pkcs11` is what lets openssl use the keys of a token; the compilers
 * link statically.
 */
export type PackagedTool =
  | RequiredTool
  | "openssl"
  | "pkcs11"
  | "gcc"
  | "gcc-arm64"
  | "gcc-riscv"
  | "make"
  | "pahole"
  | "bsdtar"
  | "qemu-x86"
  | "qemu-arm64"
  | "qemu-riscv";

/** A usable tool: its facts, where it is, and a name for this very state of its file (for fingerprints). */
export type Tool<Facts> = Facts & { readonly path: string; readonly identity: string };

export type Toolchain = {
  readonly clang: Tool<ClangFacts>;
  readonly bpftool: Tool<BpftoolFacts>;
  readonly headers: LibbpfHeaders;
};

export type ToolState = "found" | "too-old" | "missing";

/** What became of the search for one tool, as plain data for a table or for JSON. */
export type ToolReport = {
  readonly name: string;
  readonly state: ToolState;
  readonly optional: boolean;
  /** The binary, or for libbpf the folder to include from. Absent where the tool is missing. */
  readonly path?: string;
  /** Absent where it is missing or does not say. */
  readonly version?: string;
  /** Of bpftool: the version of the libbpf in it. */
  readonly libbpf?: string;
  /** One line for people: what was found, or what is wrong. */
  readonly detail: string;
  /** One line for people: what would do. */
  readonly needed: string;
  /** What was looked at before, each with the reason why it was not taken. */
  readonly tried: readonly string[];
};
