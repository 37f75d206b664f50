import { readFile } from "node:fs/promises";
import { inFile } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { digest } from "#files/digest.ts";
import { fileFailed } from "#files/errno.ts";
import { type WriteOptions, writePieces } from "#files/pieces.ts";
import { decodeBytecodeObject } from "#formats/elf/bytecode-object.ts";
import { decodeContainer, encodeContainer } from "#formats/elf/container.ts";
import { decodeElf } from "#formats/elf/elf-file.ts";
import { type Architecture, MACHINES } from "#kernel/architecture.ts";
import { packed } from "./packed.ts";
import type { Packed } from "./types.ts";

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
  let machine = request.arch === undefined ? undefined : MACHINES[request.arch];
  for (const { name, file } of request.sections) {
    const data = await readSmall(file);
    if (!data.ok) return data;
    const decoded = name === NESTED ? decodeContainer(data.value) : decodeBytecodeObject(data.value);
    if (!decoded.ok) return err(inFile(decoded.failure, file));
    machine ??= decoded.value.machine;
    sections.push({ name, data: data.value });
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
  const report = packed({ kind: "container", output: request.output, notes: [] }, [], written.value, []);
  const parts = sections.map(({ name, data }) => ({
    name,
    offset: elf.value.section(name)?.offset ?? 0,
    size: data.length,
    ...(options.digests ? { sha256: digest(data) } : {}),
  }));
  return ok({ ...report, parts });
}

/** A file that fits in memory: bytecode, a container, a few lines of text. Errors: `file-failed`. */
export async function readSmall(file: string): Promise<Result<Uint8Array>> {
  try {
    return ok(await readFile(file));
  } catch (error) {
    return err(fileFailed("read", file, error));
  }
}
