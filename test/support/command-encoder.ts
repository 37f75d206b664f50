import { type Command, commandTitle, needsSubcommand } from "#abi/command.ts";
import { commandNumbers } from "#abi/command-codec.ts";
import type { HeaderLayout } from "#abi/header-layout.ts";
import { revisionProfile } from "#abi/revisions.ts";
import { ByteWriter } from "#bytes/writer.ts";
import type { SizeExceeded, Unsupported } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";

/**
 * Writes the buffer that a parser hands to `bpf_buffer_parser()`: the header, then the payload.
 * Members that say nothing (`num_chunks`, an absent flag) are zero.
 *
 * Errors: `unsupported` for a command, flag or missing subcommand that the revision does not have;
 * `size-exceeded` for a payload whose length does not fit `payload_len`.
 */
export function encodeCommand(
  command: Command,
  layout: HeaderLayout,
): Result<Uint8Array, Unsupported | SizeExceeded> {
  const profile = revisionProfile(layout.revision);
  const number = commandNumbers(layout.revision).get(command.command);
  const subcommand = command.subcommand === undefined ? 0 : profile.subcommands[command.subcommand];
  const flag = command.pipeline === undefined ? 0 : profile.pipeline[command.pipeline];
  if (number === undefined || flag === undefined || (subcommand === 0 && needsSubcommand(command.command))) {
    return err({
      reason: "unsupported",
      what: `command ${commandTitle(command)}`,
      detail: `revision ${layout.revision} has no such command`,
    });
  }
  const lengthField = layout.places.get("payload_len")?.size ?? 0;
  const longest = 2 ** (8 * lengthField) - 1;
  if (command.payload.length > longest) {
    return err({
      reason: "size-exceeded",
      what: `payload of ${commandTitle(command)}`,
      size: command.payload.length,
      limit: longest,
    });
  }
  const values = new Map([
    ["cmd", number],
    ["subcmd", subcommand],
    ["pipeline_flag", flag],
    ["payload_len", command.payload.length],
  ]);
  const out = new ByteWriter(layout.size + command.payload.length);
  for (const [name, { offset, size }] of layout.places) {
    const value = values.get(name) ?? 0;
    if (size === 1) out.u8(offset, value);
    else if (size === 2) out.u16(offset, value);
    else out.u32(offset, value);
  }
  return ok(out.put(layout.size, command.payload).bytes);
}
