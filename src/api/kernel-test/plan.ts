import { type OwnKernelInterface, recorderTarget } from "#api/common/own-interface.ts";
import { turns } from "#api/common/turns.ts";
import type { Context } from "#api/context.ts";
import { err, ok, type Result } from "#core/result.ts";
import { type CrosscheckPlan, type Exhibit, jobOf, type PlanOptions, planCases } from "#crosscheck/plan.ts";
import type { NamedBytes } from "#crosscheck/subject.ts";
import type { GuestJob, OwnInterface } from "#guest/job.ts";
import { cancelled } from "#toolchain/process.ts";
import { withParsers } from "./carriers.ts";
import { type Opened, openContainers, readImages } from "./inputs.ts";
import { planLoads } from "./loads.ts";
import type { KernelTestRequest } from "./request.ts";

/** What planning asks of its surroundings. */
type PlanContext = Pick<Context, "signal" | "emit">;

/** The cases, what the VM and the reference make of them, and the guest's part of it. */
export type Planned = { readonly plan: CrosscheckPlan; readonly job: GuestJob };

/** For kernels without the interface: the testbed shows every image to every parser. */
export async function planForTestbed(
  request: KernelTestRequest,
  context: PlanContext,
): Promise<Result<Planned>> {
  const opened = await openContainers(request);
  if (!opened.ok) return opened;
  const images = await readImages(request);
  return images.ok ? planFor(request, opened.value, images.value, context) : images;
}

/**
 * For a kernel with the interface, whose `kexec_file_load()` shows images to parsers. v7: it gets container and image. v6: images carry the
 * parser along, as section `.bpf`; files that are no PE images cannot, and images that do not become another one by their
 * parser must not. The user is told how many are left out.
 */
export async function planForOwn(
  request: KernelTestRequest,
  own: OwnKernelInterface,
  context: PlanContext,
): Promise<Result<Planned>> {
  const opened = await openContainers(request, own);
  if (!opened.ok) return opened;
  const images = await readImages(request);
  if (!images.ok) return images;
  const made = await (own.revision === "v6" ? planCarriers : planContainers)(
    { request, opened: opened.value, images: images.value, own: recorderTarget(own) },
    context,
  );
  if (!made.ok) return made;
  const all = images.value.length * opened.value.containers.length;
  const left = all - made.value.plan.cases.length;
  if (left > 0) {
    const text = `${left} of ${all} pairs of parser and image are left out: ${LEFT_OUT[own.revision]}`;
    context.emit({ kind: "note", text });
  }
  return made;
}

const LEFT_OUT = {
  v6: "no other image comes of them, or a third one, or bytecode cannot be added",
  v7: "the kernel refuses a command of theirs, or they are cases for one parser",
} as const;

type OwnPlan = {
  readonly request: KernelTestRequest;
  readonly opened: Opened;
  readonly images: readonly Exhibit[];
  readonly own: OwnInterface;
};

async function planContainers(
  { request, opened, images, own }: OwnPlan,
  context: PlanContext,
): Promise<Result<Planned>> {
  const { containers, subjects } = opened;
  return planned(request, containers, context, (beat) =>
    planLoads(containers, subjects, images, { own, beat }),
  );
}

async function planCarriers(
  { request, opened, images, own }: OwnPlan,
  context: PlanContext,
): Promise<Result<Planned>> {
  const carriers = await withParsers(opened.containers, images, context);
  if (!carriers.ok) return carriers;
  const subjects = opened.subjects.filter(({ path }) => path === FIRST);
  return planFor(request, { ...opened, subjects }, carriers.value, context, { own });
}

/** What a v6 kernel takes from an image: one parser. */
const FIRST = ".bpf.1";

function planFor(
  request: KernelTestRequest,
  { revision, containers, subjects }: Opened,
  images: readonly Exhibit[],
  context: PlanContext,
  how: PlanOptions = {},
): Promise<Result<Planned>> {
  return planned(request, containers, context, (beat) =>
    planCases(revision, subjects, images, { ...how, beat }),
  );
}

/** Plans, and says how far it is. */
async function planned(
  { images: tried, logLevel }: KernelTestRequest,
  containers: readonly NamedBytes[],
  { signal, emit }: PlanContext,
  make: (beat: NonNullable<PlanOptions["beat"]>) => Promise<CrosscheckPlan | undefined>,
): Promise<Result<Planned>> {
  const goesOn = turns(signal);
  const plan = await make((done, total) => {
    emit({ kind: "progress", what: "planning", done, total });
    return goesOn();
  });
  emit({ kind: "progress-end" });
  if (plan === undefined) return err(cancelled(signal));
  if (plan.cases.length === 0) {
    return err({ reason: "input-not-found", what: "image for these parsers", tried, hint: "--image FILE" });
  }
  return ok({ plan, job: jobOf(plan, containers, logLevel) });
}
