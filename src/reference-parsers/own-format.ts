import type { Command } from "#abi/command.ts";
import { PARTS, type PartName, type PerPart } from "#abi/parts.ts";
import type { BadReference, Failure } from "#core/failure.ts";
import { isRecord } from "#core/is-record.ts";
import { err, type Result } from "#core/result.ts";
import type { ReferenceInput } from "./input.ts";
import { type OrderedPart, streamInOrder } from "./parts.ts";

/** What a part's command is: the words of a target's description. */
export type FormatCommand = "DECOMPRESS" | "COPY" | "COPY FILL";

/** A run of the image's bytes that becomes a payload; one of size 0 makes no command, but for a command line. */
export type FormatPart = {
  readonly command: FormatCommand;
  /** Bytes from the image's beginning, as `size`: whole numbers, inside the image where `size` is not 0. */
  readonly offset: number;
  readonly size: number;
  /** The field that gives the size, for a failure about it. Default: the part's name, at offset 0. */
  readonly field?: { readonly section: string; readonly offset: number };
};

/** Why an image is not taken: which part of the format is wrong, where, and how. */
export type FormatRefusal = {
  /** `header`, `section 3`. */
  readonly section: string;
  /** Bytes from the image's beginning. */
  readonly offset: number;
  readonly detail: string;
};

/** What a parser of the format makes of an image: parts, of which a stream is made in canonical order, or a refusal. */
export type FormatAnswer =
  | { readonly parts: Partial<PerPart<FormatPart>> }
  | { readonly refused: FormatRefusal };

/** A reference parser of the user's own. */
export type FormatParser = (input: ReferenceInput) => FormatAnswer;

const COMMANDS: Readonly<Record<FormatCommand, Pick<Command, "command" | "pipeline">>> = {
  DECOMPRESS: { command: "DECOMPRESS", pipeline: undefined },
  COPY: { command: "COPY", pipeline: undefined },
  "COPY FILL": { command: "COPY", pipeline: "FILL" },
};

/** The reference itself, and not the image, is at fault. */
type Fault = { readonly fault: string };

/**
 * The stream that a parser of the user's own expects: what it finds, in canonical order, in v7 with DONE.
 *
 * Errors: `malformed` where it refuses the image; `size-exceeded` for a part larger than its record; `bad-reference` where it throws,
 * or gives what is no answer.
 */
export function streamOfOwn(
  format: { readonly name: string; readonly file: string; readonly parse: FormatParser },
  input: ReferenceInput,
): Result<readonly Command[], Failure> {
  const answer = ask(format.parse, input);
  const bad = (detail: string) => err<BadReference>({ reason: "bad-reference", file: format.file, detail });
  if ("fault" in answer) return bad(answer.fault);
  if ("refused" in answer) {
    const { section, offset, detail } = answer.refused;
    return err({ reason: "malformed", format: format.name, section, offset, detail });
  }
  const order: OrderedPart[] = [];
  for (const { name, subcommand, text } of PARTS) {
    const part = answer.parts[name];
    if (part === undefined) continue;
    const { command, offset, size, field } = part;
    const bytes = size === 0 ? new Uint8Array(0) : input.image.subarray(offset, offset + size);
    const place = field ?? { section: name, offset: 0 };
    order.push({
      ...{ name, subcommand, text, how: COMMANDS[command] },
      part: { bytes, start: size === 0 ? 0 : offset, ...place },
    });
  }
  return streamInOrder(order, input);
}

function ask(parse: FormatParser, input: ReferenceInput): FormatAnswer | Fault {
  let answer: unknown;
  try {
    answer = parse(input);
  } catch (error) {
    return { fault: `parse() throws: ${error instanceof Error ? error.message : String(error)}` };
  }
  const fault = faultOf(answer, input);
  return fault === undefined ? (answer as FormatAnswer) : { fault };
}

/** What is wrong with an answer, in words; it comes from code that nothing has checked. */
function faultOf(answer: unknown, input: ReferenceInput): string | undefined {
  if (!isRecord(answer)) return "parse() gives neither { parts } nor { refused }";
  const { parts, refused } = answer;
  if (refused !== undefined) {
    const { section, offset, detail } = isRecord(refused) ? refused : {};
    const good = typeof section === "string" && isSize(offset) && typeof detail === "string";
    return good ? undefined : "refused must have section, offset and detail";
  }
  if (!isRecord(parts)) return "parse() gives neither { parts } nor { refused }";
  const names: readonly string[] = PARTS.map(({ name }) => name);
  const stray = Object.keys(parts).find((name) => !names.includes(name));
  if (stray !== undefined) return `parts.${stray}: ${names.join(", ")} are known`;
  for (const [name, part] of Object.entries(parts)) {
    const detail = part === undefined ? undefined : partFault(part, name as PartName, input);
    if (detail !== undefined) return `parts.${name}: ${detail}`;
  }
  if (input.revision === "v6" && parts["kernel"] === undefined) return "parts.kernel is missing";
  return undefined;
}

function partFault(part: unknown, name: PartName, { image, revision }: ReferenceInput): string | undefined {
  const { command, offset, size } = isRecord(part) ? part : {};
  if (typeof command !== "string" || !Object.hasOwn(COMMANDS, command)) {
    return `command must be one of ${Object.keys(COMMANDS).join(", ")}`;
  }
  if (command === "COPY FILL" && revision === "v6") return "v6 has no pipeline to FILL";
  if (!isSize(offset) || !isSize(size)) return "offset and size must be whole numbers of bytes";
  if (size === 0 || offset + size <= image.length) return undefined;
  return `${size} bytes at ${offset} do not lie inside ${image.length}: refuse such an image (${name})`;
}

function isSize(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
