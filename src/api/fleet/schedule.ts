import type { Context } from "#api/context.ts";
import { ok, type Result } from "#core/result.ts";
import type { FleetKernel } from "#fleet/file/fleet-file.ts";
import { isGood, type KernelRecord } from "#fleet/record.ts";
import { buildKernel, type FleetTools } from "./build-kernel.ts";
import type { FleetRequest } from "./request.ts";

/** Kernels under way for each job: while one waits for another's work, its place is used. */
const KERNELS_PER_JOB = 2;

/** The word of a kernel for which there was nothing to do. */
export const SAME = "SAME";

/** One run over the kernels of a fleet, a few at a time. */
export class FleetRun {
  readonly #request: FleetRequest;
  readonly #context: Context;
  readonly #tools: FleetTools;
  readonly #stop = new AbortController();
  readonly #records: KernelRecord[] = [];
  readonly #underWay = new Set<string>();
  readonly #started = performance.now();
  #built = 0;
  #failed: Result<never> | undefined;

  constructor(request: FleetRequest, context: Context, tools: FleetTools) {
    this.#request = request;
    this.#context = context;
    this.#tools = tools;
  }

  /** What came of the kernels, as far as the run came. Errors: those of `buildKernel`, but for `cancelled` by a kernel that failed. */
  async carryOut(kernels: readonly FleetKernel[]): Promise<Result<readonly KernelRecord[]>> {
    const queue = inOrder(kernels);
    const workers = Math.min(queue.length, KERNELS_PER_JOB * this.#request.jobs);
    const next = async (): Promise<void> => {
      for (let kernel = queue.shift(); kernel !== undefined && this.#goesOn(); kernel = queue.shift()) {
        await this.#one(kernel, kernels.length);
      }
    };
    await Promise.all(Array.from({ length: workers }, next));
    this.#context.emit({ kind: "progress-end" });
    return this.#failed ?? ok(this.#records);
  }

  #goesOn(): boolean {
    return this.#failed === undefined && !this.#stop.signal.aborted && !this.#context.signal.aborted;
  }

  async #one(kernel: FleetKernel, total: number): Promise<void> {
    const { signal, emit } = this.#context;
    this.#underWay.add(kernel.name);
    this.#tell(total);
    const context = { ...this.#context, signal: AbortSignal.any([signal, this.#stop.signal]) };
    const done = await buildKernel(kernel, this.#request, context, this.#tools);
    this.#underWay.delete(kernel.name);
    if (!done.ok) {
      // Of those that another's failure ended, the next run has more to say.
      if (done.failure.reason !== "cancelled" || signal.aborted) this.#failed ??= done;
      return;
    }
    const { record, current } = done.value;
    this.#records.push(record);
    if (current) {
      emit({ kind: "step", label: SAME, output: record.name, command: `<${record.name}: as it was>` });
    } else {
      this.#built += 1;
      const seconds = (record.milliseconds / 1000).toFixed(1);
      const label = isGood(record) ? "KERNEL" : "FAILED";
      emit({ kind: "step", label, output: record.name, command: `<${record.name}: ${seconds} s>` });
    }
    if (!isGood(record) && !this.#request.keepGoing) this.#stop.abort("SIGTERM");
    this.#tell(total);
  }

  #tell(total: number): void {
    const done = this.#records.length;
    const passed = (performance.now() - this.#started) / 1000;
    const rest = this.#built === 0 ? "" : `, ${Math.ceil((passed / done) * (total - done))} s left`;
    this.#context.emit({ kind: "progress", what: `${[...this.#underWay].join(", ")}${rest}`, done, total });
  }
}

/** Those with the same types follow each other: what was read for the first is still there for the others. */
function inOrder(kernels: readonly FleetKernel[]): FleetKernel[] {
  const first = new Map<string | undefined, number>();
  for (const [i, { btf }] of kernels.entries()) if (!first.has(btf)) first.set(btf, i);
  const place = ({ btf }: FleetKernel) => first.get(btf) ?? 0;
  return [...kernels].sort((a, b) => place(a) - place(b));
}
