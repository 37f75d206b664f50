import { hostPaths } from "#api/common/host-paths.ts";
import { type OwnKernelInterface, ownInterface } from "#api/common/own-interface.ts";
import type { Context } from "#api/context.ts";
import { ok, type Result } from "#core/result.ts";
import { compareWithPlan } from "#crosscheck/verdict.ts";
import { debianKernel, type GuestKernel } from "#guest/debian-kernel.ts";
import { runGuest } from "#guest/guest.ts";
import type { HostPaths } from "#guest/host-paths.ts";
import { findQemu, type Qemu } from "#guest/qemu.ts";
import { guestPrograms } from "#guest/testbed.ts";
import { keepLogs } from "./logs.ts";
import { type Planned, planForOwn, planForTestbed } from "./plan.ts";
import type { KernelTestReport, KernelTestRequest, TestedKernel } from "./request.ts";

/**
 * Runs parsers in real kernels, and compares with the VM and the reference parsers. Of several kernels, one that cannot be had does not
 * keep the others from being tried.
 *
 * Errors: those of `findQemu`; `cancelled`.
 */
export async function kernelTest(
  request: KernelTestRequest,
  context: Context,
): Promise<Result<KernelTestReport>> {
  const around = hostPaths(context);
  const qemu = await findQemu(around);
  if (!qemu.ok) return qemu;
  const plans = planner(request, context);
  const kernels: Result<TestedKernel>[] = [];
  for (const choice of request.kernels) {
    const tested = await testKernel(choice, request, plans, { qemu: qemu.value, around });
    if (!tested.ok && tested.failure.reason === "cancelled") return tested;
    if (!tested.ok) context.emit({ kind: "failure", failure: tested.failure });
    kernels.push(tested);
  }
  return ok({ kernels });
}

/** Plans are made when a kernel wants them: most have not got the interface, and get the same. */
type Plans = (own: OwnKernelInterface | undefined) => Promise<Result<Planned>>;

function planner(request: KernelTestRequest, context: Context): Plans {
  let stock: Promise<Result<Planned>> | undefined;
  return (own) => {
    if (own !== undefined) return planForOwn(request, own, context);
    stock ??= planForTestbed(request, context);
    return stock;
  };
}

async function testKernel(
  choice: string | GuestKernel,
  { timeout, output }: KernelTestRequest,
  plans: Plans,
  { qemu, around }: { readonly qemu: Qemu; readonly around: HostPaths },
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
  const guest = { qemu, kernel: kernel.value, programs: programs.value, timeout: 1000 * timeout };
  const ran = await runGuest(job, guest, around);
  if (!ran.ok) return ran;
  const verdict = compareWithPlan(plan, ran.value);
  const milliseconds = Math.round(performance.now() - started);
  const tested = { source, plan, report: ran.value, verdict, milliseconds };
  const kept = output === undefined ? ok(undefined) : await keepLogs(output, tested);
  return kept.ok ? ok(tested) : kept;
}
