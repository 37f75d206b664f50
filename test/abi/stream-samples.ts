import fc from "fast-check";
import type { Command, CommandStream } from "#abi/command.ts";
import type { Revision } from "#abi/revisions.ts";

const text = (words: string) => new Uint8Array(Buffer.from(words));

export const DONE: Command = {
  command: "DONE",
  subcommand: undefined,
  pipeline: undefined,
  payload: new Uint8Array(0),
};

export function copy(subcommand: "KERNEL" | "INITRD" | "CMDLINE", words: string, pipeline?: "FILL"): Command {
  return { command: "COPY", subcommand, pipeline, payload: text(words) };
}

export function decompress(payload: Uint8Array, pipeline?: "FILL"): Command {
  return { command: "DECOMPRESS", subcommand: "KERNEL", pipeline, payload };
}

export function stream(revision: Revision, ...commands: Command[]): CommandStream {
  return { revision, commands };
}

/** Every stream that a revision can express, the senseless ones included. */
export const anyStream: fc.Arbitrary<CommandStream> = fc
  .constantFrom<Revision>("v6", "v7")
  .chain((revision) =>
    fc.record({
      revision: fc.constant(revision),
      commands: fc.array(revision === "v6" ? sendingCommand("v6") : anyV7Command(), { maxLength: 5 }),
    }),
  );

function sendingCommand(revision: Revision): fc.Arbitrary<Command> {
  return fc.record({
    command: fc.constantFrom<"DECOMPRESS" | "COPY">("DECOMPRESS", "COPY"),
    subcommand: fc.constantFrom<"KERNEL" | "INITRD" | "CMDLINE">("KERNEL", "INITRD", "CMDLINE"),
    pipeline: revision === "v6" ? fc.constant(undefined) : fc.constantFrom(undefined, "FILL" as const),
    payload: fc.uint8Array({ maxLength: 40 }),
  });
}

function anyV7Command(): fc.Arbitrary<Command> {
  const bare = fc.record({
    command: fc.constantFrom<"DONE" | "VERIFY_SIG">("DONE", "VERIFY_SIG"),
    subcommand: fc.constantFrom(undefined, "INITRD" as const),
    pipeline: fc.constantFrom(undefined, "FILL" as const),
    payload: fc.uint8Array({ maxLength: 5 }),
  });
  return fc.oneof(sendingCommand("v7"), bare);
}
