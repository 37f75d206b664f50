import { errnoName } from "#bpf-vm/errno.ts";
import type { CrosscheckPlan } from "#crosscheck/plan.ts";
import type { CrosscheckVerdict, SubjectVerdict } from "#crosscheck/verdict.ts";
import type { GuestReport } from "#guest/guest.ts";
import { table } from "#report/table.ts";

/** What came of one kernel. */
export type TestedKernel = {
  /** The suite, or the file. */
  readonly source: string;
  readonly plan: CrosscheckPlan;
  readonly report: GuestReport;
  readonly verdict: CrosscheckVerdict;
  readonly milliseconds: number;
};

/** Findings of a parser that are told one by one, and images for which a table is made. */
const TOLD = 10;
const SHOWN_IMAGES = 24;

/** The tables: one of each kernel, and of several kernels one of all. */
export function kernelTestText(tested: readonly TestedKernel[]): string {
  const each = tested.map(kernelText);
  return [...each, ...(tested.length > 1 ? [`${matrix(tested)}\n`] : [])].join("\n");
}

/** On which kernels which parser loads. */
function matrix(tested: readonly TestedKernel[]): string {
  const rows = tested.flatMap(({ report, verdict }) =>
    verdict.subjects.map((subject) => [report.release, ...row(subject)]),
  );
  return table([["kernel", ...HEADING], ...rows]);
}

const HEADING = ["parser", "loads", "insns", "states", "stack", "cases", "as VM", "as reference", "amiss"];

function kernelText({ report, plan, verdict, milliseconds }: TestedKernel): string {
  const boots = `${report.boots} boot${report.boots === 1 ? "" : "s"}`;
  const seconds = (milliseconds / 1000).toFixed(1);
  const whose = plan.own === undefined ? "" : " of its own";
  const blocks = [`kernel ${report.release}, revision ${plan.revision}${whose}, ${boots}, ${seconds} s`];
  blocks.push(table([HEADING, ...verdict.subjects.map(row)]));
  if (plan.images.length <= SHOWN_IMAGES) {
    const images = plan.images.map(({ name }, image) => [
      name,
      ...verdict.subjects.map((subject) => commandsSent(subject, image)),
    ]);
    const names = verdict.subjects.map(({ name }) => name);
    blocks.push(table([["commands sent", ...names], ...images]));
  }
  return `${blocks.join("\n\n")}\n`;
}

/** `3`; where the kernel loads what comes out of an image, its answer too: `3, ENOEXEC`. */
function commandsSent({ commands, kexec }: SubjectVerdict, image: number): string {
  const count = String(commands[image] ?? "-");
  return [count, ...kexecAnswer(kexec[image])].join(", ");
}

/** What `kexec_file_load()` answered; none where the kernel was not asked to load anything. */
function kexecAnswer(error: number | undefined): readonly string[] {
  if (error === undefined) return [];
  return [error === 0 ? "loaded" : errnoName(error)];
}

function row(subject: SubjectVerdict): readonly string[] {
  const { name, load, cases, asVm, asReference, findings } = subject;
  const statistics = load?.ok === true ? load.statistics : undefined;
  return [
    name,
    load === undefined ? "crash" : load.ok ? "yes" : "no",
    String(statistics?.instructions ?? "-"),
    String(statistics?.totalStates ?? "-"),
    statistics?.stackDepth ?? "-",
    String(cases),
    String(asVm),
    asReference === undefined ? "-" : String(asReference),
    String(findings.length),
  ];
}

/** What is wrong, in words: refusals with the reason first, differences, crashes. Empty where all is well. */
export function kernelTestTalk(tested: readonly TestedKernel[]): string {
  return tested
    .flatMap(({ report, verdict, plan }) => [
      ...report.crashes.map(({ boot, detail, subject, case: at, console }) => {
        const where =
          at !== undefined
            ? `in the case ${plan.cases[at]?.name}`
            : subject !== undefined
              ? `loading ${plan.subjects[subject]?.name}`
              : "before the agent started";
        return `boot ${boot} of ${report.release} fell ${where}: ${detail}\n${indented(console)}`;
      }),
      ...report.trouble.map((line) => `the kernel says: ${line}`),
      ...verdict.subjects.flatMap(subjectTalk),
    ])
    .map((text) => `kexec-bpf: ${text}\n`)
    .join("");
}

function subjectTalk({ name, load, findings }: SubjectVerdict): readonly string[] {
  const refused =
    load?.ok === false
      ? [`${name} does not load (${errnoName(load.error)}): ${load.reason}\n${indented(load.log)}`]
      : [];
  const told = findings.slice(0, TOLD).map((finding) => {
    const { difference } = finding;
    const dump = difference?.bytes;
    const lines = dump === undefined ? [] : ["kernel:", ...dump.a, `${finding.what}:`, ...dump.b];
    return [`${name}, ${finding.case}: ${finding.what}: ${finding.detail}`, ...lines].join("\n  ");
  });
  const more =
    findings.length > TOLD ? [`${name}: ${findings.length - TOLD} more findings (--json has all)`] : [];
  return [...refused, ...told, ...more];
}

function indented(text: string): string {
  return text
    .trimEnd()
    .split(/\r?\n/)
    .map((line) => `  ${line}`)
    .join("\n");
}

/** The report for machines. It is passed where every kernel that was asked for was tried, and none has a finding. */
export function kernelTestJson(tested: readonly TestedKernel[], asked: number): object {
  return {
    schema: 1,
    revision: tested[0]?.plan.revision,
    passed: tested.length === asked && tested.every(({ verdict }) => verdict.passed),
    kernels: tested.map(({ source, report, verdict, plan, milliseconds }) => ({
      source,
      release: report.release,
      passed: verdict.passed,
      milliseconds,
      boots: report.boots,
      crashes: report.crashes.map(({ boot, detail, subject, case: at, console }) => ({
        boot,
        detail,
        parser: subject === undefined ? null : plan.subjects[subject]?.name,
        case: at === undefined ? null : plan.cases[at]?.name,
        console,
      })),
      trouble: report.trouble,
      parsers: verdict.subjects.map(({ name, reference, load, cases, asVm, asReference, ...rest }) => ({
        name,
        reference: reference ?? "none",
        load: loadJson(load),
        cases,
        asVm,
        asReference: asReference ?? null,
        findings: rest.findings.map(({ case: at, what, detail }) => ({ case: at, what, detail })),
        commands: plan.images.map((image, index) => ({
          image: image.name,
          commands: rest.commands[index] ?? null,
          kexec: kexecAnswer(rest.kexec[index])[0] ?? null,
        })),
      })),
    })),
  };
}

function loadJson(load: SubjectVerdict["load"]): object {
  if (load === undefined) return { state: "crash" };
  if (!load.ok) {
    return { state: "refused", error: errnoName(load.error), reason: load.reason, log: load.log };
  }
  return { state: "loaded", jited: load.jited, ...load.statistics };
}
