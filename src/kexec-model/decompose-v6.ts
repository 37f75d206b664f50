import type { RunParser } from "#abi/run-parser.ts";
import { inLayer, type Layer, type NotDecomposed } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { decodeBytecodeObject } from "#formats/elf/bytecode-object.ts";
import { decodePe, peSection } from "#formats/pe/pe-file.ts";
import { EMPTY_CONTEXT, type KernelContext, partsOf } from "./context.ts";
import { executeStream } from "./execute.ts";
import { aboutImage, notDecomposed } from "./failures.ts";
import type { Attempt, Decomposed } from "./types.ts";

const SECTION = ".bpf";

/** v6's loader goes on as long as there is a `.bpf`; this model gives up on an image that contains itself. */
const MAX_ROUNDS = 16;

/**
 * v6: the image's own `.bpf` section parses it; a `.bpf` in the kernel that comes out parses that, and so on.
 * Nothing says that a stream is complete, and initrd and cmdline may be missing at the end.
 *
 * A round that leaves the kernel as it was would be repeated by the loader for ever; it is a failure here.
 */
export async function decomposeV6(input: {
  readonly image: Uint8Array;
  readonly runParser: RunParser;
}): Promise<Result<Decomposed>> {
  const attempts: Attempt[] = [];
  let context = EMPTY_CONTEXT;
  let image: Image = { bytes: input.image, layer: undefined };
  for (let round = 1; round <= MAX_ROUNDS; round++) {
    const object = bytecodeOf(image, round);
    if (!object.ok) return object;
    if (object.value === undefined) {
      return ok({ ...partsOf(context), kernel: image.bytes, attempts });
    }
    const next = await runRound(object.value, image, context, round, input.runParser);
    if (!next.ok) return next;
    attempts.push({ layer: round, program: SECTION, failure: undefined });
    context = next.value.context;
    image = next.value.image;
  }
  return err(notDecomposed("result", `the kernel has a ${SECTION} section after ${MAX_ROUNDS} rounds still`));
}

/** What a round parses: the file, or the kernel that came out of the round before. */
type Image = { readonly bytes: Uint8Array; readonly layer: Layer | undefined };

/** The `.bpf` section's raw data, and where it begins in the image. */
type Bytecode = { readonly object: Uint8Array; readonly offset: number };

/** Undefined where the loader is done, which it cannot be before the first round. */
function bytecodeOf({ bytes }: Image, round: number): Result<Bytecode | undefined, NotDecomposed> {
  const pe = decodePe(bytes);
  const section = pe.ok ? peSection(pe.value, SECTION) : undefined;
  if (section === undefined) {
    if (round > 1) return ok(undefined);
    return err(notDecomposed("image", `no ${SECTION} section`, pe.ok ? [] : [pe.failure]));
  }
  // The loader goes by SizeOfRawData and trusts it.
  const { pointerToRawData: start, sizeOfRawData: size } = section;
  if (size > bytes.length || start > bytes.length - size) {
    return err(notDecomposed(stageOf(round), `${SECTION}: ${size} bytes at ${start} of ${bytes.length}`));
  }
  return ok({ object: bytes.subarray(start, start + size), offset: start });
}

async function runRound(
  { object, offset }: Bytecode,
  { bytes, layer }: Image,
  before: KernelContext,
  round: number,
  runParser: RunParser,
): Promise<Result<{ readonly context: KernelContext; readonly image: Image }>> {
  const stage = stageOf(round);
  const armed = decodeBytecodeObject(object, { base: offset });
  if (!armed.ok) return err(notDecomposed(stage, "cannot be loaded", [inLayer(armed.failure, layer)]));
  const sent = await runParser(object, {
    revision: "v6",
    layer: round,
    program: SECTION,
    buffers: [bytes],
    ...partsOf(before),
    kernel: bytes,
  });
  if (!sent.ok) return err(notDecomposed(stage, "sends nothing", [aboutImage(sent.failure, layer)]));
  const start = { ...before, kernel: undefined };
  const { context, refused } = await executeStream({ revision: "v6", commands: sent.value }, start, {
    stage,
  });
  if (refused !== undefined) return err(refused);
  if (context.kernel === undefined) {
    const detail = "makes no new kernel: the loader would run it again, without end";
    return err(notDecomposed(stage, detail));
  }
  return ok({ context, image: { bytes: context.kernel, layer: context.layers.get(context.kernel) } });
}

function stageOf(round: number): string {
  return `layer ${round}, ${SECTION}`;
}
