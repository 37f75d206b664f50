import { ChromeTrace } from "#api/common/trace.ts";
import { fleetPage } from "#api/explore/fleet-page.ts";
import type { FleetRequest } from "#api/fleet/request.ts";
import { runFleet } from "#api/fleet/run.ts";
import { SAME } from "#api/fleet/schedule.ts";
import { cacheChoice } from "#commands/cache-options.ts";
import { contextOf } from "#commands/context.ts";
import { writeResultPage } from "#commands/result-page.ts";
import { tellEvents } from "#commands/tell-events.ts";
import type { EventSink } from "#core/events.ts";
import { err, ok, type Result } from "#core/result.ts";
import { deliver } from "#files/deliver.ts";
import type { FleetReport } from "#fleet/report.ts";
import { parseShard } from "#fleet/shard.ts";
import { EXIT } from "#report/exit-code.ts";
import { failureText } from "#report/failure-text.ts";
import type { Io } from "#report/io.ts";
import { report, reportUsage } from "#report/report-failure.ts";
import { fleetJunit } from "./junit.ts";
import type { FleetRunWords } from "./options.ts";
import { fleetSummary, fleetTable } from "./text.ts";

type Given = FleetRunWords["given"];

/** Kernels that fail are exit status 1, in the end. */
export async function runFleetRun({ given }: FleetRunWords, io: Io): Promise<number> {
  const request = requestOf(given, io);
  if (!request.ok) return reportUsage(io, failureText(request.failure));
  const trace = new ChromeTrace();
  const told = tellEvents(io, ({ what, done, total }) => `${done} of ${total} kernels; ${what}`);
  // Kernels that were done before are worth a line for those who ask.
  const emit: EventSink = (event) =>
    event.kind === "step" && event.label === SAME && !given.verbose ? undefined : told.emit(event);
  const context = contextOf(io, trace.listening(emit));
  const ran = await runFleet(request.value, context).finally(told.end);
  if (given.trace !== undefined) {
    const written = await trace.write(given.trace, io);
    if (!written.ok) return report(io, written.failure);
  }
  return ran.ok ? showFleet(ran.value, given, io) : report(io, ran.failure);
}

function requestOf(given: Given, { cwd, env }: Pick<Io, "cwd" | "env">): Result<FleetRequest> {
  const cache = cacheChoice(given, cwd);
  if (!cache.ok) return cache;
  const shard = given.shard === undefined ? ok(undefined) : parseShard(given.shard, env);
  if (!shard.ok) return shard;
  if (given.exactSizes && given.sizeStep !== undefined) {
    return err({ reason: "usage", detail: "--exact-sizes and --size-step exclude each other" });
  }
  const { fleet: file, output: out, only, jobs, keepGoing, times } = given;
  return ok({
    ...{ file, out, only, jobs, keepGoing, times },
    shard: shard.value,
    sizeStep: given.exactSizes ? undefined : (given.sizeStep ?? "rings"),
    tools: {
      clang: given.clang,
      llvm: undefined,
      bpftool: given.bpftool,
      libbpfHeaders: given.libbpfHeaders,
    },
    cache: cache.value,
    verified: given.kernelTest,
  });
}

/** Shows a report, writes the one for CI, and gives the exit status. */
export async function showFleet(
  fleet: FleetReport,
  { json, junit, html, output }: Pick<Given, "json" | "junit" | "html" | "output">,
  io: Io,
): Promise<number> {
  if (junit !== undefined) {
    const written = await deliver(junit, fleetJunit(fleet), io.signal);
    if (!written.ok) return report(io, written.failure);
  }
  const page = await writeResultPage(
    html,
    () =>
      fleetPage(
        fleet,
        output,
        contextOf(io, () => undefined),
      ),
    io,
  );
  io.stdout(json ? `${JSON.stringify(fleet)}\n` : `${fleetTable(fleet.kernels)}\n`);
  io.stderr(`${fleetSummary(fleet)}\n`);
  return page ?? (fleet.ok ? EXIT.ok : EXIT.failed);
}
