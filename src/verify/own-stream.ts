import type { Command } from "#abi/command.ts";
import type { Failure } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { type Emission, isMalformed } from "./emission.ts";
import type { ParserUnderTest } from "./subject.ts";

const DONE: Command = {
  command: "DONE",
  subcommand: undefined,
  pipeline: undefined,
  payload: new Uint8Array(0),
};

/**
 * What a parser is held to that no reference judges: its own stream where nothing is denied, whole. In v7 a stream that does not end
 * in DONE is half of one. Where something is denied it has to be sent whole or not at all, and not after a refusal.
 *
 * Errors: `unsupported`, with the parser's last words, where it sends nothing.
 */
export function ownStream(
  { revision }: Pick<ParserUnderTest, "revision">,
  undisturbed: Emission,
): Result<readonly Command[], Failure> {
  const { runs, emitted } = undisturbed;
  const commands = emitted.flatMap(({ command }) => (isMalformed(command) ? [] : [command]));
  if (emitted.length === 0) {
    const said = runs.flatMap(({ outcome }) => outcome.trace).at(-1);
    return err({ reason: "unsupported", what: "the image", detail: said ?? "the parser says nothing" });
  }
  const whole = revision === "v6" || commands.at(-1)?.command === "DONE";
  return ok(whole ? commands : [...commands, DONE]);
}
