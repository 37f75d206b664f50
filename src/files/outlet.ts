import { closeSync, constants, fstatSync, writeSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import type { Cancelled, FileFailed } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import type { StreamDestination } from "./destination.ts";
import { fileFailed } from "./errno.ts";
import { open } from "./named.ts";

/** Milliseconds between two looks at a reader that is slow, or not there yet. */
const PAUSE = 5;
const WRITE_NOW = constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/**
 * Writes to what cannot be replaced: a pipe, a device, stdout. What its reader does not take at once is kept and written
 * later, so that signals have their effect however slow the reader is.
 */
export class Outlet {
  /** As failures name it. */
  readonly #name: string;
  readonly #descriptor: number;
  readonly #isOwn: boolean;
  #waiting: Uint8Array[] = [];
  #draining: Promise<void> | undefined;
  #failure: FileFailed | undefined;

  private constructor(name: string, descriptor: number, isOwn: boolean) {
    this.#name = name;
    this.#descriptor = descriptor;
    this.#isOwn = isOwn;
  }

  /** On a descriptor that is open. A pipe is opened once more: not to wait is then no other process's concern. */
  static on(descriptor: number, name: string): Outlet {
    try {
      if (fstatSync(descriptor).isFIFO()) {
        return new Outlet(name, open(`/proc/self/fd/${descriptor}`, WRITE_NOW), true);
      }
    } catch (error) {
      // Without /proc, without the right, without a reader: writing tells what is to be told.
      fileFailed("open", name, error);
    }
    return new Outlet(name, descriptor, false);
  }

  /** Opens a pipe or device, and waits for a pipe's reader. Errors: `file-failed`, `cancelled`. */
  static async open(
    destination: StreamDestination,
    name: string,
    signal?: AbortSignal,
  ): Promise<Result<Outlet, FileFailed | Cancelled>> {
    if (destination.kind === "descriptor") return ok(Outlet.on(destination.descriptor, name));
    for (;;) {
      try {
        return ok(new Outlet(name, open(destination.path, WRITE_NOW), true));
      } catch (error) {
        const failure = fileFailed("open", name, error);
        // What a pipe without a reader says.
        if (failure.code !== "ENXIO") return err(failure);
      }
      if (signal?.aborted) return err({ reason: "cancelled", signal: String(signal.reason) });
      await setTimeout(PAUSE);
    }
  }

  /** What went wrong; all that was to be written since is dropped. */
  get failure(): FileFailed | undefined {
    return this.#failure;
  }

  /** Writes what goes at once and keeps the rest. */
  push(bytes: Uint8Array): void {
    if (this.#failure !== undefined) return;
    const rest = this.#waiting.length === 0 ? this.#write(bytes) : bytes;
    if (rest.length === 0) return;
    // The caller may use its buffer again.
    this.#waiting.push(Uint8Array.from(rest));
    this.#draining ??= this.#drain().finally(() => {
      this.#draining = undefined;
    });
  }

  /** Waits until all is written, or the signal comes. Errors: `file-failed`, `cancelled`. */
  async drained(signal?: AbortSignal): Promise<Result<void, FileFailed | Cancelled>> {
    while (this.#draining !== undefined) {
      if (signal?.aborted) {
        this.#waiting = [];
        return err({ reason: "cancelled", signal: String(signal.reason) });
      }
      await setTimeout(PAUSE);
    }
    return this.#failure === undefined ? ok(undefined) : err(this.#failure);
  }

  close(): void {
    if (this.#isOwn) closeSync(this.#descriptor);
  }

  async #drain(): Promise<void> {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const rest = this.#write(next);
      if (rest.length === 0) this.#waiting.shift();
      else {
        this.#waiting[0] = rest;
        await setTimeout(PAUSE);
      }
    }
  }

  /** The bytes that could not be written yet. */
  #write(bytes: Uint8Array): Uint8Array {
    let done = 0;
    try {
      while (done < bytes.length) done += writeSync(this.#descriptor, bytes, done);
    } catch (error) {
      const failure = fileFailed("write", this.#name, error);
      if (failure.code === "EAGAIN") return bytes.subarray(done);
      this.#failure = failure;
      this.#waiting = [];
    }
    return bytes.subarray(bytes.length);
  }
}
