import type { KernelTestJson, TestedParserJson } from "#api/kernel-test/merge.ts";
import type { TestedKernel, TestedParser } from "#api/kernel-test/request.ts";
import { errnoName } from "#bpf-vm/errno.ts";
import { kexecAnswer } from "./text.ts";

/** The report for machines. It is passed where every kernel that was asked for was tried, and none has a finding. */
export function kernelTestJson(
  tested: readonly TestedKernel[],
  asked: number,
  shard: KernelTestJson["shard"],
): KernelTestJson & Readonly<Record<string, unknown>> {
  return {
    schema: 1,
    shard,
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
      parsers: verdict.subjects.map(({ name, reference, load, cases, asVm, asReference, ...rest }, at) => ({
        name,
        sha256: plan.subjects[at]?.sha256 ?? "",
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

function loadJson(load: TestedParser["load"]): TestedParserJson["load"] & Readonly<Record<string, unknown>> {
  if (load === undefined) return { state: "crash" };
  if (!load.ok) {
    return { state: "refused", error: errnoName(load.error), reason: load.reason, log: load.log };
  }
  return { state: "loaded", jited: load.jited, ...load.statistics };
}
