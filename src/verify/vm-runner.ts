import type { Command } from "#abi/command.ts";
import { headerLayout } from "#abi/header-layout.ts";
import type { Revision } from "#abi/revisions.ts";
import type { RunParser } from "#abi/run-parser.ts";
import { loadParser } from "#bpf-vm/load-parser.ts";
import { asFailure } from "#bpf-vm/loader/failure.ts";
import { sourceOf } from "#bpf-vm/program.ts";
import { contextLayout } from "#bpf-vm/run-parser.ts";
import { profileBtf } from "#bpf-vm/target/profile-btf.ts";
import type { ParserMisbehaved } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { emit, isMalformed } from "./emission.ts";
import { sourcePlace } from "./finding-record.ts";
import type { ParserUnderTest } from "./subject.ts";

/**
 * Runs the bytecode itself, as a kernel with the revision's built-in profile would. A parser sees the first of the
 * stage's buffers; what earlier parsers made is not shown to it.
 *
 * Errors: `not-loaded` or `malformed` where the kernel would not load it; `parser-misbehaved` for a fault, a leak or
 * a buffer that is no command; `unsupported` with the parser's last words where it sends nothing.
 */
export function vmRunner(revision: Revision): RunParser {
  const target = profileBtf(revision);
  const context = contextLayout(target, revision);
  if (context === undefined) throw new Error(`the profile of ${revision} has no context`);
  return async (object, stage) => {
    const loaded = loadParser(object, { target });
    if (!loaded.ok) return err(asFailure(loaded.failure));
    const { programs } = loaded.value;
    return sentBy({ programs, context, header: headerLayout(revision) }, stage.buffers[0]);
  };
}

/**
 * What a loaded parser sends for an image.
 *
 * Errors: `parser-misbehaved`, `unsupported`, as `vmRunner`.
 */
export function sentBy(
  parser: Pick<ParserUnderTest, "programs" | "context" | "header">,
  image: Uint8Array,
): Result<readonly Command[]> {
  const { runs, emitted } = emit(parser, image);
  for (const { program, outcome } of runs) {
    const { fault } = outcome;
    const [leak] = outcome.leaks;
    if (fault !== undefined) return err(misbehaved(fault.detail, sourceOf(program, fault.instruction)));
    if (leak !== undefined) {
      return err(misbehaved(`${leak.name} is not given back`, sourceOf(program, leak.acquiredAt)));
    }
  }
  const commands: Command[] = [];
  for (const { program, buffer, command } of emitted) {
    if (isMalformed(command)) {
      const detail = `${command.section}: ${command.detail}`;
      return err(misbehaved(detail, sourceOf(program, buffer.instruction)));
    }
    commands.push(command);
  }
  if (commands.length > 0) return ok(commands);
  const said = runs.flatMap(({ outcome }) => outcome.trace).at(-1);
  return err({ reason: "unsupported", what: "the image", detail: said ?? "the parser says nothing" });
}

function misbehaved(detail: string, source: Parameters<typeof sourcePlace>[0]): ParserMisbehaved {
  return { reason: "parser-misbehaved", detail, source: sourcePlace(source) };
}
