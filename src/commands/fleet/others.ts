import { resolve } from "node:path";
import { cleanFleet } from "#api/fleet/clean.ts";
import { compareFleets } from "#api/fleet/compare.ts";
import { initFleet } from "#api/fleet/init.ts";
import { mergeFleet } from "#api/fleet/merge.ts";
import { fleetStatus } from "#api/fleet/status.ts";
import { contextOf } from "#commands/context.ts";
import { tellEvents } from "#commands/tell-events.ts";
import { fleetSchema } from "#fleet/file/schema.ts";
import { EXIT } from "#report/exit-code.ts";
import { failureText } from "#report/failure-text.ts";
import type { Io } from "#report/io.ts";
import { report, reportUsage } from "#report/report-failure.ts";
import { parseFailOn } from "./fail-on.ts";
import type {
  FleetCleanWords,
  FleetCompareWords,
  FleetInitWords,
  FleetMergeWords,
  FleetSchemaWords,
  FleetStatusWords,
} from "./options.ts";
import { showFleet } from "./run.ts";
import { comparisonText, statusText } from "./status-text.ts";

/** Kernels that failed or are left are exit status 1. */
export async function runFleetStatus({ given }: FleetStatusWords, io: Io): Promise<number> {
  const status = await fleetStatus({ file: given.fleet, out: given.output, only: given.only });
  if (!status.ok) return report(io, status.failure);
  io.stdout(given.json ? `${JSON.stringify(status.value)}\n` : statusText(status.value));
  return status.value.ok ? EXIT.ok : EXIT.failed;
}

export async function runFleetMerge({ given }: FleetMergeWords, io: Io): Promise<number> {
  const merged = await mergeFleet({ folders: given.folders, out: given.output, verified: given.kernelTest });
  return merged.ok ? showFleet(merged.value, given, io) : report(io, merged.failure);
}

export async function runFleetCompare({ given }: FleetCompareWords, io: Io): Promise<number> {
  const failOn = parseFailOn(given.failOn);
  if (!failOn.ok) return reportUsage(io, failureText(failOn.failure));
  const compared = await compareFleets({ old: given.old, new: given.new, failOn: failOn.value });
  if (!compared.ok) return report(io, compared.failure);
  io.stdout(given.json ? `${JSON.stringify(compared.value)}\n` : comparisonText(compared.value));
  return compared.value.failing.length === 0 ? EXIT.ok : EXIT.failed;
}

export async function runFleetClean({ given }: FleetCleanWords, io: Io): Promise<number> {
  const told = tellEvents(io);
  const request = { file: given.fleet, out: given.output, only: given.only };
  const cleaned = await cleanFleet(request, contextOf(io, told.emit));
  if (!cleaned.ok) return report(io, cleaned.failure);
  io.stdout(`${cleaned.value.kernels} kernels' outputs are removed\n`);
  return EXIT.ok;
}

export async function runFleetInit({ given }: FleetInitWords, io: Io): Promise<number> {
  const { folders, deb, rpm, output, force, json } = given;
  if (folders.length + deb.length + rpm.length === 0) {
    return reportUsage(io, "a folder with kernels, --deb SUITE[:ARCH] or --rpm DIR is needed");
  }
  const told = tellEvents(io);
  const file = resolve(io.cwd, output);
  const made = await initFleet(
    { folders, debian: deb, rpms: rpm, output: file, force },
    contextOf(io, told.emit),
  );
  if (!made.ok) return report(io, made.failure);
  io.stdout(
    json
      ? `${JSON.stringify({ schema: 1, file, ...made.value })}\n`
      : `${file}: ${made.value.kernels} kernels\n`,
  );
  return EXIT.ok;
}

export async function runFleetSchema(_: FleetSchemaWords, io: Io): Promise<number> {
  io.stdout(`${JSON.stringify(fleetSchema(), undefined, 2)}\n`);
  return EXIT.ok;
}
