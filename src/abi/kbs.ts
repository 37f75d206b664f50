import { ByteReader, decoding } from "#bytes/reader.ts";
import { ByteWriter } from "#bytes/writer.ts";
import type { Malformed } from "#core/failure.ts";
import type { Result } from "#core/result.ts";
import {
  type Command,
  type CommandName,
  type CommandStream,
  commandTitle,
  needsSubcommand,
} from "./command.ts";
import { commandNumbers } from "./command-codec.ts";
import type { Subcommand } from "./parts.ts";
import type { Revision } from "./revisions.ts";

/** The version of the format that is written, and the only one that is read. */
export const KBS_VERSION = 1;

/** `KBS` behind a byte that no text begins with. */
const MAGIC = 0x53424b89;
const HEADER_SIZE = 24;
const RECORD_HEADER_SIZE = 8;

/*
 * The file's own numbers: unlike those of `struct cmd_hdr`, where DECOMPRESS is 1 in v6 and 2 in v7, they
 * never change. 0 stands for none.
 */
const REVISION: ReadonlyMap<Revision, number> = new Map([
  ["v6", 6],
  ["v7", 7],
]);
const COMMAND: ReadonlyMap<CommandName, number> = new Map([
  ["DONE", 1],
  ["DECOMPRESS", 2],
  ["COPY", 3],
  ["VERIFY_SIG", 4],
]);
const SUBCOMMAND: ReadonlyMap<Subcommand, number> = new Map([
  ["KERNEL", 1],
  ["INITRD", 2],
  ["CMDLINE", 3],
]);
const PIPELINE: ReadonlyMap<"FILL", number> = new Map([["FILL", 1]]);

/**
 * Writes a stream as a `.kbs` file, all fields little-endian:
 *
 *     00 magic 89 "KBS"  04 u16 version  06 u16 revision (6, 7)  08 u32 records  0c u32 zero
 *     10 u64 size of the file
 *
 * then each record, without padding:
 *
 *     00 u8 command  01 u8 subcommand  02 u8 pipeline flag  03 u8 zero  04 u32 payload's length  08 payload
 *
 * @throws RangeError for a payload of 4 GiB or more, which no kernel takes and no Uint8Array of a parser holds
 */
export function encodeKbs(stream: CommandStream): Uint8Array {
  const size = stream.commands.reduce((sum, { payload }) => sum + RECORD_HEADER_SIZE + payload.length, 0);
  const out = new ByteWriter(HEADER_SIZE + size);
  out
    .u32(0x00, MAGIC)
    .u16(0x04, KBS_VERSION)
    .u16(0x06, numberOf(REVISION, stream.revision))
    .u32(0x08, stream.commands.length)
    .u64(0x10, out.bytes.length);
  let at = HEADER_SIZE;
  for (const { command, subcommand, pipeline, payload } of stream.commands) {
    if (payload.length > 0xffff_ffff) throw new RangeError(`payload of ${payload.length} bytes`);
    out
      .u8(at, numberOf(COMMAND, command))
      .u8(at + 1, numberOf(SUBCOMMAND, subcommand))
      .u8(at + 2, numberOf(PIPELINE, pipeline))
      .u32(at + 4, payload.length)
      .put(at + RECORD_HEADER_SIZE, payload);
    at += RECORD_HEADER_SIZE + payload.length;
  }
  return out.bytes;
}

/**
 * Reads a `.kbs` file; payloads are views. Every byte is accounted for: what is cut short, continued, or not
 * zero where zero belongs is refused (`malformed`, with the record's number and the offset), as are unknown
 * versions and numbers, and commands that the stream's revision does not have.
 */
export function decodeKbs(bytes: Uint8Array): Result<CommandStream, Malformed> {
  return decoding(() => {
    const file = new ByteReader(bytes, { format: "kbs", section: "file header" });
    if (file.u32(0x00) !== MAGIC) file.fail(0x00, "no kbs magic");
    const version = file.u16(0x04);
    if (version !== KBS_VERSION) file.fail(0x04, `version ${version}, only ${KBS_VERSION} is known`);
    const revision = nameOf(REVISION, file.u16(0x06));
    if (revision === undefined) return file.fail(0x06, `unknown revision ${file.u16(0x06)}`);
    const count = file.u32(0x08);
    if (file.u32(0x0c) !== 0) file.fail(0x0c, "reserved field is not zero");
    const size = file.size64(0x10);
    if (size !== bytes.length) file.fail(0x10, `size is ${size}, the file has ${bytes.length} bytes`);

    const commands: Command[] = [];
    let at = HEADER_SIZE;
    for (let index = 0; index < count; index++) {
      const record = file.part(`record ${index}`, at, bytes.length - at);
      const command = readRecord(record, revision);
      commands.push(command);
      at += RECORD_HEADER_SIZE + command.payload.length;
    }
    if (at !== bytes.length) file.fail(at, `${bytes.length - at} bytes behind the last record`);
    return { revision, commands };
  });
}

/** @param record from the record's first byte to the end of the file */
function readRecord(record: ByteReader, revision: Revision): Command {
  const command = nameOf(COMMAND, record.u8(0));
  if (command === undefined) return record.fail(0, `unknown command ${record.u8(0)}`);
  if (!commandNumbers(revision).has(command)) record.fail(0, `${command} is no command of ${revision}`);

  const subcommand = nameOf(SUBCOMMAND, record.u8(1));
  if (subcommand === undefined && record.u8(1) !== 0) record.fail(1, `unknown subcommand ${record.u8(1)}`);
  if (subcommand === undefined && needsSubcommand(command)) record.fail(1, `${command} without a subcommand`);

  const pipeline = nameOf(PIPELINE, record.u8(2));
  if (pipeline === undefined && record.u8(2) !== 0) record.fail(2, `unknown pipeline flag ${record.u8(2)}`);
  if (pipeline !== undefined && revision === "v6") record.fail(2, "v6 has no pipeline flags");
  if (record.u8(3) !== 0) record.fail(3, "reserved byte is not zero");

  const length = record.u32(4);
  const room = record.length - RECORD_HEADER_SIZE;
  const read = { command, subcommand, pipeline };
  if (length > room) {
    record.fail(4, `payload of ${commandTitle(read)}: ${length} bytes, ${room} left`);
  }
  return { ...read, payload: record.slice(RECORD_HEADER_SIZE, length) };
}

function numberOf<Name>(numbers: ReadonlyMap<Name, number>, name: Name | undefined): number {
  return name === undefined ? 0 : (numbers.get(name) ?? 0);
}

function nameOf<Name>(numbers: ReadonlyMap<Name, number>, number: number): Name | undefined {
  for (const [name, value] of numbers) if (value === number) return name;
  return undefined;
}
