import type { Command } from "#abi/command.ts";
import { decodeCommand } from "#abi/command-codec.ts";
import { type HeaderLayout, headerLayout } from "#abi/header-layout.ts";
import type { Revision } from "#abi/revisions.ts";
import { diffBytes, diffStreams, type StreamDifference } from "#abi/stream-diff.ts";
import type { GuestReport } from "#guest/guest.ts";
import type { GuestBuffer, GuestOutcome } from "#guest/reports.ts";
import { refusalReason, type VerifierStatistics, verifierStatistics } from "#guest/verifier-log.ts";
import { streamDue } from "#verify/expectation.ts";
import { referenceTitle } from "#verify/references.ts";
import type { CrosscheckPlan, PlannedCase } from "./plan.ts";

/** Something that is not as it should be in a case. */
export type CrosscheckFinding = {
  readonly case: string;
  /** What the kernel disagrees with, or what it alone shows. */
  readonly what: "VM" | "reference" | "VM's trace" | "left over" | "fault" | "crash";
  readonly detail: string;
  readonly difference?: StreamDifference;
};

export type SubjectVerdict = {
  readonly name: string;
  readonly reference: string | undefined;
  /** How the kernel took it; undefined where it fell over it. */
  readonly load:
    | {
        readonly ok: true;
        readonly statistics: VerifierStatistics | undefined;
        readonly jited: number;
        readonly log: string;
      }
    | { readonly ok: false; readonly error: number; readonly reason: string; readonly log: string }
    | undefined;
  /** Cases that ran in the kernel, and in how many of them the witnesses agree. */
  readonly cases: number;
  readonly asVm: number;
  /** Undefined where no reference knows the format. */
  readonly asReference: number | undefined;
  readonly findings: readonly CrosscheckFinding[];
  /** By image: how many commands the kernel was sent where nothing went wrong. */
  readonly commands: readonly (number | undefined)[];
  /** By image, of a kernel that loads what comes out: the errno of `kexec_file_load()`, 0 for success. */
  readonly kexec: readonly (number | undefined)[];
};

export type CrosscheckVerdict = {
  /** Whether all of it is as it should be. */
  readonly passed: boolean;
  readonly subjects: readonly SubjectVerdict[];
};

/** Compares what the kernel did with the plan. */
export function compareWithPlan(plan: CrosscheckPlan, report: GuestReport): CrosscheckVerdict {
  const subjects = plan.subjects.map((_, index) => judgeSubject(plan, index, report));
  const passed =
    report.trouble.length === 0 &&
    report.crashes.every((crash) => crash.subject === undefined && crash.case === undefined) &&
    subjects.every(({ load, findings }) => load?.ok === true && findings.length === 0);
  return { passed, subjects };
}

function judgeSubject(plan: CrosscheckPlan, index: number, report: GuestReport): SubjectVerdict {
  const { name = "", reference: judge } = plan.subjects[index] ?? {};
  const reference = judge && referenceTitle(judge);
  const findings: CrosscheckFinding[] = [];
  const commands: (number | undefined)[] = plan.images.map(() => undefined);
  const kexec: (number | undefined)[] = plan.images.map(() => undefined);
  const count = { cases: 0, asVm: 0, asReference: 0 };
  const load = loadOf(report, index);
  plan.cases.forEach((planned, id) => {
    if (planned.subject !== index) return;
    const outcome = report.outcomes.get(id);
    if (outcome === undefined) {
      if (load?.ok === false) return;
      findings.push({ case: planned.name, what: "crash", detail: "the kernel did not get through it" });
      return;
    }
    const { injection } = planned;
    if (Object.keys(injection).length === 0) commands[planned.image] = outcome.buffers.length;
    if (plan.own !== undefined) kexec[planned.image] = outcome.error;
    const found = judgeCase(planned, plan.own ? { ...outcome, error: 0 } : outcome, plan.revision);
    count.cases += 1;
    count.asVm += found.some(({ what }) => what === "VM" || what === "VM's trace") ? 0 : 1;
    count.asReference += found.some(({ what }) => what === "reference") ? 0 : 1;
    findings.push(...found);
  });
  const asReference = reference === undefined ? undefined : count.asReference;
  return { name, reference, load, ...count, asReference, findings, commands, kexec };
}

function loadOf(report: GuestReport, index: number): SubjectVerdict["load"] {
  const load = report.loads.get(index);
  if (load === undefined) return undefined;
  const { error, problem, log, jited } = load;
  if (error === 0) return { ok: true, statistics: verifierStatistics(log), jited, log };
  return { ok: false, error, reason: refusalReason(log) || problem, log };
}

