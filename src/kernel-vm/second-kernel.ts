import type { Revision } from "#abi/revisions.ts";
import { err, ok, type Result } from "#core/result.ts";
import { troubleIn } from "./console.ts";
import { bootGuest, type Guest } from "./guest.ts";
import { guestFiles, guestMemory } from "./job.ts";
import type { LoadReport } from "./reports.ts";
import type { Surroundings } from "./surroundings.ts";

/** An image on its way to be booted from inside a kernel. */
export type SecondBoot = {
  readonly revision: Revision;
  readonly container: Uint8Array;
  /** One parser a layer: `.bpf.1`, `.bpf.nested/.bpf.1`. Each works on what the one before has queued. */
  readonly paths: readonly string[];
  readonly image: Uint8Array;
  /** Bytes that the largest set of maps takes. */
  readonly mapMemory: number;
};

export type SecondBootReport = {
  /** The first kernel's release. */
  readonly release: string;
  /** One for each path. */
  readonly loads: readonly LoadReport[];
  /** Commands that each layer's parser sent. */
  readonly commands: readonly number[];
  /** The command line that the parsers gave to the second kernel; undefined where it was not started. */
  readonly cmdline: string | undefined;
  /** What the second kernel wrote to the console. */
  readonly secondConsole: string;
  /** The whole console. */
  readonly console: string;
  /** What went wrong in either kernel, by the console. */
  readonly trouble: readonly string[];
};

/**
 * Takes an image apart by its parsers in a real kernel, layer by layer, and boots what came out with kexec.
 * Whether the second kernel is the right one is for its console to tell.
 *
 * Errors: `guest-failed` where the agent gave up, or where the guest ended before it started the second kernel.
 */
export async function bootSecondKernel(
  boot: SecondBoot,
  guest: Guest,
  around: Surroundings,
): Promise<Result<SecondBootReport>> {
  const job = {
    revision: boot.revision,
    containers: [boot.container],
    subjects: boot.paths.map((path) => ({ container: 0, path })),
    images: [boot.image],
    cases: boot.paths.map((_, subject) => ({ subject, image: 0, injection: {} })),
    logLevel: STATISTICS,
    mapMemory: boot.mapMemory,
  };
  const files = guestFiles(job, { ...guest.programs, text: secondBootText(boot) });
  // What is decompressed is held by the agent, and once more by the kernel that is to start.
  const memory = (size: number) => guestMemory(job, size) + ROOM;
  const ran = await bootGuest(files, memory, guest, around);
  if (!ran.ok) return ran;
  const { reports, console, ended } = ran.value;
  const { secondKernel, release = "" } = reports;
  const refused = [...reports.loads.values()].find(({ error }) => error !== 0);
  if (secondKernel === undefined && refused === undefined) {
    return err({ reason: "guest-failed", detail: reports.trouble ?? ended, console });
  }
  return ok({
    release,
    loads: [...reports.loads.values()],
    commands: [...reports.outcomes.values()].map(({ buffers }) => buffers.length),
    cmdline: secondKernel,
    secondConsole: secondPart(console),
    console,
    trouble: troubleIn(console),
  });
}

const STATISTICS = 4;
/** MiB. */
const ROOM = 1024;

/** The agent's job: each layer's parser works on what the one before has queued. */
export function secondBootText({ paths, revision }: Pick<SecondBoot, "paths" | "revision">): string {
  const lines = ["module /testbed.ko", `log ${STATISTICS}`, `carry-out ${revision.slice(1)}`];
  for (const [layer, path] of paths.entries()) {
    lines.push(`subject ${layer} /container/0 ${path}`);
    lines.push(layer === 0 ? "image /image/0" : "next-image", `case ${layer} 0 0`);
  }
  return `${[...lines, "boot"].join("\n")}\n`;
}

/** bpf/agent/second-kernel.c writes it last. */
const MARK = "kexec-agent: starting the second kernel";

function secondPart(console: string): string {
  const at = console.indexOf(MARK);
  return at < 0 ? "" : console.slice(at + MARK.length).trimStart();
}
