import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Revision } from "#abi/revisions.ts";
import { err, ok, type Result } from "#core/result.ts";
import { fileFailed } from "#files/errno.ts";
import { makeFolder, writeOutput } from "#files/output.ts";
import { debianKernel, type GuestKernel } from "#kernel-vm/debian-kernel.ts";
import { type GuestReport, runGuest } from "#kernel-vm/guest.ts";
import { findQemu } from "#kernel-vm/qemu.ts";
import { guestPrograms } from "#kernel-vm/testbed.ts";
import { EXIT } from "#report/exit-code.ts";
import { jobOf, planCases } from "#witness/plan.ts";
import { type NamedBytes, type ReferenceName, subjectsOf } from "#witness/subject.ts";
import { judge } from "#witness/verdict.ts";
import type { Io } from "./io.ts";
import { kernelTestJson, kernelTestTalk, kernelTestText, type TestedKernel } from "./kernel-test-text.ts";
import { surroundings } from "./kernel-vm-surroundings.ts";
import { LARGEST_PART } from "./limits.ts";
import { read } from "./read-file.ts";
import { report } from "./report-failure.ts";

/** Paths are absolute, sizes in bytes, times in milliseconds. */
export type KernelTestRequest = {
  readonly containers: readonly string[];
  readonly images: readonly string[];
  /** A folder whose files are images too. */
  readonly corpus: string | undefined;
  /** Debian suites, or a kernel of the user's own. */
  readonly kernels: readonly (string | GuestKernel)[];
  readonly revision: Revision;
  readonly reference: ReferenceName | undefined;
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

/** Carries out `kexec-bpf kernel-test` and gives the exit status. */
export async function kernelTest(request: KernelTestRequest, io: Io): Promise<number> {
  const tested = await testKernels(request, io);
  if (!tested.ok) return report(io, tested.failure);
  io.stderr(kernelTestTalk(tested.value));
  io.stdout(
    request.json
      ? `${JSON.stringify(kernelTestJson(tested.value, request.revision))}\n`
      : kernelTestText(tested.value, request.revision),
  );
  return tested.value.every(({ verdict }) => verdict.passed) ? EXIT.ok : EXIT.failed;
}

async function testKernels(request: KernelTestRequest, io: Io): Promise<Result<readonly TestedKernel[]>> {
  const { revision, limits } = request;
  const around = surroundings(io);
  const qemu = await findQemu(around);
  if (!qemu.ok) return qemu;
  const containers = await readAll(request.containers);
  if (!containers.ok) return containers;
  const images = await readImages(request);
  if (!images.ok) return images;
  const subjects = subjectsOf(containers.value, revision, request.reference);
  if (!subjects.ok) return subjects;
  const plan = planCases(subjects.value, images.value, revision, {
    kernel: limits.kernel ?? LARGEST_PART,
    initrd: limits.initrd ?? LARGEST_PART,
    cmdline: limits.cmdline ?? LARGEST_PART,
  });
  const job = jobOf(plan, containers.value, revision, request.logLevel);

  const tested: TestedKernel[] = [];
  for (const choice of request.kernels) {
    const started = performance.now();
    const source = typeof choice === "string" ? choice : choice.image;
    const kernel = typeof choice === "string" ? await debianKernel(choice, around) : ok(choice);
    if (!kernel.ok) return kernel;
    const programs = await guestPrograms(kernel.value, revision, around);
    if (!programs.ok) return programs;
    const guest = {
      qemu: qemu.value,
      kernel: kernel.value,
      programs: programs.value,
      timeout: request.timeout,
    };
    const ran = await runGuest(job, guest, around);
    if (!ran.ok) return ran;
    const verdict = judge(plan, ran.value, revision);
    const milliseconds = Math.round(performance.now() - started);
    const entry = { source, plan, report: ran.value, verdict, milliseconds };
    tested.push(entry);
    const kept = await keepLogs(request.output, ran.value, entry);
    if (!kept.ok) return kept;
  }
  return ok(tested);
}

async function readImages({ images, corpus }: KernelTestRequest): Promise<Result<readonly NamedBytes[]>> {
  if (corpus === undefined) return readAll(images);
  try {
    const entries = await readdir(corpus, { withFileTypes: true });
    const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
    return await readAll([...images, ...names.sort().map((name) => join(corpus, name))]);
  } catch (error) {
    return err(fileFailed("read", corpus, error));
  }
}

async function readAll(files: readonly string[]): Promise<Result<readonly NamedBytes[]>> {
  const all: NamedBytes[] = [];
  for (const file of files) {
    const bytes = await read(file);
    if (!bytes.ok) return bytes;
    all.push({ name: basename(file), bytes: bytes.value });
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
