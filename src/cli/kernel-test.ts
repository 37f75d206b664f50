import { join } from "node:path";
import type { Failure } from "#core/failure.ts";
import { ok, type Result } from "#core/result.ts";
import { compareWithPlan } from "#crosscheck/verdict.ts";
import { makeFolder, writeOutput } from "#files/output.ts";
import { debianKernel, type GuestKernel } from "#guest/debian-kernel.ts";
import { type GuestReport, runGuest } from "#guest/guest.ts";
import { findQemu, type Qemu } from "#guest/qemu.ts";
import type { Surroundings } from "#guest/surroundings.ts";
import { guestPrograms } from "#guest/testbed.ts";
import { EXIT } from "#report/exit-code.ts";
import { failureJson } from "#report/failure-json.ts";
import { surroundings } from "./guest-surroundings.ts";
import type { Io } from "./io.ts";
import { type Planned, planForOwn, planForTestbed } from "./kernel-test-plan.ts";
import type { KernelTestRequest } from "./kernel-test-request.ts";
import { kernelTestJson, kernelTestTalk, kernelTestText, type TestedKernel } from "./kernel-test-text.ts";
import { type OwnKernelInterface, ownInterface } from "./own-interface.ts";
import { report, tell } from "./report-failure.ts";

/**
 * Carries out `kexec-bpf kernel-test` and gives the exit status. Of several kernels, one that cannot be had does not
 * keep the others from being tried; the status is that of what went wrong.
 */
export async function kernelTest(request: KernelTestRequest, io: Io): Promise<number> {
  const around = surroundings(io);
  const qemu = await findQemu(around);
  if (!qemu.ok) return report(io, qemu.failure);
  const plans = planner(request, io);
  const tested: TestedKernel[] = [];
  const failures: Failure[] = [];
  let status: number = EXIT.ok;
  for (const choice of request.kernels) {
    const result = await testKernel(choice, request, plans, { qemu: qemu.value, around });
    if (result.ok) {
      tested.push(result.value);
      if (!result.value.verdict.passed) status = EXIT.failed;
    } else {
      if (result.failure.reason === "cancelled") return report(io, result.failure);
      status = tell(io, result.failure);
      failures.push(result.failure);
    }
  }
  io.stderr(kernelTestTalk(tested));
  const [first] = failures;
  if (request.json) {
    const facts = kernelTestJson(tested, request.kernels.length);
    io.stdout(`${JSON.stringify({ ...(first && failureJson(first)), ...facts })}\n`);
  } else if (tested.length > 0) io.stdout(kernelTestText(tested));
  return status;
}

/** Plans are made when a kernel wants them: most have not got the interface, and get the same. */
type Plans = (own: OwnKernelInterface | undefined) => Promise<Result<Planned>>;

function planner(request: KernelTestRequest, io: Io): Plans {
  let stock: Promise<Result<Planned>> | undefined;
  return (own) => {
    if (own !== undefined) return planForOwn(request, own, io);
    stock ??= planForTestbed(request, io);
    return stock;
  };
}

async function testKernel(
  choice: string | GuestKernel,
  { timeout, output }: KernelTestRequest,
  plans: Plans,
  { qemu, around }: { readonly qemu: Qemu; readonly around: Surroundings },
): Promise<Result<TestedKernel>> {
  const started = performance.now();
  const source = typeof choice === "string" ? choice : choice.image;
  const kernel = typeof choice === "string" ? await debianKernel(choice, around) : ok(choice);
  if (!kernel.ok) return kernel;
  const own = await ownInterface(kernel.value);
  if (!own.ok) return own;
  const planned = await plans(own.value);
  if (!planned.ok) return planned;
  const { plan, job } = planned.value;
  const programs = await guestPrograms(kernel.value, own.value ? undefined : plan.revision, around);
  if (!programs.ok) return programs;
  const guest = { qemu, kernel: kernel.value, programs: programs.value, timeout };
  const ran = await runGuest(job, guest, around);
  if (!ran.ok) return ran;
  const verdict = compareWithPlan(plan, ran.value);
  const milliseconds = Math.round(performance.now() - started);
  const tested = { source, plan, report: ran.value, verdict, milliseconds };
  const kept = await keepLogs(output, ran.value, tested);
  return kept.ok ? ok(tested) : kept;
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
