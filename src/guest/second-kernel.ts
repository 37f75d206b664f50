import type { Revision } from "#abi/revisions.ts";
import { err, ok, type Result } from "#core/result.ts";
import { troubleIn } from "./console.ts";
import { type Boot, bootGuest, type Guest } from "./guest.ts";
import type { HostPaths } from "./host-paths.ts";
import { guestFiles, guestMemory, type OwnInterface, recorderLine } from "./job.ts";
import { refusalReason } from "./verifier-log.ts";

/** An image on its way to be booted from inside a kernel. */
export type SecondBoot = {
  readonly revision: Revision;
  /** Of a kernel that has v7 itself: its loader takes container and image. Undefined: ours does, by the testbed. */
  readonly own?: OwnInterface | undefined;
  readonly container: Uint8Array;
  /** The paths of each layer's parsers: `.bpf.1`, then `.bpf.nested/.bpf.1`. A layer has one at least. */
  readonly layers: readonly (readonly string[])[];
  readonly image: Uint8Array;
  /** What the second kernel has to write to its console; undefined: its command line. */
  readonly expected: string | undefined;
  /** Bytes that the largest set of maps takes. */
  readonly mapMemory: number;
};

export type SecondBootReport = {
  /** The first kernel's release. */
  readonly release: string;
  /** What ran: the parsers up to each layer's last, with the commands that they sent; the kernel's own loader as one. */
  readonly parsers: readonly { readonly path: string; readonly commands: number }[];
  /** The command line that the parsers gave to the second kernel. */
  readonly cmdline: string;
  readonly expected: string;
  /** What the second kernel wrote to the console. */
  readonly secondConsole: string;
  /** The whole console. */
  readonly console: string;
};

/**
 * Takes an image apart by its parsers in a real kernel, layer by layer, boots what came out with kexec, and looks for
 * the text on the second kernel's console.
 *
 * Errors: those of `judgeSecondBoot`, and of a QEMU that cannot be started.
 */
export async function bootSecondKernel(
  boot: SecondBoot,
  guest: Guest,
  around: HostPaths,
): Promise<Result<SecondBootReport>> {
  const subjects = boot.layers.flat().map((path) => ({ container: 0, path }));
  const job = {
    revision: boot.revision,
    containers: [boot.container],
    subjects,
    images: [boot.image],
    cases: subjects.map((_, subject) => ({ subject, image: 0, injection: {} })),
    logLevel: STATISTICS,
    mapMemory: boot.mapMemory,
  };
  const files = guestFiles(job, { ...guest.programs, text: secondBootText(boot) });
  // What is decompressed is held by the agent, and once more by the kernel that is to start.
  const memory = (size: number) => guestMemory(job, size) + ROOM;
  const ran = await bootGuest(files, memory, guest, around);
  return ran.ok ? judgeSecondBoot(boot, ran.value) : ran;
}

const STATISTICS = 4;
/** MiB. */
const ROOM = 1024;

/** The agent's job (bpf/agent/agent.c). */
export function secondBootText(
  boot: Pick<SecondBoot, "layers" | "revision" | "own"> & { readonly image: Uint8Array },
): string {
  const { layers, revision, own, image } = boot;
  if (own !== undefined) {
    const recorder = recorderLine(own, revision, { images: [image], layers: layers.length });
    return `${recorder}\nboot-by-kernel /container/0 /image/0\n`;
  }
  const lines = ["module /testbed.ko", `log ${STATISTICS}`, `carry-out ${revision.slice(1)}`];
  let subject = 0;
  for (const [layer, paths] of layers.entries()) {
    lines.push(layer === 0 ? "image /image/0" : "next-layer");
    for (const path of paths) {
      lines.push(`subject ${subject} /container/0 ${path}`, `case ${subject} 0 0 -1`);
      subject += 1;
    }
  }
  return `${[...lines, "boot"].join("\n")}\n`;
}

/**
 * What a guest with such a job has shown.
 *
 * Errors: `not-loaded` with the verifier's log where that is why no second kernel was started; `guest-failed` where
 * another reason is known to the agent or to nobody; `not-booted` for trouble in the first kernel and for a second
 * one that does not show the text.
 */
export function judgeSecondBoot(
  { layers, expected, own }: Pick<SecondBoot, "layers" | "expected" | "own">,
  { reports, console, ended }: Boot,
): Result<SecondBootReport> {
  const { secondKernel: cmdline, release = "" } = reports;
  const paths = own === undefined ? layers.flat() : ["kexec_file_load()"];
  if (cmdline === undefined) {
    const refused = [...reports.loads].find(([, { error }]) => error !== 0);
    if (refused === undefined) {
      return err({ reason: "guest-failed", detail: reports.trouble ?? ended, console });
    }
    const [subject, { problem, log }] = refused;
    const detail = `${problem}: ${refusalReason(log)}`;
    return err({
      reason: "not-loaded",
      program: paths[subject] ?? "",
      detail,
      causes: log.trim().split("\n"),
    });
  }
  const [first, second] = split(console);
  const [trouble] = troubleIn(first);
  if (trouble !== undefined) return notBooted(`the first one says: ${trouble}`, console);
  const wanted = expected ?? cmdline.trim();
  if (wanted === "")
    return notBooted("it has no command line to look for: name a text that it shows", console);
  if (!second.includes(wanted)) {
    const [said = ended] = troubleIn(second);
    return notBooted(`its console does not show ${JSON.stringify(wanted)} (${said})`, console);
  }
  const parsers = [...reports.outcomes].map(([subject, { buffers }]) => ({
    path: paths[subject] ?? "",
    commands: buffers.length,
  }));
  return ok({ release, parsers, cmdline, expected: wanted, secondConsole: second, console });
}

function notBooted(detail: string, console: string): Result<never> {
  return err({ reason: "not-booted", detail, console });
}

/** bpf/agent/second-kernel.c writes it last. */
const MARK = "kexec-agent: starting the second kernel";

/** The consoles of both kernels. */
function split(console: string): readonly [first: string, second: string] {
  const at = console.indexOf(MARK);
  return at < 0 ? [console, ""] : [console.slice(0, at), console.slice(at + MARK.length).trimStart()];
}
