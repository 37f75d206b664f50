import { Worker } from "node:worker_threads";
import { err, type Result } from "#core/result.ts";
import { type KernelReader, ownReader } from "#kernel-image/reader.ts";
import type { ReadingAnswer, ReadingQuestion } from "./messages.ts";

type Waiting = {
  readonly resolve: (answer: ReadingAnswer | undefined) => void;
  readonly reject: (error: unknown) => void;
};

/**
 * A reader whose kernels are unpacked in a thread of their own, which begins with the first of them. What is asked when the signal comes is
 * `cancelled`.
 */
export class ThreadReader implements KernelReader {
  readonly #workerFile: string;
  readonly #signal: AbortSignal;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #last = 0;

  constructor(workerFile: string, signal: AbortSignal) {
    this.#workerFile = workerFile;
    this.#signal = signal;
  }

  readonly btf: KernelReader["btf"] = async (file) => {
    const answer = await this.#ask("btf", file);
    return answer?.kind === "btf" ? answer.result : this.#cancelled();
  };

  readonly measure: KernelReader["measure"] = async (file) => {
    const answer = await this.#ask("measure", file);
    return answer?.kind === "measure" ? answer.result : this.#cancelled();
  };

  /** SHA-256 of a file. Errors: those of `digestFile`. */
  readonly digest = async (file: string): Promise<Result<string>> => {
    const answer = await this.#ask("digest", file);
    return answer?.kind === "digest" ? answer.result : this.#cancelled();
  };

  readonly types = ownReader.types;

  async close(): Promise<void> {
    this.#signal.removeEventListener("abort", this.#abort);
    await this.#worker?.terminate();
  }

  #ask(kind: ReadingQuestion["kind"], file: string): Promise<ReadingAnswer | undefined> {
    if (this.#signal.aborted) return Promise.resolve(undefined);
    this.#worker ??= this.#start();
    this.#last += 1;
    const id = this.#last;
    this.#worker.postMessage({ id, kind, file } satisfies ReadingQuestion);
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  #start(): Worker {
    const worker = new Worker(this.#workerFile, { resourceLimits: { maxYoungGenerationSizeMb: 4 } });
    worker.on("message", (answer: ReadingAnswer) => {
      this.#waiting.get(answer.id)?.resolve(answer);
      this.#waiting.delete(answer.id);
    });
    worker.on("error", (error) => {
      for (const { reject } of this.#waiting.values()) reject(error);
    });
    this.#signal.addEventListener("abort", this.#abort, { once: true });
    return worker;
  }

  readonly #abort = (): void => {
    for (const { resolve } of this.#waiting.values()) resolve(undefined);
    this.#waiting.clear();
  };

  #cancelled(): Result<never> {
    return err({ reason: "cancelled", signal: String(this.#signal.reason) });
  }
}
