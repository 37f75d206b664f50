import { createHash } from "node:crypto";
import { realpathSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { basename, dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { err, ok, type Result } from "#core/result.ts";

/** Milliseconds before another try where the owner cannot be listened to. */
const RETRY = 50;

/**
 * Lets builds in one output folder take turns. The lock is a name of the system's that its owner listens at (an abstract Unix
 * socket, unix(7)): it is gone with the process, however that ends, and leaves nothing behind.
 *
 * @param waiting called once, where another build has the lock
 * @returns what gives the lock back; `cancelled` where the signal ends the waiting. Where the system has no such sockets, nobody waits
 */
export async function takeTurn(
  out: string,
  signal: AbortSignal,
  waiting: () => void,
): Promise<Result<() => void>> {
  const name = `\0kexec-bpf-build-${createHash("sha256").update(realPlace(out)).digest("hex")}`;
  for (let told = false; ; ) {
    if (signal.aborted) return err({ reason: "cancelled", signal: String(signal.reason) });
    const release = await listen(name);
    if (release !== "taken") return ok(release ?? (() => undefined));
    if (!told) waiting();
    told = true;
    await ownerGone(name, signal);
  }
}

/** The folder's place without symbolic links; it need not be there yet. */
function realPlace(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return dirname(path) === path ? path : join(realPlace(dirname(path)), basename(path));
  }
}

/** What gives the name back; undefined where the system cannot do it. */
function listen(name: string): Promise<(() => void) | "taken" | undefined> {
  return new Promise((resolve) => {
    const waiters = new Set<Socket>();
    const server = createServer((socket) => {
      waiters.add(socket.unref());
      socket.on("error", () => socket.destroy());
      socket.on("close", () => waiters.delete(socket));
    });
    const release = () => {
      server.close();
      for (const waiter of waiters) waiter.destroy();
    };
    server.once("error", (error) =>
      resolve("code" in error && error.code === "EADDRINUSE" ? "taken" : undefined),
    );
    server.listen({ path: name }, () => {
      // The lock alone keeps no process alive.
      server.unref();
      resolve(release);
    });
  });
}

/** Ends when the owner's connection does. */
async function ownerGone(name: string, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const socket = connect(name);
    const stop = () => socket.destroy();
    signal.addEventListener("abort", stop, { once: true });
    socket.on("error", stop);
    socket.on("close", () => {
      signal.removeEventListener("abort", stop);
      resolve();
    });
    socket.resume();
  });
  if (!signal.aborted) await setTimeout(Math.random() * RETRY);
}
