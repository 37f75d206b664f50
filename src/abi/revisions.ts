/**
 * The revisions of the kexec image parser interface, as their mails define them (docs/spec.md,
 * "The kernel's side"). The series is not in mainline, so a stock kernel's BTF has none of this and
 * these profiles stand in for it.
 */

import { PARTS, type Subcommand } from "./parts.ts";

export type Revision = "v6" | "v7";

export const REVISIONS: readonly Revision[] = ["v6", "v7"];

/** The revision assumed where the target's BTF does not have the interface. */
export const DEFAULT_REVISION: Revision = "v7";

/** The function that a parser is attached to. */
export const ANCHOR = "kexec_image_parser_anchor";

/** A member of `struct cmd_hdr`, which is packed: the offset is the sum of the sizes before it. */
export type HeaderField = {
  readonly name: string;
  /** Bytes: 1, 2 or 4. */
  readonly size: number;
};

export type ContextField = {
  readonly name: string;
  /** C declaration without the semicolon. */
  readonly declaration: string;
  /** Bytes the member may have; later copies of v6 widened the sizes from int to unsigned long. */
  readonly sizes: readonly number[];
  /** There are copies of the revision without it, and no parser of this project reads it. */
  readonly optional?: true;
};

/** `declaration` is C without the semicolon. */
export type Kfunc = { readonly name: string; readonly parameters: number; readonly declaration: string };

/** An enum without a tag that a typedef names; the values count from 0. */
export type NamedEnum = { readonly name: string; readonly enumerators: readonly string[] };

/** Those that a parser of this project sends; `command.ts` has all that a stream may hold. */
export type SentCommand = "DONE" | "DECOMPRESS" | "COPY";

export type RevisionProfile = {
  readonly revision: Revision;
  readonly header: readonly HeaderField[];
  /** Bytes of `struct cmd_hdr`. */
  readonly headerSize: number;
  /** Command numbers; a revision without DONE takes the end of the program for the end of the stream. */
  readonly commands: Readonly<Partial<Record<SentCommand, number>>>;
  readonly subcommands: Readonly<Record<Subcommand, number>>;
  /** Pipeline flags; empty where the revision has none. */
  readonly pipeline: Readonly<Partial<Record<"FILL", number>>>;
  /** `struct kexec_context`, as far as a parser reads it. */
  readonly context: readonly ContextField[];
  /** What members of the context are of. */
  readonly enums: readonly NamedEnum[];
  /** Members of the context that hold the image to be parsed: expressions in C. */
  readonly image: { readonly data: string; readonly size: string };
  /** What the loader does with a command line that has no NUL at its end. Of v7 there are copies that do either. */
  readonly commandLine: CommandLineEnd;
};

/** `as-sent`: the second half of kexec_file_load() ends it by a NUL over its last byte. `ended`: a NUL is added. */
export type CommandLineEnd = "as-sent" | "ended";

export const KFUNCS: readonly Kfunc[] = [
  {
    name: "bpf_get_parser_context",
    parameters: 1,
    declaration: "struct bpf_parser_context *bpf_get_parser_context(unsigned long id)",
  },
  {
    name: "bpf_put_parser_context",
    parameters: 1,
    declaration: "void bpf_put_parser_context(struct bpf_parser_context *context)",
  },
  {
    name: "bpf_buffer_parser",
    parameters: 3,
    declaration: "int bpf_buffer_parser(char *buf, int buf_sz, struct bpf_parser_context *context)",
  },
];

const SUBCOMMANDS = Object.fromEntries(PARTS.map(({ subcommand, number }) => [subcommand, number])) as Record<
  Subcommand,
  number
>;

const BUFFERS = 16;

const PROFILES: Readonly<Record<Revision, RevisionProfile>> = {
  v6: {
    revision: "v6",
    header: [
      { name: "cmd", size: 2 },
      { name: "subcmd", size: 2 },
      { name: "payload_len", size: 4 },
    ],
    headerSize: 8,
    commands: { DECOMPRESS: 1, COPY: 2 },
    subcommands: SUBCOMMANDS,
    pipeline: {},
    context: [
      { name: "kdump", declaration: "bool kdump", sizes: [1] },
      { name: "kernel", declaration: "char *kernel", sizes: [8] },
      { name: "kernel_sz", declaration: "int kernel_sz", sizes: [4, 8] },
      { name: "initrd", declaration: "char *initrd", sizes: [8] },
      { name: "initrd_sz", declaration: "int initrd_sz", sizes: [4, 8] },
      { name: "cmdline", declaration: "char *cmdline", sizes: [8] },
      { name: "cmdline_sz", declaration: "int cmdline_sz", sizes: [4, 8] },
    ],
    enums: [],
    image: { data: "kernel", size: "kernel_sz" },
    commandLine: "as-sent",
  },
  v7: {
    revision: "v7",
    header: [
      { name: "cmd", size: 2 },
      { name: "subcmd", size: 1 },
      { name: "pipeline_flag", size: 1 },
      { name: "payload_len", size: 4 },
      { name: "num_chunks", size: 2 },
    ],
    headerSize: 10,
    commands: { DONE: 1, DECOMPRESS: 2, COPY: 3 },
    subcommands: SUBCOMMANDS,
    pipeline: { FILL: 1 },
    context: [
      { name: "kdump", declaration: "bool kdump", sizes: [1] },
      { name: "parsed", declaration: "bool parsed", sizes: [1] },
      { name: "sig_mode", declaration: "kexec_sig_enforced sig_mode", sizes: [4], optional: true },
      { name: "parsing_buf", declaration: `char *parsing_buf[${BUFFERS}]`, sizes: [8 * BUFFERS] },
      {
        name: "parsing_buf_sz",
        declaration: `unsigned long parsing_buf_sz[${BUFFERS}]`,
        sizes: [8 * BUFFERS],
      },
      { name: "kernel", declaration: "char *kernel", sizes: [8] },
      { name: "kernel_sz", declaration: "unsigned long kernel_sz", sizes: [8] },
      { name: "initrd", declaration: "char *initrd", sizes: [8] },
      { name: "initrd_sz", declaration: "unsigned long initrd_sz", sizes: [8] },
      { name: "cmdline", declaration: "char *cmdline", sizes: [8] },
      { name: "cmdline_sz", declaration: "unsigned long cmdline_sz", sizes: [8] },
    ],
    enums: [
      { name: "kexec_sig_enforced", enumerators: ["SIG_ENFORCE_NONE", "SIG_ENFORCE_SIG", "SIG_ENFORCE_IMA"] },
    ],
    image: { data: "parsing_buf[0]", size: "parsing_buf_sz[0]" },
    commandLine: "ended",
  },
};

export function revisionProfile(revision: Revision): RevisionProfile {
  return PROFILES[revision];
}
