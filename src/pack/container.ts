import { inFile } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { readInput } from "#files/input-file.ts";
import { type WriteOptions, writePieces } from "#files/pieces.ts";
import { decodeBytecodeObject } from "#formats/elf/bytecode-object.ts";
import { decodeContainer, encodeContainer } from "#formats/elf/container.ts";
import { decodeElf } from "#formats/elf/elf-file.ts";
import { type Architecture, MACHINES } from "#kernel-image/architecture.ts";
import { packed } from "./packed.ts";
import { smallInput } from "./small.ts";
import type { Packed, PackedInput } from "./types.ts";

export type ContainerRequest = {
  /** In the order in which they shall stand. */
  readonly sections: readonly { readonly name: string; readonly file: string }[];
  readonly output: string;
  /** As the first program where it is not given. */
  readonly arch: Architecture | undefined;
};

const NESTED = ".bpf.nested";

/**
 * Writes a `.bpf` container. Names and nesting are held to the contract of docs/spec.md, programs to the rules by which the
 * kernel's loader reads them, and what is nested must be a container.
 *
 * Errors: those of the files, `malformed`.
 */
export async function packContainer(
  request: ContainerRequest,
  options: WriteOptions,
): Promise<Result<Packed>> {
  const sections: { readonly name: string; readonly data: Uint8Array }[] = [];
  const inputs: (PackedInput | undefined)[] = [];
  let machine = request.arch === undefined ? undefined : MACHINES[request.arch];
  for (const { name, file } of request.sections) {
    const data = await readInput(file);
    if (!data.ok) return data;
    const decoded = name === NESTED ? decodeContainer(data.value) : decodeBytecodeObject(data.value);
    if (!decoded.ok) return err(inFile(decoded.failure, file));
    machine ??= decoded.value.machine;
    sections.push({ name, data: data.value });
    inputs.push(smallInput(file, data.value, options));
  }
  const encoded = encodeContainer({ machine: machine ?? 0, sections });
  if (!encoded.ok) return err(inFile(encoded.failure, request.output));
  // The depth shows in the whole only.
  const whole = decodeContainer(encoded.value);
  if (!whole.ok) return err(inFile(whole.failure, request.output));

  const elf = decodeElf(encoded.value);
  if (!elf.ok) return elf;

  const written = await writePieces(request.output, [encoded.value], options);
  if (!written.ok) return written;
  const what = { kind: "container", output: request.output, notes: [], inputs } as const;
  const report = packed(what, [], written.value, []);
  const parts = sections.map(({ name, data }, index) => {
    const input = inputs[index];
    const offset = elf.value.section(name)?.offset ?? 0;
    return { name, offset, size: data.length, ...(input && { sha256: input.sha256 }) };
  });
  return ok({ ...report, parts });
}
