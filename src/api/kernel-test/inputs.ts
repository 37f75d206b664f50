import { DEFAULT_REVISION, type Revision } from "#abi/revisions.ts";
import { findImages } from "#api/common/images.ts";
import { loadFor } from "#api/common/load-target.ts";
import type { OwnKernelInterface } from "#api/common/own-interface.ts";
import { limitsOf } from "#api/common/parser-limits.ts";
import { asFailure } from "#bpf-vm/loader/failure.ts";
import { inFile } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import type { Exhibit } from "#crosscheck/plan.ts";
import { type NamedBytes, type ProgramUnderTest, programsUnderTest } from "#crosscheck/subject.ts";
import { digest } from "#files/digest.ts";
import { readInput } from "#files/input-file.ts";
import { decodeContainer } from "#formats/elf/container.ts";
import { openReference } from "#own-formats/open-reference.ts";
import { parserInterface } from "#verify/subject.ts";
import { distinctNames } from "./distinct-names.ts";
import type { KernelTestRequest } from "./request.ts";

/** With the bytecode object of its first program. */
export type OpenedContainer = NamedBytes & { readonly first: Uint8Array | undefined };

export type Opened = {
  readonly revision: Revision;
  readonly containers: readonly OpenedContainer[];
  readonly subjects: readonly ProgramUnderTest[];
};

/**
 * Reads the containers and loads their programs in the VM. All are for one revision, for the module has one: that which
 * was asked for, or the first one's own. Errors name the file; `usage` where the revisions differ.
 */
export async function openContainers(
  request: KernelTestRequest,
  own?: OwnKernelInterface,
): Promise<Result<Opened>> {
  const { limits } = request;
  const opened = request.reference === undefined ? ok(undefined) : await openReference(request.reference);
  if (!opened.ok) return opened;
  const reference = opened.value;
  let revision = own?.revision ?? request.abi;
  const containers: OpenedContainer[] = [];
  const subjects: ProgramUnderTest[] = [];
  const names = distinctNames(request.containers);
  for (const [container, file] of request.containers.entries()) {
    const bytes = await readInput(file);
    if (!bytes.ok) return bytes;
    const form = decodeContainer(bytes.value);
    if (!form.ok) return err(inFile(form.failure, file));
    const loaded = loadFor(bytes.value, own ?? { revision: request.abi, btf: undefined });
    if (!loaded.ok) return err(inFile(asFailure(loaded.failure), file));
    const { parser, revision: made } = loaded.value;
    revision ??= made;
    if (made !== revision) {
      const detail = `${file} is made for ${made}, the one before it for ${revision}: test them apart, or say --abi`;
      return err({ reason: "usage", detail });
    }
    const known = parserInterface(made, own?.btf);
    if (!known.ok) return known;
    const name = names[container] ?? file;
    const room = await limitsOf(file, parser, { limits, include: [] }, made);
    containers.push({ name, bytes: bytes.value, first: form.value.programs[0]?.data });
    subjects.push(
      ...programsUnderTest(parser, {
        ...{ name, container, sha256: digest(bytes.value), known: known.value, limits: room.limits },
        reference,
      }),
    );
  }
  return ok({ revision: revision ?? DEFAULT_REVISION, containers, subjects });
}

export async function readImages({ images }: KernelTestRequest): Promise<Result<readonly Exhibit[]>> {
  const { found, errors } = await findImages(images.map((file) => ({ name: file, file })));
  const [error] = errors;
  if (error !== undefined) return err(error.failure);
  const names = distinctNames(found.map(({ file }) => file));
  const all: Exhibit[] = [];
  for (const [i, { file, description }] of found.entries()) {
    const bytes = await readInput(file);
    if (!bytes.ok) return bytes;
    all.push({ name: names[i] ?? file, bytes: bytes.value, description });
  }
  return ok(all);
}
