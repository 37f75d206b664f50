import type { Command } from "#abi/command.ts";
import type { Revision } from "#abi/revisions.ts";
import type { RunParser } from "#abi/run-parser.ts";
import { latin1 } from "#bytes/reader.ts";
import type { Failure } from "#core/failure.ts";
import { err, type Result } from "#core/result.ts";
import { looksLikeElf, parseEnvelope } from "./envelope.ts";
import type { ImageArchitecture, RecordLimits, ReferenceInput } from "./input.ts";
import { looksLikeImage, parsePlain } from "./plain.ts";
import { parseUki } from "./uki.ts";
import { parseZboot } from "./zboot.ts";

/**
 * Stands in for the bytecode: what a bytecode object parses cannot be seen from outside, so the reference
 * parser is chosen by the image. The object is not looked at.
 */
export function referenceRunner(
  revision: Revision,
  limits: RecordLimits,
  arch?: ImageArchitecture,
): RunParser {
  return async (_object, stage) => parseAny({ image: stage.buffers[0], limits, revision, arch });
}

/**
 * The stream of an image of any kind: an ELF file is an envelope (v7), a kernel's own header makes it plain (v7),
 * `zimg` a zboot file, and every other PE file has to be a UKI.
 *
 * Errors: those of the parser chosen; `unsupported` for an image that is none of these.
 */
export function parseAny(input: ReferenceInput): Result<readonly Command[]> {
  const { image, revision } = input;
  if (revision === "v7" && looksLikeImage(image)) return parsePlain(input);
  if (revision === "v7" && looksLikeElf(image)) return parseEnvelope(input);
  if (latin1(image.subarray(0, 2)) !== "MZ") {
    return err<Failure>({ reason: "unsupported", what: "image", detail: "no parser knows its first bytes" });
  }
  return latin1(image.subarray(4, 8)) === "zimg" ? parseZboot(input) : parseUki(input);
}
