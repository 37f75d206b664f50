import { open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { err, ok, type Result } from "#core/result.ts";
import { inTemporaryFolder } from "#files/temporary-folder.ts";
import { runTool } from "#toolchain/process.ts";
import { troubleIn, troubleOfTaint } from "./console.ts";
import { type CpioFile, encodeCpio } from "./cpio.ts";
import type { GuestKernel } from "./debian-kernel.ts";
import { cancelledBy, type HostPaths } from "./host-paths.ts";
import { type GuestJob, guestFiles, guestMemory, jobText } from "./job.ts";
import { type Qemu, qemuArguments } from "./qemu.ts";
import { decodeReports, type GuestOutcome, type GuestReports, type LoadReport } from "./reports.ts";
import type { GuestPrograms } from "./testbed.ts";

/** One boot that went wrong. */
export type Crash = {
  /** From 1. */
  readonly boot: number;
  readonly detail: string;
  /** What it was at; neither where the kernel fell before the first. */
  readonly subject: number | undefined;
  readonly case: number | undefined;
  /** The console, whole. */
  readonly console: string;
};

/** What came of a job. A case without an outcome belongs to a subject that did not load, or to a crash. */
export type GuestReport = {
  readonly release: string;
  readonly boots: number;
  readonly loads: ReadonlyMap<number, LoadReport>;
  readonly outcomes: ReadonlyMap<number, GuestOutcome>;
  readonly crashes: readonly Crash[];
  /** What went wrong in the kernel, by its console and its taint. */
  readonly trouble: readonly string[];
  /** Of all boots. */
  readonly console: string;
};

export type Guest = {
  readonly qemu: Qemu;
  readonly kernel: GuestKernel;
  readonly programs: GuestPrograms;
  /** Milliseconds for one boot. */
  readonly timeout: number;
};

const MOST_BOOTS = 4;

/**
 * Runs a job in a virtual machine. Where the kernel falls, the cases behind the one that it fell at run in
 * another boot; that one is not tried again, and the crash stays in the report.
 *
 * Errors: `guest-failed` where no boot got as far as the agent, and where the agent cannot work.
 */
export async function runGuest(job: GuestJob, guest: Guest, around: HostPaths): Promise<Result<GuestReport>> {
  const loads = new Map<number, LoadReport>();
  const outcomes = new Map<number, GuestOutcome>();
  const crashes: Crash[] = [];
  const wanted = new Set(job.cases.keys());
  const skipped = new Set<number>();
  let release: string | undefined;
  let tainted = 0;
  let console = "";
  for (let boot = 1; ; boot++) {
    const text = jobText(job, wanted, skipped);
    const files = guestFiles(job, { ...guest.programs, text });
    const result = await bootGuest(files, (size) => guestMemory(job, size), guest, around);
    if (!result.ok) return result;
    const { reports, ended } = result.value;
    console += result.value.console;
    release ??= reports.release;
    for (const [id, load] of reports.loads) loads.set(id, load);
    for (const [id, outcome] of reports.outcomes) {
      outcomes.set(id, outcome);
      wanted.delete(id);
    }
    tainted |= reports.tainted ?? 0;
    if (reports.trouble !== undefined) {
      return err({ reason: "guest-failed", detail: reports.trouble, console });
    }
    if (reports.tainted !== undefined) {
      return ok({
        ...{ release: release ?? "", boots: boot, loads, outcomes, crashes, console },
        trouble: [...troubleIn(console), ...troubleOfTaint(tainted)],
      });
    }
    const crash = { boot, detail: ended, console: result.value.console, ...placeOf(reports, job, skipped) };
    crashes.push(crash);
    if (crash.case !== undefined) wanted.delete(crash.case);
    else if (crash.subject !== undefined) skipped.add(crash.subject);
    if (boot === MOST_BOOTS) {
      const detail = `${boot} boots without an end: ${ended}`;
      return err({ reason: "guest-failed", detail, console });
    }
  }
}

/** Where a guest was when it fell: in a case, or loading the first subject that it has not told of. */
function placeOf(
  reports: GuestReports,
  job: GuestJob,
  skipped: ReadonlySet<number>,
): { readonly subject: number | undefined; readonly case: number | undefined } {
  const at = reports.unfinished;
  if (at !== undefined) return { subject: job.cases[at]?.subject, case: at };
  if (reports.release === undefined) return { subject: undefined, case: undefined };
  const next = job.subjects.findIndex((_, subject) => !reports.loads.has(subject) && !skipped.has(subject));
  return { subject: next < 0 ? undefined : next, case: undefined };
}

export type Boot = {
  readonly reports: GuestReports;
  readonly console: string;
  /** How the machine came to its end, for one that did not come to the end of its job. */
  readonly ended: string;
};

/** Bytes of the console that are kept: a guest that writes more is ended. */
const CONSOLE_LIMIT = 16 * 1024 * 1024;
/** The same of the agent's reports, which carry what parsers emit. */
const REPORTS_LIMIT = 1024 * 1024 * 1024;

/** A file's first bytes, as many as are kept. */
async function head(file: string, most: number): Promise<Buffer> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const { buffer, bytesRead } = await handle.read(
      Buffer.alloc(Math.min(size, most)),
      0,
      Math.min(size, most),
      0,
    );
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/**
 * Boots a kernel once with an initramfs of these files, and waits for the machine's end.
 *
 * @param memory MiB, by the size of the initramfs in bytes
 */
export async function bootGuest(
  files: readonly CpioFile[],
  memory: (initramfs: number) => number,
  { qemu, kernel, timeout }: Omit<Guest, "programs">,
  around: HostPaths,
): Promise<Result<Boot>> {
  return inTemporaryFolder(async (folder) => {
    const file = (name: string) => join(folder, name);
    const initramfs = encodeCpio(files);
    await writeFile(file("initramfs"), initramfs);
    await writeFile(file("console"), "");
    await writeFile(file("reports"), "");
    const run = await runTool({
      tool: "qemu",
      file: qemu.file,
      args: qemuArguments(qemu, {
        kernel: kernel.image,
        initramfs: file("initramfs"),
        memory: memory(initramfs.length),
        console: file("console"),
        reports: file("reports"),
      }),
      env: qemu.env,
      timeout,
      fileLimits: [
        { file: file("console"), bytes: CONSOLE_LIMIT },
        { file: file("reports"), bytes: REPORTS_LIMIT },
      ],
      ...cancelledBy(around),
    });
    const console = (await head(file("console"), CONSOLE_LIMIT)).toString("latin1");
    let ended = "the machine stopped";
    if (!run.ok) {
      if (run.failure.reason !== "tool-failed" || run.failure.limit === undefined) return run;
      ended = run.failure.ended;
    }
    const reports = decodeReports(await head(file("reports"), REPORTS_LIMIT));
    return reports.ok ? ok({ reports: reports.value, console, ended }) : reports;
  });
}
