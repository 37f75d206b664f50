import { join } from "node:path";
import { type AbiFinding, detectAbi } from "#abi/detect.ts";
import { DEFAULT_REVISION } from "#abi/revisions.ts";
import type { BuildContext } from "#build/context.ts";
import { recall, type Seen } from "#build/facts.ts";
import type { TypesSource } from "#build/plan.ts";
import type { BuildRequest } from "#build/request.ts";
import { PRIVATE } from "#build/state/state.ts";
import { inFile, type Unsupported } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { readInputText } from "#files/input-file.ts";
import { writeOutput } from "#files/output.ts";
import { stampOf } from "#files/stamp.ts";
import type { Btf } from "#formats/btf/btf.ts";
import { type Architecture, btfArchitecture } from "#kernel-image/architecture.ts";
import type { KernelIdentity } from "#kernel-image/identity.ts";
import { locate, type Places, vmlinuxCandidates } from "#kernel-image/locate.ts";
import { ownReader } from "#kernel-image/reader.ts";

type TypesContext = BuildContext & { readonly seen: Seen };

export type PreparedTypes = {
  readonly source: TypesSource;
  readonly abi: AbiFinding;
  /** The file that the types come from, where it is a kernel. */
  readonly vmlinux: string | undefined;
  readonly identity: KernelIdentity;
  /** The machine that the kernel is for, where its types tell. */
  readonly arch: Architecture | undefined;
  readonly watched: readonly string[];
};

/**
 * Finds the kernel's types: the BTF goes into the build's private folder as `vmlinux.btf`, or a
 * vmlinux.h of the user's takes its place. Says which ABI revision the build is for, and why.
 */
export async function prepareTypes(
  request: BuildRequest,
  places: Places,
  options: TypesContext,
): Promise<Result<PreparedTypes>> {
  const { vmlinux, vmlinuxHeader } = request.kernel;
  if (vmlinuxHeader === undefined || vmlinux !== undefined) return prepareBtf(request, places, options);
  const header = await findAbiInHeader(vmlinuxHeader, request.abi);
  if (!header.ok) return header;
  options.emit({ kind: "note", text: abiNote(header.value, request.abi, vmlinuxHeader) });
  return ok({
    source: { kind: "header", file: vmlinuxHeader },
    abi: header.value,
    vmlinux: undefined,
    identity: {},
    arch: undefined,
    watched: [vmlinuxHeader],
  });
}

/** C text says whether the interface is there; which revision it has is for the user to say. */
async function findAbiInHeader(file: string, wanted: BuildRequest["abi"]): Promise<Result<AbiFinding>> {
  const text = await readInputText(file);
  if (!text.ok) return text;
  const has = /^struct kexec_context \{/m.test(text.value);
  return ok({
    revision: wanted === "auto" ? DEFAULT_REVISION : wanted,
    source: has ? "target" : "built-in",
    missing: has ? [] : ["struct kexec_context"],
  });
}

async function prepareBtf(
  request: BuildRequest,
  places: Places,
  { state, emit, seen, sharing }: TypesContext,
): Promise<Result<PreparedTypes>> {
  const given = request.kernel.vmlinux;
  const candidates = given === undefined ? vmlinuxCandidates(places) : [given];
  const located = await locate(
    "vmlinux",
    candidates,
    "--vmlinux FILE or --kernel-tree DIR; VMLINUX_BTF=FILE with make",
  );
  if (!located.ok) return located;
  const source = located.value.path;
  const file = join(request.out, PRIVATE, "vmlinux.btf");
  const kernels = sharing.kernels ?? ownReader;

  let bytes: Uint8Array | undefined;
  // Taking BTF out of a compressed kernel takes seconds: not again while the kernel is the same.
  const taken = await recall({ state, seen }, `btf ${source}`, { from: source, made: file }, async () => {
    const btf = await kernels.btf(source);
    if (!btf.ok) return btf;
    bytes = btf.value.bytes;
    const written = await writeOutput(file, bytes);
    const { steps, identity, sha256 } = btf.value;
    // In the private folder, where nobody else writes while this build has its turn.
    if (written.ok && sha256 !== undefined) state.digests[file] = { stamp: stampOf(file), digest: sha256 };
    return written.ok ? ok({ steps, identity }) : written;
  });
  if (!taken.ok) return taken;
  emit({ kind: "note", text: `BTF of ${source} (${taken.value.steps.join(", ")})` });

  let decoded: Promise<Result<Btf>> | undefined;
  const read = (): Promise<Result<Btf>> => {
    decoded ??= kernels.types(source, bytes ?? file);
    return decoded;
  };
  const abi = await recall({ state, seen }, `abi ${request.abi}`, { from: source, made: file }, async () => {
    const btf = await read();
    if (!btf.ok) return btf;
    if (!btf.value.littleEndian) return err(bigEndian());
    const found = detectAbi(btf.value, request.abi);
    // What JSON does not keep is not there either.
    const arch = btfArchitecture(btf.value);
    return found.ok ? ok({ abi: found.value, ...(arch && { arch }) }) : found;
  });
  if (!abi.ok) return err(inFile(abi.failure, source));
  emit({ kind: "note", text: abiNote(abi.value.abi, request.abi, source) });
  const header = request.kernel.vmlinuxHeader;
  return ok({
    source: header === undefined ? { kind: "btf", file, read } : { kind: "header", file: header },
    abi: abi.value.abi,
    vmlinux: source,
    identity: taken.value.identity,
    arch: abi.value.arch,
    watched: [...located.value.passed, source],
  });
}

function bigEndian(): Unsupported {
  const detail = "parsers are made for arm64, RISC-V, LoongArch and x86-64, which are little-endian";
  return { reason: "unsupported", what: "a kernel of a big-endian machine", detail };
}

function abiNote(abi: AbiFinding, wanted: BuildRequest["abi"], file: string): string {
  if (abi.source === "target") return `ABI ${abi.revision}: ${file} has the parser interface`;
  const why = wanted === "auto" ? "the default" : "as asked for";
  return `ABI ${abi.revision} from the built-in profile (${why}): ${file} lacks ${abi.missing.join(", ")}`;
}
