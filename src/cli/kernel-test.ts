import { basename, join } from "node:path";
import type { Revision } from "#abi/revisions.ts";
import { inFile } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { makeFolder, writeOutput } from "#files/output.ts";
import { decodeContainer } from "#formats/elf/container.ts";
import { debianKernel, type GuestKernel } from "#kernel-vm/debian-kernel.ts";
import { type GuestReport, runGuest } from "#kernel-vm/guest.ts";
import { findQemu } from "#kernel-vm/qemu.ts";
import { guestPrograms } from "#kernel-vm/testbed.ts";
import { EXIT } from "#report/exit-code.ts";
import type { ReferenceName } from "#verify/reference-names.ts";
import { parserInterface } from "#verify/subject.ts";
import { loadParser } from "#vm/load-parser.ts";
import { asFailure } from "#vm/loader/failure.ts";
import { profileBtf } from "#vm/target/profile-btf.ts";
import { type Exhibit, jobOf, planCases } from "#witness/plan.ts";
import { type NamedBytes, type Subject, subjectsOf } from "#witness/subject.ts";
import { judge } from "#witness/verdict.ts";
import type { Io } from "./io.ts";
import { kernelTestJson, kernelTestTalk, kernelTestText, type TestedKernel } from "./kernel-test-text.ts";
import { surroundings } from "./kernel-vm-surroundings.ts";
import { progressLine } from "./progress-line.ts";
import { read } from "./read-file.ts";
import { report } from "./report-failure.ts";
import { findImages } from "./verify-images.ts";
import { limitsOf } from "./verify-parsers.ts";

/** Paths are absolute, sizes in bytes, times in milliseconds. */
export type KernelTestRequest = {
  readonly containers: readonly string[];
  /** Files and folders. */
  readonly images: readonly string[];
  /** Debian suites, or a kernel of the user's own. */
  readonly kernels: readonly (string | GuestKernel)[];
  readonly revision: Revision;
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
  const { revision } = request;
  const around = surroundings(io);
  const qemu = await findQemu(around);
  if (!qemu.ok) return qemu;
  const opened = await openContainers(request);
  if (!opened.ok) return opened;
  const { containers, subjects } = opened.value;
  const images = await readImages(request);
  if (!images.ok) return images;
  const line = progressLine(io);
  const plan = await planCases(revision, subjects, images.value, (done, all) => {
    line.show(`planning: ${done} of ${all} images`);
  });
  line.clear();
  const job = jobOf(plan, containers, request.logLevel);

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
    const verdict = judge(plan, ran.value);
    const milliseconds = Math.round(performance.now() - started);
    const entry = { source, plan, report: ran.value, verdict, milliseconds };
    tested.push(entry);
    const kept = await keepLogs(request.output, ran.value, entry);
    if (!kept.ok) return kept;
  }
  return ok(tested);
}

type Opened = { readonly containers: readonly NamedBytes[]; readonly subjects: readonly Subject[] };

/** Reads the containers and loads their programs in the VM. Errors name the file. */
async function openContainers({
  containers,
  revision,
  ...request
}: KernelTestRequest): Promise<Result<Opened>> {
  const known = parserInterface(revision);
  if (!known.ok) return known;
  const target = profileBtf(revision);
  const opened: { containers: NamedBytes[]; subjects: Subject[] } = { containers: [], subjects: [] };
  for (const [container, file] of containers.entries()) {
    const bytes = await read(file);
    if (!bytes.ok) return bytes;
    const form = decodeContainer(bytes.value);
    if (!form.ok) return err(inFile(form.failure, file));
    const loaded = loadParser(bytes.value, { target });
    if (!loaded.ok) return err(inFile(asFailure(loaded.failure), file));
    const name = basename(file);
    const { limits } = await limitsOf(file, loaded.value, { limits: request.limits, include: [] }, revision);
    const { reference } = request;
    opened.containers.push({ name, bytes: bytes.value });
    opened.subjects.push(
      ...subjectsOf(loaded.value, { name, container, known: known.value, limits, reference }),
    );
  }
  return ok(opened);
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
