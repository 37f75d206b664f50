import { Worker } from "node:worker_threads";
import type { Result } from "#core/result.ts";
import { type KernelReader, ownReader } from "#kernel-image/reader.ts";
import type { ReadingAnswer, ReadingQuestion } from "./messages.ts";

type Waiting = {
  readonly resolve: (answer: ReadingAnswer) => void;
  readonly reject: (error: unknown) => void;
};

/** A reader whose kernels are unpacked in a thread of their own, which begins with the first of them. */
export class ThreadReader implements KernelReader {
  readonly #workerFile: string;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #last = 0;

  constructor(workerFile: string) {
    this.#workerFile = workerFile;
  }

  readonly btf: KernelReader["btf"] = async (file) => {
    const answer = await this.#ask("btf", file);
    if (answer.kind !== "btf") throw new Error(`btf was asked, ${answer.kind} answered`);
    return answer.result;
  };

  readonly measure: KernelReader["measure"] = async (file) => {
    const answer = await this.#ask("measure", file);
    if (answer.kind !== "measure") throw new Error(`measure was asked, ${answer.kind} answered`);
    return answer.result;
  };

  /** SHA-256 of a file. Errors: those of `digestFile`. */
  readonly digest = async (file: string): Promise<Result<string>> => {
    const answer = await this.#ask("digest", file);
    if (answer.kind !== "digest") throw new Error(`digest was asked, ${answer.kind} answered`);
    return answer.result;
  };

  readonly types = ownReader.types;

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #ask(kind: ReadingQuestion["kind"], file: string): Promise<ReadingAnswer> {
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
    return worker;
  }
}
