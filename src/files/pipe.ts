import { err, ok, type Result } from "#core/result.ts";
import { standingAside } from "#core/signals.ts";
import { fileFailed } from "./errno.ts";

/** Most bytes that are read from a pipe: 512 MiB, as much as the kernel decompresses. */
export const PIPE_LIMIT = 512 * 1024 * 1024;

/** Names of this process's own descriptors: standard input, and what a shell's `<(command)` stands for. */
const DESCRIPTOR = /^\/(?:dev\/stdin|(?:dev|proc\/self)\/fd\/(\d+))$/;

/** The descriptor that a path names; undefined for every other path. */
export function descriptorNamed(path: string): number | undefined {
  const match = DESCRIPTOR.exec(path);
  return match === null ? undefined : Number(match[1] ?? 0);
}

/** A pipe's bytes come once; whoever opens the same name again in this process gets them again. */
const drained = new Map<number, Promise<Result<Uint8Array>>>();

/** Whether a pipe has been read before, and may be closed by now. */
export function isDrained(descriptor: number): boolean {
  return drained.has(descriptor);
}

/**
 * All bytes of a pipe or socket that this process has been given. While they are waited for, signals end the process.
 *
 * Errors: `file-failed`; `size-exceeded` for more than the limit.
 */
export function drainPipe(descriptor: number, path: string, limit = PIPE_LIMIT): Promise<Result<Uint8Array>> {
  const known = drained.get(descriptor);
  if (known !== undefined) return known;
  const bytes = standingAside(() => drain(descriptor, path, limit));
  drained.set(descriptor, bytes);
  return bytes;
}

async function drain(descriptor: number, path: string, limit: number): Promise<Result<Uint8Array>> {
  const stream = descriptor === 0 ? process.stdin : await openPipe(descriptor);
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of stream) {
      size += (chunk as Uint8Array).length;
      if (size > limit)
        return err({ reason: "size-exceeded", what: "what a pipe gives", size, limit, file: path });
      chunks.push(chunk as Uint8Array);
    }
    return ok(Buffer.concat(chunks));
  } catch (error) {
    return err(fileFailed("read", path, error));
  }
}

async function openPipe(fd: number) {
  const { Socket } = await import("node:net");
  return new Socket({ fd, readable: true, writable: false });
}
