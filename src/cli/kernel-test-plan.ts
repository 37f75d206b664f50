import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { DEFAULT_REVISION, type Revision } from "#abi/revisions.ts";
import { asFailure } from "#bpf-vm/loader/failure.ts";
import { inFile } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { type CrosscheckPlan, type Exhibit, jobOf, type PlanOptions, planCases } from "#crosscheck/plan.ts";
import { type NamedBytes, type ProgramUnderTest, programsUnderTest } from "#crosscheck/subject.ts";
import { readInput } from "#files/input-file.ts";
import { inTemporaryFolder } from "#files/temporary-folder.ts";
import { decodeContainer } from "#formats/elf/container.ts";
import type { GuestJob, OwnInterface } from "#guest/job.ts";
import { decompose } from "#kexec-model/decompose.ts";
import { packPe } from "#pack/pe.ts";
import { cancelled } from "#toolchain/process.ts";
import { parserInterface } from "#verify/subject.ts";
import { vmRunner } from "#verify/vm-runner.ts";
import { distinctNames } from "./distinct-names.ts";
import type { Io } from "./io.ts";
import { planLoads } from "./kernel-test-loads.ts";
import type { KernelTestRequest } from "./kernel-test-request.ts";
import { type OwnKernelInterface, recorderTarget } from "./own-interface.ts";
import { progressLine } from "./progress-line.ts";
import { findImages } from "./verify-images.ts";
import { limitsOf, loadFor } from "./verify-parsers.ts";

/** The cases, what the VM and the reference make of them, and the guest's part of it. */
export type Planned = { readonly plan: CrosscheckPlan; readonly job: GuestJob };

/** For kernels without the interface: the testbed shows every image to every parser. */
export async function planForTestbed(request: KernelTestRequest, io: Io): Promise<Result<Planned>> {
  const opened = await openContainers(request);
  if (!opened.ok) return opened;
  const images = await readImages(request);
  return images.ok ? planFor(request, opened.value, images.value, io) : images;
}

/**
 * For a kernel with the interface, whose `kexec_file_load()` shows images to parsers. v7: it gets container and image. v6: images carry the
 * parser along, as section `.bpf`; files that are no PE images cannot, and images that do not become another one by their
 * parser must not. The user is told how many are left out.
 */
export async function planForOwn(
  request: KernelTestRequest,
  own: OwnKernelInterface,
  io: Io,
): Promise<Result<Planned>> {
  const opened = await openContainers(request, own);
  if (!opened.ok) return opened;
  const images = await readImages(request);
  if (!images.ok) return images;
  const made = await (own.revision === "v6" ? planCarriers : planContainers)(
    { request, opened: opened.value, images: images.value, own: recorderTarget(own) },
    io,
  );
  if (!made.ok) return made;
  const all = images.value.length * opened.value.containers.length;
  const left = all - made.value.plan.cases.length;
  if (left > 0) {
    io.stderr(
      `kexec-bpf: ${left} of ${all} pairs of parser and image are left out: ${LEFT_OUT[own.revision]}\n`,
    );
  }
  return made;
}

const LEFT_OUT = {
  v6: "no other image comes of them, or a third one, or bytecode cannot be added",
  v7: "the kernel refuses a command of theirs, or they are cases for one parser",
} as const;

type OwnPlan = {
  readonly request: KernelTestRequest;
  readonly opened: Opened;
  readonly images: readonly Exhibit[];
  readonly own: OwnInterface;
};

async function planContainers({ request, opened, images, own }: OwnPlan, io: Io): Promise<Result<Planned>> {
  const { containers, subjects } = opened;
  return planned(request, containers, io, (beat) => planLoads(containers, subjects, images, { own, beat }));
}

async function planCarriers({ request, opened, images, own }: OwnPlan, io: Io): Promise<Result<Planned>> {
  const carriers = await withParsers(opened.containers, images, io);
  if (!carriers.ok) return carriers;
  const subjects = opened.subjects.filter(({ path }) => path === FIRST);
  return planFor(request, { ...opened, subjects }, carriers.value, io, { own });
}

/** What a v6 kernel takes from an image: one parser. */
const FIRST = ".bpf.1";

function planFor(
  request: KernelTestRequest,
  { revision, containers, subjects }: Opened,
  images: readonly Exhibit[],
  io: Io,
  how: PlanOptions = {},
): Promise<Result<Planned>> {
  return planned(request, containers, io, (beat) => planCases(revision, subjects, images, { ...how, beat }));
}

