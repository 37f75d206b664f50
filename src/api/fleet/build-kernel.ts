import { build } from "#api/build.ts";
import type { Context } from "#api/context.ts";
import type { BuildReport } from "#build/build.ts";
import type { BuildSharing } from "#build/context.ts";
import type { EventSink } from "#core/events.ts";
import type { Failure } from "#core/failure.ts";
import { ok, type Result } from "#core/result.ts";
import type { FleetKernel } from "#fleet/file/fleet-file.ts";
import { type KernelRecord, leftRecord, NO_WORK, type WorkCounts } from "#fleet/record.ts";
import { failureText } from "#report/failure-text.ts";
import type { FleetJudge } from "./judge.ts";
import { kernelKey, kernelRequest } from "./kernel-request.ts";
import { currentRecord, writeRecord } from "./records.ts";
import type { FleetRequest } from "./request.ts";

export type FleetTools = { readonly sharing: BuildSharing; readonly judge: FleetJudge };

/** A kernel's record, and whether there was anything to do. */
export type DoneKernel = { readonly record: KernelRecord; readonly current: boolean };

/**
 * Builds and judges one kernel, unless all of it is as the last run left it. What goes wrong with it is in its record.
 *
 * Errors: `cancelled`; `file-failed` for the record.
 */
export async function buildKernel(
  kernel: FleetKernel,
  request: FleetRequest,
  context: Context,
  tools: FleetTools,
): Promise<Result<DoneKernel>> {
  const asked = kernelRequest(kernel, request);
  const key = await kernelKey(kernel, asked, context);
  const current = await currentRecord(request.out, kernel.name, key);
  if (current !== undefined) return ok({ record: current, current: true });
  const started = performance.now();
  const heard = listen(context.emit);
  const own = { ...context, emit: heard.emit };
  const remembering = { key, summary: () => kernel.name };
  const built = await build(asked, own, remembering, tools.sharing);
  const outcome = built.ok ? await tools.judge.judge(kernel, built.value) : built;
  if (!outcome.ok && outcome.failure.reason === "cancelled") return outcome;
  const record: KernelRecord = {
    ...leftRecord(kernel.name),
    ...(built.ok && { ...factsOf(built.value), state: "built" }),
    ...(outcome.ok ? outcome.value : { state: "failed", failure: toldFailure(outcome.failure) }),
    warnings: heard.warnings,
    work: heard.work(),
    milliseconds: Math.round(performance.now() - started),
  };
  const written = await writeRecord(request.out, key, record);
  return written.ok ? ok({ record, current: false }) : written;
}

function factsOf({ arch, abi, sizes }: BuildReport): Pick<KernelRecord, "arch" | "abi" | "sizes"> {
  return { arch, abi: { revision: abi.revision, source: abi.source }, sizes };
}

function toldFailure(failure: Failure): KernelRecord["failure"] {
  return { reason: failure.reason, message: failureText(failure) };
}

/** Counts rules and keeps warnings; what else a build says of itself would be said a hundred times. */
function listen(emit: EventSink): {
  readonly emit: EventSink;
  readonly warnings: readonly string[];
  readonly work: () => WorkCounts;
} {
  const warnings: string[] = [];
  const counts: { -readonly [Name in keyof WorkCounts]: number } = { ...NO_WORK };
  return {
    warnings,
    work: () => ({ ...counts }),
    emit: (event) => {
      if (event.kind === "warning") warnings.push(event.text);
      if (event.kind !== "span") return;
      counts[event.how === "up to date" ? "upToDate" : event.how] += 1;
      emit(event);
    },
  };
}