function judgeCase(
  planned: PlannedCase,
  outcome: GuestOutcome,
  revision: Revision,
): readonly CrosscheckFinding[] {
  const findings: CrosscheckFinding[] = [];
  const add = (what: CrosscheckFinding["what"], detail: string, difference?: StreamDifference) =>
    findings.push({ case: planned.name, what, detail, ...(difference && { difference }) });
  if (outcome.error !== 0) add("fault", `the testbed could not run it: errno ${outcome.error}`);
  if (outcome.faults !== 0) add("fault", `${outcome.faults} buffers that are too short or not readable`);
  if (outcome.references !== 0) add("left over", `${outcome.references} parser contexts`);
  if (outcome.records !== 0) add("left over", `${outcome.records} ring-buffer records`);
  const { vm } = planned;
  if (vm.fault !== undefined) add("VM", `faults there: ${vm.fault.reason}`);
  const byVm = diffBuffers(outcome.buffers, vm.buffers, revision);
  if (byVm !== undefined) add("VM", inWords(byVm), byVm);
  if (vm.trace.join("\n") !== outcome.trace.join("\n")) {
    add("VM's trace", `kernel: ${outcome.trace.join("; ")} | VM: ${vm.trace.join("; ")}`);
  }
  const { expected } = planned;
  if (expected?.ok === false && expected.failure.reason === "bad-reference") {
    add("reference", `is at fault itself: ${expected.failure.detail}`);
    return findings;
  }
  const byReference = fromReference(planned, outcome.buffers, revision);
  if (byReference !== undefined) add("reference", inWords(byReference), byReference);
  return findings;
}

/** The first difference from the stream that the reference has come; side a is the kernel. */
function fromReference(
  { expected, denied }: PlannedCase,
  buffers: readonly GuestBuffer[],
  revision: Revision,
): StreamDifference | undefined {
  if (expected === undefined) return undefined;
  const commands = buffers.flatMap((buffer) => commandIn(buffer, headerLayout(revision)));
  const index = buffers.findIndex((buffer) => commandIn(buffer, headerLayout(revision)).length === 0);
  if (index >= 0) return { index, field: "buffer", a: present(buffers[index]), b: "a command" };
  const due = streamDue(expected, denied, commands.length);
  return diffStreams({ revision, commands }, { revision, commands: due });
}

function commandIn({ bytes }: GuestBuffer, layout: HeaderLayout): readonly Command[] {
  const command = decodeCommand(bytes, layout);
  return command.ok ? [command.value] : [];
}

/** The first difference of what was sent; side a is the kernel. */
export function diffBuffers(
  kernel: readonly GuestBuffer[],
  other: readonly GuestBuffer[],
  revision: Revision,
): StreamDifference | undefined {
  const count = Math.max(kernel.length, other.length);
  const layout = headerLayout(revision);
  const inStream = (buffer: GuestBuffer | undefined) => (buffer ? commandIn(buffer, layout) : []);
  for (let index = 0; index < count; index++) {
    const [a, b] = [kernel[index], other[index]];
    const bytes = diffBytes(a?.bytes ?? NOTHING, b?.bytes ?? NOTHING, index, "buffer");
    if (a !== undefined && b !== undefined && bytes === undefined) {
      if (a.accepted === b.accepted) continue;
      const answer = ({ accepted }: GuestBuffer) => (accepted ? "taken" : "refused");
      return { index, field: "answer", a: answer(a), b: answer(b) };
    }
    // In words of the interface, where both are commands.
    const [left, right] = [inStream(a), inStream(b)];
    const told = diffStreams({ revision, commands: left }, { revision, commands: right });
    const readable = (a === undefined || left.length > 0) && (b === undefined || right.length > 0);
    if (readable && told !== undefined) return { ...told, index };
    return bytes ?? { index, field: "buffer", a: present(a), b: present(b) };
  }
  return undefined;
}

const NOTHING = new Uint8Array(0);

function present(buffer: GuestBuffer | undefined): string {
  return buffer === undefined ? "nothing" : `${buffer.bytes.length} bytes`;
}

function inWords({ index, field, a, b, bytes }: StreamDifference): string {
  const at = bytes === undefined ? "" : `, first difference at byte ${bytes.offset}`;
  return `command ${index}, ${field}: kernel ${a}, here ${b}${at}`;
}