/** Plans with a line of progress. */
async function planned(
  { images: tried, logLevel }: KernelTestRequest,
  containers: readonly NamedBytes[],
  io: Io,
  make: (beat: NonNullable<PlanOptions["beat"]>) => Promise<CrosscheckPlan | undefined>,
): Promise<Result<Planned>> {
  const line = progressLine(io);
  const plan = await make(async (done, all) => {
    // Whoever interrupts is heard only between two turns.
    if (line.show(`planning: ${done} of ${all}`)) await setImmediate();
    return !io.signal.aborted;
  });
  line.clear();
  if (plan === undefined) return err(cancelled(io.signal));
  if (plan.cases.length === 0) {
    return err({ reason: "input-not-found", what: "image for these parsers", tried, hint: "--image FILE" });
  }
  return ok({ plan, job: jobOf(plan, containers, logLevel) });
}

/** More bytes than bytecode and its headers take. */
const FAR = 2 ** 24;

/**
 * Whether an image becomes another one by its parser, and no third by that one's. v6's loader shows an image to its
 * parser until something comes of it: for ever, where it is refused.
 */
async function isTakenOnce(image: Uint8Array): Promise<boolean> {
  const made = await decompose({ revision: "v6", image, runParser: vmRunner("v6") });
  return made.ok && made.value.attempts.length === 1;
}

/** Each image with each container's first parser in its section `.bpf`. */
async function withParsers(
  containers: readonly OpenedContainer[],
  images: readonly Exhibit[],
  io: Io,
): Promise<Result<readonly Exhibit[]>> {
  return inTemporaryFolder(async (folder) => {
    const file = (name: string) => join(folder, name);
    const carriers: Exhibit[] = [];
    for (const [container, { name, first }] of containers.entries()) {
      if (first === undefined) continue;
      await writeFile(file("bytecode"), first);
      for (const image of images) {
        await writeFile(file("image"), image.bytes);
        const made = await packPe(
          {
            ...{ image: file("image"), bytecode: file("bytecode"), output: file("carrier") },
            ...{ replace: true, certificates: "strip" },
          },
          { digests: false, signal: io.signal },
        );
        if (!made.ok) {
          // What is wrong with the image is no news; the rest is.
          const { reason } = made.failure;
          if (reason === "file-failed" || reason === "cancelled") return made;
          continue;
        }
        // A section header may have sent the bytecode far behind the file's end.
        if (made.value.size > image.bytes.length + FAR) continue;
        const carrier = await readInput(file("carrier"));
        if (!carrier.ok) return carrier;
        if (!(await isTakenOnce(carrier.value))) continue;
        carriers.push({ ...image, name: `${image.name} with ${name}`, bytes: carrier.value, container });
      }
    }
    return ok(carriers);
  });
}

/** With the bytecode object of its first program. */
type OpenedContainer = NamedBytes & { readonly first: Uint8Array | undefined };

type Opened = {
  readonly revision: Revision;
  readonly containers: readonly OpenedContainer[];
  readonly subjects: readonly ProgramUnderTest[];
};

/**
 * Reads the containers and loads their programs in the VM. All are for one revision, for the module has one: that which
 * was asked for, or the first one's own. Errors name the file; `usage` where the revisions differ.
 */
async function openContainers(request: KernelTestRequest, own?: OwnKernelInterface): Promise<Result<Opened>> {
  const { limits, reference } = request;
  let revision = own?.revision ?? request.revision;
  const containers: OpenedContainer[] = [];
  const subjects: ProgramUnderTest[] = [];
  const names = distinctNames(request.containers);
  for (const [container, file] of request.containers.entries()) {
    const bytes = await readInput(file);
    if (!bytes.ok) return bytes;
    const form = decodeContainer(bytes.value);
    if (!form.ok) return err(inFile(form.failure, file));
    const loaded = loadFor(bytes.value, own ?? { revision: request.revision, btf: undefined });
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
      ...programsUnderTest(parser, { name, container, known: known.value, limits: room.limits, reference }),
    );
  }
  return ok({ revision: revision ?? DEFAULT_REVISION, containers, subjects });
}

async function readImages({ images }: KernelTestRequest): Promise<Result<readonly Exhibit[]>> {
  const { found, errors } = await findImages(images, "/");
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
