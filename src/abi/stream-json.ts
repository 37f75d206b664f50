import { createHash } from "node:crypto";
import type { CommandName, CommandStream } from "./command.ts";
import { KBS_VERSION } from "./kbs.ts";
import type { Subcommand } from "./parts.ts";
import type { Revision } from "./revisions.ts";

/** A stream for people and other programs: payloads are described, not contained. */
export type StreamJson = {
  readonly format: "kbs";
  readonly version: number;
  readonly revision: Revision;
  readonly commands: readonly {
    readonly index: number;
    readonly command: CommandName;
    readonly subcommand: Subcommand | null;
    readonly pipeline: "FILL" | null;
    readonly payload: {
      /** Bytes. */
      readonly size: number;
      readonly sha256: string;
      /** The first 16 bytes, in hexadecimal digits. */
      readonly head: string;
    };
  }[];
};

const HEAD = 16;

export function streamJson(stream: CommandStream): StreamJson {
  return {
    format: "kbs",
    version: KBS_VERSION,
    revision: stream.revision,
    commands: stream.commands.map(({ command, subcommand, pipeline, payload }, index) => ({
      index,
      command,
      subcommand: subcommand ?? null,
      pipeline: pipeline ?? null,
      payload: {
        size: payload.length,
        sha256: createHash("sha256").update(payload).digest("hex"),
        head: Buffer.from(payload.subarray(0, HEAD)).toString("hex"),
      },
    })),
  };
}
