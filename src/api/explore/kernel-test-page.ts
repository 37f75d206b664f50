import { resolve } from "node:path";
import { distinctNames } from "#api/kernel-test/distinct-names.ts";
import type { KernelTestRequest, TestedKernel, TestedParser } from "#api/kernel-test/request.ts";
import { errnoName } from "#bpf-vm/errno.ts";
import { ok, type Result } from "#core/result.ts";
import type { CrosscheckPlan } from "#crosscheck/plan.ts";
import type { ProgramUnderTest } from "#crosscheck/subject.ts";
import { readInput } from "#files/input-file.ts";
import type { PageRow, PageRun, PageTable } from "#page/data.ts";
import { NO_REFERENCE } from "#verify/references.ts";
import type { KeptParser } from "./page-parser.ts";
import { ownOfPage, PageImages, pageReference, type ResultPage, resultPage } from "./result-page.ts";

type Containers = Pick<KernelTestRequest, "containers" | "reference">;

/** The page that `kernel-test --html` writes; a row opens the run in the VM. Errors: those of reading the containers, and of `resultPage`. */
export async function kernelTestPage(
  request: Containers,
  tested: readonly TestedKernel[],
  cwd: string,
): Promise<Result<Buffer>> {
  const content = await kernelTestContent(request, tested, cwd);
  return content.ok ? resultPage(content.value) : content;
}

export async function kernelTestContent(
  request: Containers,
  tested: readonly TestedKernel[],
  cwd: string,
): Promise<Result<ResultPage>> {
  const images = new PageImages();
  for (const { plan, verdict } of tested) {
    const wrong = new Set(verdict.subjects.flatMap(({ findings }) => findings.map((one) => one.case)));
    const odd = new Set(plan.cases.filter(({ name }) => wrong.has(name)).map(({ image }) => image));
    for (const which of [true, false]) {
      plan.images.forEach((image, i) => {
        if (odd.has(i) === which) images.add(image, which);
      });
    }
  }
  const parsers = await parsersOf(request, tested[0]?.plan, cwd);
  if (!parsers.ok) return parsers;
  return ok({
    title: "kexec-bpf kernel-test",
    tables: kernelTestTables(tested),
    parsers: parsers.value,
    images: images.images,
    own: tested.flatMap(({ plan }) => plan.subjects.flatMap((one) => ownOfPage(one.reference) ?? []))[0],
  });
}

async function parsersOf(
  { containers, reference }: Containers,
  plan: CrosscheckPlan | undefined,
  cwd: string,
): Promise<Result<readonly KeptParser[]>> {
  const parsers: KeptParser[] = [];
  const names = distinctNames(containers);
  for (const [i, file] of containers.entries()) {
    const bytes = await readInput(resolve(cwd, file));
    if (!bytes.ok) return bytes;
    const first = plan?.subjects.find(({ container }) => container === i);
    parsers.push({
      ...{ name: names[i] ?? file, bytes: bytes.value, arch: null },
      limits: first?.limits ?? null,
      revision: plan?.revision ?? null,
      reference: reference === undefined ? null : pageReference(first?.reference ?? NO_REFERENCE),
    });
  }
  return ok(parsers);
}

/** Of one kernel or several, in one table each of parsers and of what is amiss. */
function kernelTestTables(tested: readonly TestedKernel[]): readonly PageTable[] {
  return [parserTable(tested), findingTable(tested)].filter(({ rows }, i) => i === 0 || rows.length > 0);
}

function parserTable(tested: readonly TestedKernel[]): PageTable {
  const kernels = tested.map(
    ({ report, verdict }) => `${report.release}: ${verdict.passed ? "passed" : "not passed"}`,
  );
  return {
    title: "Parsers",
    note: kernels.join(", "),
    columns: [
      { label: "kernel", kind: "text" },
      { label: "revision", kind: "text" },
      { label: "parser", kind: "text" },
      { label: "ok", kind: "verdict" },
      { label: "loads", kind: "text" },
      { label: "instructions", kind: "number" },
      { label: "states", kind: "number" },
      { label: "cases", kind: "number" },
      { label: "as VM", kind: "number" },
      { label: "as reference", kind: "number" },
      { label: "amiss", kind: "number" },
    ],
    rows: tested.flatMap(({ report, plan, verdict }) =>
      verdict.subjects.map((subject, i): PageRow => {
        const { name, load, cases, asVm, asReference = null, findings } = subject;
        const statistics = load?.ok === true ? load.statistics : undefined;
        const first = plan.cases.find((one) => one.subject === i);
        return {
          cells: [
            ...[report.release, plan.revision, name, load?.ok === true && findings.length === 0],
            ...[loadText(load), statistics?.instructions ?? null, statistics?.totalStates ?? null],
            ...[cases, asVm, asReference, findings.length],
          ],
          run: first === undefined ? null : runOf(plan, first.name),
        };
      }),
    ),
  };
}

function loadText(load: TestedParser["load"]): string {
  if (load === undefined) return "crash";
  return load.ok ? "yes" : `${errnoName(load.error)}: ${load.reason}`;
}

function findingTable(tested: readonly TestedKernel[]): PageTable {
  return {
    title: "Findings",
    note: "Where the kernel disagrees with the VM or the reference; a row opens the VM's run.",
    columns: [
      { label: "kernel", kind: "text" },
      { label: "parser", kind: "text" },
      { label: "case", kind: "text" },
      { label: "with", kind: "text" },
      { label: "what", kind: "code" },
    ],
    rows: tested.flatMap(({ report, plan, verdict }) =>
      verdict.subjects.flatMap(({ name, findings }, subject) =>
        findings.map(
          (finding): PageRow => ({
            cells: [report.release, name, finding.case, finding.what, finding.detail],
            run: runOf(plan, finding.case, subject),
          }),
        ),
      ),
    ),
  };
}

/** The VM's run of a case; null where there is no such case. */
function runOf(plan: CrosscheckPlan, name: string, subject?: number): PageRun | null {
  const found = plan.cases.find((one) => one.name === name && (subject ?? one.subject) === one.subject);
  const program = found && plan.subjects[found.subject];
  const image = found && plan.images[found.image];
  if (found === undefined || program === undefined || image === undefined) return null;
  const { denied } = found;
  return {
    image: image.name,
    parser: pageName(program, plan.subjects),
    path: denied === undefined ? null : JSON.stringify(denied),
  };
}

/** As `verify` names a parser: with its section where its layer has several, with that of its container where it is in one. */
function pageName({ name, path, container }: ProgramUnderTest, all: readonly ProgramUnderTest[]): string {
  const layer = path.slice(0, path.lastIndexOf("/") + 1);
  const beside = all.filter((one) => one.container === container && inLayer(one.path, layer));
  if (beside.length > 1) return name;
  const file = name.slice(0, name.length - path.length - 1);
  return layer === "" ? file : `${file} ${layer.slice(0, -1)}`;
}

function inLayer(path: string, layer: string): boolean {
  return path.startsWith(layer) && !path.slice(layer.length).includes("/");
}
