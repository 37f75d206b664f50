import { basename, join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { DEFAULT_REVISION, type Revision } from "#abi/revisions.ts";
import { inFile } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { makeFolder, writeOutput } from "#files/output.ts";
import { decodeContainer } from "#formats/elf/container.ts";
import { debianKernel, type GuestKernel } from "#kernel-vm/debian-kernel.ts";
import { type GuestReport, runGuest } from "#kernel-vm/guest.ts";
import type { GuestJob } from "#kernel-vm/job.ts";
import { findQemu, type Qemu } from "#kernel-vm/qemu.ts";
import type { Surroundings } from "#kernel-vm/surroundings.ts";
import { guestPrograms } from "#kernel-vm/testbed.ts";
import { EXIT } from "#report/exit-code.ts";
import { cancelled } from "#toolchain/process.ts";
import type { ReferenceName } from "#verify/reference-names.ts";
import { parserInterface } from "#verify/subject.ts";
import { asFailure } from "#vm/loader/failure.ts";
import { loadForRevision } from "#vm/own-revision.ts";
import { type Exhibit, jobOf, type Plan, planCases } from "#witness/plan.ts";
import { type NamedBytes, type Subject, subjectsOf } from "#witness/subject.ts";
import { judge } from "#witness/verdict.ts";
import type { Io } from "./io.ts";
import { kernelTestJson, kernelTestTalk, kernelTestText, type TestedKernel } from "./kernel-test-text.ts";
import { surroundings } from "./kernel-vm-surroundings.ts";
import { progressLine } from "./progress-line.ts";
import { read } from "./read-file.ts";
import { report } from "./report-failure.ts";
import { isStock } from "./stock-kernel.ts";
import { findImages } from "./verify-images.ts";
import { limitsOf } from "./verify-parsers.ts";

/** Paths are absolute, sizes in bytes, times in milliseconds. */
export type KernelTestRequest = {
  readonly containers: readonly string[];
  /** Files and folders. */
  readonly images: readonly string[];
  /** Debian suites, or a kernel of the user's own. */
  readonly kernels: readonly (string | GuestKernel)[];
  /** Default: that which the parsers were compiled for. */
  readonly revision: Revision | undefined;
  readonly reference: ReferenceName | "none" | undefined;
  readonly limits: {
    readonly kernel: number | undefined;
    readonly initrd: number | undefined;
    readonly cmdline: number | undefined;
  };
  readonly logLevel: number;
  readonly timeout: number;
  readonly output: string | undefined;
  readonly json: boolean;
};

/**
 * Carries out `kexec-bpf kernel-test` and gives the exit status. Of several kernels, one that cannot be had does not
 * keep the others from being tried; the status is that of what went wrong.
 */
export async function kernelTest(request: KernelTestRequest, io: Io): Promise<number> {
  const prepared = await prepare(request, io);
  if (!prepared.ok) return report(io, prepared.failure);
  const tested: TestedKernel[] = [];
  let status: number = EXIT.ok;
  for (const choice of request.kernels) {
    const result = await testKernel(choice, request, prepared.value);
    if (result.ok) {
      tested.push(result.value);
      if (!result.value.verdict.passed) status = EXIT.failed;
    } else {
      status = report(io, result.failure);
      if (result.failure.reason === "cancelled") return status;
    }
  }
  if (tested.length === 0) return status;
  io.stderr(kernelTestTalk(tested));
  io.stdout(
    request.json
      ? `${JSON.stringify(kernelTestJson(tested, request.kernels.length))}\n`
      : kernelTestText(tested),
  );
  return status;
}

type Prepared = {
  readonly plan: Plan;
  readonly job: GuestJob;
  readonly qemu: Qemu;
  readonly around: Surroundings;
};

/** What is the same for every kernel: the cases, and what the VM and the reference make of them. */
async function prepare(request: KernelTestRequest, io: Io): Promise<Result<Prepared>> {
  const around = surroundings(io);
  const qemu = await findQemu(around);
  if (!qemu.ok) return qemu;
  const opened = await openContainers(request);
  if (!opened.ok) return opened;
  const { revision, containers, subjects } = opened.value;
  const images = await readImages(request);
  if (!images.ok) return images;
  const line = progressLine(io);
  const plan = await planCases(revision, subjects, images.value, async (done, all) => {
    // Whoever interrupts is heard only between two turns.
    if (line.show(`planning: ${done} of ${all}`)) await setImmediate();
    return !io.signal.aborted;
  });
  line.clear();
  if (plan === undefined) return err(cancelled(io.signal));
  if (plan.cases.length === 0) {
    const tried = request.images;
    return err({ reason: "input-not-found", what: "image for these parsers", tried, hint: "--image FILE" });
  }
  return ok({ plan, job: jobOf(plan, containers, request.logLevel), qemu: qemu.value, around });
}

async function testKernel(
  choice: string | GuestKernel,
  { timeout, output }: KernelTestRequest,
  { plan, job, qemu, around }: Prepared,
): Promise<Result<TestedKernel>> {
  const started = performance.now();
  const source = typeof choice === "string" ? choice : choice.image;
  const kernel = typeof choice === "string" ? await debianKernel(choice, around) : ok(choice);
  if (!kernel.ok) return kernel;
  const stock = await isStock(kernel.value);
  if (!stock.ok) return stock;
  const programs = await guestPrograms(kernel.value, plan.revision, around);
  if (!programs.ok) return programs;
  const guest = { qemu, kernel: kernel.value, programs: programs.value, timeout };
  const ran = await runGuest(job, guest, around);
  if (!ran.ok) return ran;
  const verdict = judge(plan, ran.value);
  const milliseconds = Math.round(performance.now() - started);
  const tested = { source, plan, report: ran.value, verdict, milliseconds };
  const kept = await keepLogs(output, ran.value, tested);
  return kept.ok ? ok(tested) : kept;
}

type Opened = {
  readonly revision: Revision;
  readonly containers: readonly NamedBytes[];
  readonly subjects: readonly Subject[];
};

/**
 * Reads the containers and loads their programs in the VM. All are for one revision, for the module has one: that which
 * was asked for, or the first one's own. Errors name the file; `usage` where the revisions differ.
 */
async function openContainers(request: KernelTestRequest): Promise<Result<Opened>> {
  const { limits, reference } = request;
  let revision = request.revision;
  const containers: NamedBytes[] = [];
  const subjects: Subject[] = [];
  for (const [container, file] of request.containers.entries()) {
    const bytes = await read(file);
    if (!bytes.ok) return bytes;
    const form = decodeContainer(bytes.value);
    if (!form.ok) return err(inFile(form.failure, file));
    const loaded = loadForRevision(bytes.value, request.revision);
    if (!loaded.ok) return err(inFile(asFailure(loaded.failure), file));
    const { parser, revision: own } = loaded.value;
    revision ??= own;
    if (own !== revision) {
      const detail = `${file} is made for ${own}, the one before it for ${revision}: test them apart, or say --abi`;
      return err({ reason: "usage", detail });
    }
    const known = parserInterface(own);
    if (!known.ok) return known;
    const name = basename(file);
    const room = await limitsOf(file, parser, { limits, include: [] }, own);
    containers.push({ name, bytes: bytes.value });
    subjects.push(
      ...subjectsOf(parser, { name, container, known: known.value, limits: room.limits, reference }),
    );
  }
  return ok({ revision: revision ?? DEFAULT_REVISION, containers, subjects });
}

async function readImages({ images }: KernelTestRequest): Promise<Result<readonly Exhibit[]>> {
  const found = await findImages(images, "/");
  if (!found.ok) return found;
  const all: Exhibit[] = [];
  for (const { file, description } of found.value) {
    const bytes = await read(file);
    if (!bytes.ok) return bytes;
    all.push({ name: basename(file), bytes: bytes.value, description });
  }
  return ok(all);
}

/** Leaves `RELEASE.console` and a verifier log for each parser in the folder. */
async function keepLogs(
  folder: string | undefined,
  { release, console, loads }: GuestReport,
  { plan }: TestedKernel,
): Promise<Result<void>> {
  if (folder === undefined) return ok(undefined);
  const made = await makeFolder(folder);
  if (!made.ok) return made;
  const files: [string, string][] = [[`${release}.console`, console]];
  for (const [index, { log }] of loads) {
    const name = plan.subjects[index]?.name.replaceAll(/[ /]+/g, "-") ?? String(index);
    files.push([`${release}-${name}.verifier`, log]);
  }
  for (const [name, text] of files) {
    const written = await writeOutput(join(folder, name), text);
    if (!written.ok) return written;
  }
  return ok(undefined);
}
