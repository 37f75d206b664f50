/** What shall go wrong in a run, to see that the program copes. Counts are from 1. */
export type Injection = {
  /** The anchor's context has no image: the pointer to it is NULL. */
  readonly noImage?: boolean;
  /** `bpf_get_parser_context` gives NULL. */
  readonly noContext?: boolean;
  /** `bpf_buffer_parser` refuses this call, with -ENOMEM. The refused buffer is recorded as refused. */
  readonly refuseBuffer?: number;
  /** `bpf_ringbuf_reserve` gives NULL at this call … */
  readonly failReserve?: number;
  /** … or at each of these. */
  readonly failReserves?: readonly number[];
  /** The probe_read helpers give -EFAULT at this call of any of them … */
  readonly failProbeCall?: number;
  /** … or at every call from the call instruction in this slot, or in these. */
  readonly failProbeSite?: number;
  readonly failProbeSites?: readonly number[];
};

/** Counts the calls of one run and says which fail. */
export class Injector {
  readonly #plan: Injection;
  #reserves = 0;
  #probes = 0;
  #buffers = 0;

  constructor(plan: Injection) {
    this.#plan = plan;
  }

  imageIsMissing(): boolean {
    return this.#plan.noImage === true;
  }

  contextFails(): boolean {
    return this.#plan.noContext === true;
  }

  bufferFails(): boolean {
    this.#buffers += 1;
    return this.#buffers === this.#plan.refuseBuffer;
  }

  reserveFails(): boolean {
    this.#reserves += 1;
    const { failReserve, failReserves = [] } = this.#plan;
    return this.#reserves === failReserve || failReserves.includes(this.#reserves);
  }

  /** @param site the slot of the call instruction */
  probeFails(site: number): boolean {
    this.#probes += 1;
    const { failProbeCall, failProbeSite, failProbeSites = [] } = this.#plan;
    return this.#probes === failProbeCall || site === failProbeSite || failProbeSites.includes(site);
  }

  /** How often each has been called so far: what the counts of a plan can usefully be. */
  get counts(): { readonly reserves: number; readonly probes: number; readonly buffers: number } {
    return { reserves: this.#reserves, probes: this.#probes, buffers: this.#buffers };
  }
}
