import { inFile } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { type InputFile, withInputFiles } from "#files/input-file.ts";
import type { Piece, WriteOptions } from "#files/pieces.ts";
import { planAppend } from "#formats/pe/append.ts";
import { encodePe, PE_SECTION_FLAGS } from "#formats/pe/encode.ts";
import { PE_MACHINE, peArchitecture } from "#formats/pe/machines.ts";
import { decodePe } from "#formats/pe/pe-file.ts";
import type { PeFile } from "#formats/pe/types.ts";
import type { Architecture } from "#kernel-image/architecture.ts";
import { type OverlayChoice, settleOverlay } from "./overlay.ts";
import { packed } from "./packed.ts";
import { certificateNotes, sizeOfImageNotes } from "./pe.ts";
import { readPe } from "./pe-input.ts";
import type { Packed } from "./types.ts";
import { writePe } from "./write-pe.ts";

export type UkiSection = {
  readonly name: string;
  /** Text at hand, or a file's absolute path. */
  readonly content: Uint8Array | string;
};

export type UkiRequest = {
  /** In the order in which they shall stand; what follows a `.profile` belongs to it. */
  readonly sections: readonly UkiSection[];
  readonly output: string;
  /** As the stub, or the PE file in `.linux`, where it is not given. */
  readonly arch: Architecture | undefined;
  /** Absolute path of systemd's stub, or of a UKI. */
  readonly stub: string | undefined;
};

/** Of these a UKI, or a profile of it, may have several (UAPI.5). */
const REPEATABLE: ReadonlySet<string> = new Set([".dtbauto", ".efifw", ".profile"]);
/** Stands in for a stub's sections until the UKI's own take its place. */
const PLACEHOLDER = ".none";
const NO_OVERLAY: Result<OverlayChoice> = ok({ overlay: "keep", notes: [] });

/**
 * Writes a UKI: the sections behind those of a stub, or a PE file of the sections alone, which no firmware starts.
 *
 * Errors: those of the files and of `planAppend`; `malformed` for names that do not fit or repeat, and without a `.linux`.
 */
export function packUki(request: UkiRequest, options: WriteOptions): Promise<Result<Packed>> {
  const paths = request.sections.flatMap(({ content }) => (typeof content === "string" ? [content] : []));
  const stubs = request.stub === undefined ? [] : [request.stub];
  return withInputFiles([...paths, ...stubs], async (files) => {
    const stub = request.stub === undefined ? undefined : files.at(-1);
    const fileOf = (path: string): InputFile => {
      const file = files[paths.indexOf(path)];
      if (file === undefined) throw new Error(`${path} was opened`);
      return file;
    };
    const added = request.sections.map(({ name, content }) => ({
      name,
      content: typeof content === "string" ? whole(fileOf(content)) : content,
    }));
    const base = stub === undefined ? plainBase(added, request) : readPe(stub);
    if (!base.ok) return base;
    const problem = namesProblem(
      added,
      stub === undefined ? [] : base.value.sections.map(({ name }) => name),
    );
    if (problem !== undefined) return malformed(problem, request.output);

    const overlay = stub === undefined ? NO_OVERLAY : await settleOverlay(base.value, stub, options);
    if (!overlay.ok) return overlay;
    const characteristics = PE_SECTION_FLAGS.INITIALIZED_DATA + PE_SECTION_FLAGS.READ;
    const plan = planAppend(base.value, {
      added: added.map(({ name, content }) => ({ name, size: content.length, characteristics })),
      removed: PLACEHOLDER,
      overlay: overlay.value.overlay,
      strings: overlay.value.strings,
      certificates: "strip",
    });
    if (!plan.ok) return err(inFile(plan.failure, stub?.path ?? request.output));
    const made = await writePe(request.output, plan.value, stub ?? base.value.bytes, added, options);
    if (!made.ok) return made;
    const notes =
      stub === undefined
        ? ["no EFI stub: no firmware starts this image; kexec takes it (--stub gives it one)"]
        : [
            `the EFI stub is that of ${stub.path}`,
            ...certificateNotes(base.value, "strip"),
            ...overlay.value.notes,
            ...sizeOfImageNotes(base.value, plan.value),
          ];
    const { pieces, written, places, old } = made.value;
    const what = { kind: "uki", output: request.output, notes, inputs: [old] } as const;
    return ok(packed(what, pieces, written, places));
  });
}

function whole(file: InputFile): Piece {
  return { from: file, offset: 0, length: file.size };
}

/** A PE file without code, for the architecture that is asked for, or that of the kernel. */
function plainBase(
  added: readonly { readonly name: string; readonly content: Piece }[],
  request: UkiRequest,
): Result<PeFile> {
  const linux = added.find(({ name }) => name === ".linux")?.content;
  let arch = request.arch;
  if (arch === undefined && linux !== undefined && !(linux instanceof Uint8Array)) {
    const kernel = readPe(linux.from);
    arch = kernel.ok ? peArchitecture(kernel.value.machine) : undefined;
  }
  if (arch === undefined) {
    const detail = "say which by --arch, or give a stub";
    return err({ reason: "unsupported", what: "a kernel that does not tell its machine", detail });
  }
  return decodePe(
    encodePe({
      machine: PE_MACHINE[arch],
      sections: [{ name: PLACEHOLDER, data: new Uint8Array(0) }],
    }),
  );
}

function namesProblem(
  added: readonly { readonly name: string; readonly content: Piece }[],
  before: readonly string[],
): string | undefined {
  const odd = added.find(({ name }) => !/^[\x21-\x7e]{1,8}$/.test(name));
  if (odd !== undefined) return `section name ${JSON.stringify(odd.name)} is not 1 to 8 characters of ASCII`;
  // Each profile may override what the base has.
  let seen = new Set(before);
  for (const { name } of added) {
    if (name === ".profile") seen = new Set();
    if (seen.has(name) && !REPEATABLE.has(name)) return `a second section ${name}`;
    seen.add(name);
  }
  const linux = added.find(({ name }) => name === ".linux");
  if (linux === undefined && !before.includes(".linux")) return "no section .linux";
  return linux?.content.length === 0 ? "section .linux is empty" : undefined;
}

function malformed(detail: string, file: string): Result<never> {
  return err({ reason: "malformed", format: "UKI", section: "section table", offset: 0, detail, file });
}
