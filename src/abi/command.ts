import type { Subcommand } from "./parts.ts";
import type { Revision } from "./revisions.ts";

/** What a parser may tell the kernel to do; `VERIFY_SIG` has a number in v7, and no code behind it. */
export type CommandName = "DONE" | "DECOMPRESS" | "COPY" | "VERIFY_SIG";

/** One call of `bpf_buffer_parser()`, as it is meant; `command-codec.ts` has the bytes. */
export type Command = {
  readonly command: CommandName;
  /** What the payload is. Only `DONE` and `VERIFY_SIG` may go without. */
  readonly subcommand: Subcommand | undefined;
  /** `FILL`: the kernel also queues the result as the next stage's image. */
  readonly pipeline: "FILL" | undefined;
  /** A view wherever possible; never copied here. */
  readonly payload: Uint8Array;
  /** Of a text that got a NUL which the image does not have: where in the image it begins. The payload is then a copy. */
  readonly textAt?: number;
};

/** All commands that one parser sends for one image, in their order. */
export type CommandStream = {
  readonly revision: Revision;
  readonly commands: readonly Command[];
};

/** `DECOMPRESS/KERNEL`, `COPY/KERNEL FILL`, `DONE`: a command without its payload, in words. */
export function commandTitle({ command, subcommand, pipeline }: Omit<Command, "payload">): string {
  return `${command}${subcommand === undefined ? "" : `/${subcommand}`}${pipeline === undefined ? "" : ` ${pipeline}`}`;
}

/**
 * Where the payload of a reference's command lies in the image that it was made of, in bytes: it is a view of the image, or a text of
 * the image with a NUL that the image does not have.
 */
export function payloadPlace(
  { payload, textAt }: Pick<Command, "payload" | "textAt">,
  image: Uint8Array,
): { readonly offset: number; readonly size: number } {
  return textAt === undefined
    ? { offset: payload.byteOffset - image.byteOffset, size: payload.length }
    : { offset: textAt, size: payload.length - 1 };
}

/** Whether the command is nothing without a subcommand. */
export function needsSubcommand(command: CommandName): boolean {
  return command === "DECOMPRESS" || command === "COPY";
}
