import { ByteReader, decoding } from "#bytes/reader.ts";
import type { Malformed } from "#core/failure.ts";
import type { Result } from "#core/result.ts";
import { type Command, type CommandName, needsSubcommand } from "./command.ts";
import type { HeaderLayout } from "./header-layout.ts";
import { PARTS, type Subcommand } from "./parts.ts";
import { type Revision, revisionProfile } from "./revisions.ts";

/** Numbers that an interface defines and no parser of ours sends: the profiles, which make C, are without. */
const DEFINED_ONLY: Readonly<Record<Revision, Readonly<Partial<Record<CommandName, number>>>>> = {
  v6: {},
  v7: { VERIFY_SIG: 4 },
};

const COMMANDS: Readonly<Record<Revision, ReadonlyMap<CommandName, number>>> = {
  v6: numbersOf("v6"),
  v7: numbersOf("v7"),
};

/** Every command of the revision with its number. */
export function commandNumbers(revision: Revision): ReadonlyMap<CommandName, number> {
  return COMMANDS[revision];
}

function numbersOf(revision: Revision): ReadonlyMap<CommandName, number> {
  const entries = Object.entries({ ...revisionProfile(revision).commands, ...DEFINED_ONLY[revision] });
  return new Map(entries as [CommandName, number][]);
}

/**
 * Reads one buffer of `bpf_buffer_parser()`; the payload is a view. Stricter than the kernel, which looks neither
 * at bytes behind the payload nor at `num_chunks` nor at unknown flags.
 *
 * Fails (`malformed`, section `command <index>`) on a number that the revision does not define, on a payload
 * length that is not exactly the rest of the buffer, and on chunks, which no revision has yet.
 *
 * @param options.rest what follows the buffer, which then is the header alone, in other memory
 * @param options.index the command's position in its stream, for failures. Default 0
 * @param options.base offset of the buffer in the outermost file, for failures. Default 0
 */
export function decodeCommand(
  buffer: Uint8Array,
  layout: HeaderLayout,
  options: { readonly index?: number; readonly base?: number; readonly rest?: Uint8Array | undefined } = {},
): Result<Command, Malformed> {
  return decoding(() => {
    const reader = new ByteReader(buffer, {
      format: "command stream",
      section: `command ${options.index ?? 0}`,
      base: options.base ?? 0,
    });
    const { revision } = layout;
    reader.slice(0, layout.size);
    const command = field(reader, layout, "cmd");
    const name = nameOf(commandNumbers(revision), command.value);
    if (name === undefined) return reader.fail(command.at, `unknown command ${command.value}`);

    const sub = field(reader, layout, "subcmd");
    const subcommand = subcommandOf(revision, sub.value);
    if (sub.value !== 0 && subcommand === undefined) reader.fail(sub.at, `unknown subcommand ${sub.value}`);
    if (subcommand === undefined && needsSubcommand(name))
      reader.fail(sub.at, `${name} without a subcommand`);

    const flag = field(reader, layout, "pipeline_flag");
    const fill = revisionProfile(revision).pipeline.FILL;
    if (flag.value !== 0 && flag.value !== fill) reader.fail(flag.at, `unknown pipeline flag ${flag.value}`);

    const chunks = field(reader, layout, "num_chunks");
    if (chunks.value !== 0) reader.fail(chunks.at, `${chunks.value} chunks, which ${revision} does not have`);

    const length = field(reader, layout, "payload_len");
    const payload = options.rest ?? reader.slice(layout.size, buffer.length - layout.size);
    const room = payload.length;
    if (length.value > room)
      reader.fail(length.at, `payload_len is ${length.value}, ${room} bytes are there`);
    if (length.value < room) {
      const behind = room - length.value;
      reader.fail(
        layout.size + length.value,
        `${behind} ${behind === 1 ? "byte" : "bytes"} behind the payload`,
      );
    }
    return {
      command: name,
      subcommand,
      pipeline: flag.value === 0 ? undefined : "FILL",
      payload,
    };
  });
}

/** A member's value and place; a member that the layout does not have reads as zero. */
function field(reader: ByteReader, layout: HeaderLayout, name: string): { value: number; at: number } {
  const place = layout.places.get(name);
  if (place === undefined) return { value: 0, at: 0 };
  const { offset, size } = place;
  const value = size === 1 ? reader.u8(offset) : size === 2 ? reader.u16(offset) : reader.u32(offset);
  return { value, at: offset };
}

function subcommandOf(revision: Revision, number: number): Subcommand | undefined {
  const { subcommands } = revisionProfile(revision);
  return PARTS.find(({ subcommand }) => subcommands[subcommand] === number)?.subcommand;
}

function nameOf<Name extends string>(numbers: ReadonlyMap<Name, number>, number: number): Name | undefined {
  for (const [name, value] of numbers) if (value === number) return name;
  return undefined;
}
