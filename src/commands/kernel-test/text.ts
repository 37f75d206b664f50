import type { TestedKernel, TestedParser } from "#api/kernel-test/request.ts";
import { errnoName } from "#bpf-vm/errno.ts";
import { table } from "#report/table.ts";

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

export const HEADING = [
  "parser",
  "loads",
  "insns",
  "states",
  "stack",
  "cases",
  "as VM",
  "as reference",
  "amiss",
];

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
function commandsSent({ commands, kexec }: TestedParser, image: number): string {
  const count = String(commands[image] ?? "-");
  return [count, ...kexecAnswer(kexec[image])].join(", ");
}

/** What `kexec_file_load()` answered; none where the kernel was not asked to load anything. */
export function kexecAnswer(error: number | undefined): readonly string[] {
  if (error === undefined) return [];
  return [error === 0 ? "loaded" : errnoName(error)];
}

function row(subject: TestedParser): readonly string[] {
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

function subjectTalk({ name, load, findings }: TestedParser): readonly string[] {
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
