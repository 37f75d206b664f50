import { type ChildProcess, fork } from "node:child_process";
import type { Answer, Question } from "./messages.ts";

export type Heard = Answer | { readonly kind: "timeout" } | { readonly kind: "ended" };

/** One worker process, replaced where a mutant hangs or ends it. */
export class Worker {
  #process: ChildProcess | undefined;
  #asked = 0;
  readonly #module: string;
  readonly #root: string;
  readonly #temporary: string;

  constructor(module: string, root: string, temporary: string) {
    this.#module = module;
    this.#root = root;
    this.#temporary = temporary;
  }

  #running(): ChildProcess {
    // What mutants leave in a process (listeners, memory) is not kept for ever.
    if (this.#asked++ % 300 === 0) this.end();
    this.#process ??= fork(this.#module, [], {
      cwd: this.#root,
      execArgv: ["--no-warnings", "--max-old-space-size=1500"],
      env: { ...process.env, TMPDIR: this.#temporary },
      serialization: "advanced",
      stdio: ["ignore", "ignore", "ignore", "ipc"],
      // A group of its own: a mutant that signals a group does not reach this process.
      detached: true,
    });
    return this.#process;
  }

  ask(question: Question, timeout: number): Promise<Heard> {
    const worker = this.#running();
    return new Promise((resolve) => {
      const done = (heard: Heard): void => {
        clearTimeout(timer);
        worker.off("message", answered).off("exit", ended);
        if (heard.kind === "timeout") this.end();
        if (heard.kind === "ended") this.#process = undefined;
        resolve(heard);
      };
      const answered = (answer: Answer): void => done(answer);
      const ended = (): void => done({ kind: "ended" });
      const timer = setTimeout(() => done({ kind: "timeout" }), timeout);
      worker.once("message", answered).once("exit", ended);
      worker.send(question);
    });
  }

  end(): void {
    this.#process?.kill("SIGKILL");
    this.#process = undefined;
  }
}

/** All of `work`, each done by the next worker that is free. */
export async function share<T>(
  workers: readonly Worker[],
  work: readonly T[],
  done: (worker: Worker, one: T) => Promise<void>,
): Promise<void> {
  const rest = work[Symbol.iterator]();
  await Promise.all(
    workers.map(async (worker) => {
      for (const one of { [Symbol.iterator]: () => rest }) await done(worker, one);
    }),
  );
}
