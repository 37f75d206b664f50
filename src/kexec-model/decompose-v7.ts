import { ofEveryPart, PARTS } from "#abi/parts.ts";
import type { RunParser } from "#abi/run-parser.ts";
import type { Failure, Layer } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { decodeBytecodeObject } from "#formats/elf/bytecode-object.ts";
import { type Container, type ContainerProgram, decodeContainer } from "#formats/elf/container.ts";
import { splitSignature } from "#formats/signature/signature.ts";
import { EMPTY_CONTEXT, type KernelContext, partsOf } from "./context.ts";
import { executeStream } from "./execute.ts";
import { aboutImage, notDecomposed } from "./failures.ts";
import type { Attempt, Decomposed } from "./types.ts";

/** What a layer parses: the file, or what the layer before has queued. */
type LayerInput = {
  readonly buffers: readonly [Uint8Array, ...Uint8Array[]];
  /** Where the first buffer was decompressed from, if it was. */
  readonly source: Layer | undefined;
};

/**
 * v7: the container's programs are tried in order until one says DONE; then `.bpf.nested` works on what that
 * one queued. At the end kernel, initrd and cmdline must all be there.
 *
 * What a parser without DONE has queued is thrown away; what it has put into kernel, initrd and cmdline stays, as
 * in the loader. A signature at the container's end has to be whole; whether it is good is not judged here.
 */
export async function decomposeV7(input: {
  readonly container: Uint8Array;
  readonly image: Uint8Array;
  readonly runParser: RunParser;
}): Promise<Result<Decomposed>> {
  const signed = splitSignature(input.container);
  if (!signed.ok) return err(notDecomposed("container", "a broken signature", [signed.failure]));
  const container = decodeContainer(signed.value.content);
  if (!container.ok) return err(notDecomposed("container", "not a .bpf container", [container.failure]));

  const attempts: Attempt[] = [];
  let context = EMPTY_CONTEXT;
  let given: LayerInput = { buffers: [input.image], source: undefined };
  let layer: Container | undefined = container.value;
  for (let number = 1; layer !== undefined; number++) {
    const outcome = await runLayer(layer, number, given, context, input.runParser);
    attempts.push(...outcome.attempts);
    context = outcome.context;
    if (!context.parsed) {
      const causes = outcome.attempts.flatMap(({ failure }) => failure ?? []);
      return err(notDecomposed(`layer ${number}`, "no parser takes the image", causes));
    }
    layer = layer.nested;
    if (layer === undefined) break;
    const [first, ...others] = context.queued;
    if (first === undefined) {
      const detail = "nothing was queued for .bpf.nested: no command had FILL";
      return err(notDecomposed(`layer ${number}`, detail));
    }
    given = { buffers: [first, ...others], source: context.layers.get(first) };
    context = { ...context, queued: [], parsed: false };
  }
  return complete(context, attempts);
}

/** Tries a layer's programs in order; `parsed` of the context says whether one succeeded. */
async function runLayer(
  layer: Container,
  number: number,
  given: LayerInput,
  before: KernelContext,
  runParser: RunParser,
): Promise<{ readonly context: KernelContext; readonly attempts: readonly Attempt[] }> {
  const attempts: Attempt[] = [];
  let context = before;
  for (const program of layer.programs) {
    const run = await runProgram(program, number, given, context, runParser);
    context = run.context;
    attempts.push({ layer: number, program: program.name, failure: run.failure });
    if (context.parsed) break;
    context = { ...context, queued: [] };
  }
  return { context, attempts };
}

async function runProgram(
  program: ContainerProgram,
  layer: number,
  given: LayerInput,
  before: KernelContext,
  runParser: RunParser,
): Promise<{ readonly context: KernelContext; readonly failure: Failure | undefined }> {
  const stage = `layer ${layer}, ${program.name}`;
  const object = decodeBytecodeObject(program.data, { base: program.offset });
  if (!object.ok) {
    return { context: before, failure: notDecomposed(stage, "cannot be loaded", [object.failure]) };
  }
  const sent = await runParser(program.data, {
    revision: "v7",
    layer,
    program: program.name,
    buffers: given.buffers,
    ...partsOf(before),
  });
  if (!sent.ok) {
    const cause = aboutImage(sent.failure, given.source);
    return { context: before, failure: notDecomposed(stage, "sends nothing", [cause]) };
  }
  const { context, refused } = await executeStream({ revision: "v7", commands: sent.value }, before, {
    stage,
  });
  if (context.parsed) return { context, failure: refused };
  return { context, failure: refused ?? notDecomposed(stage, "ends without DONE") };
}

function complete(context: KernelContext, attempts: readonly Attempt[]): Result<Decomposed> {
  const parts = ofEveryPart(partsOf(context));
  if (parts === undefined) {
    const missing = PARTS.flatMap(({ name }) => (context[name] === undefined ? [name] : []));
    const causes = attempts.flatMap(({ failure }) => failure ?? []);
    return err(notDecomposed("result", `no ${missing.join(", no ")}: v7 wants all three`, causes));
  }
  return ok({ ...parts, attempts });
}
