import type { Revision } from "#abi/revisions.ts";
import type { CpioFile } from "./cpio.ts";

/** A parser in a container. */
export type GuestSubject = {
  /** Position in `GuestJob.containers`. */
  readonly container: number;
  /** Sections from the outermost container on: `.bpf.1`, `.bpf.nested/.bpf.1`. */
  readonly path: string;
};

/** What shall go wrong in a run. */
export type GuestInjection = {
  /** The context's pointer to the image is NULL. */
  readonly noImage?: boolean;
  /** `bpf_get_parser_context` gives NULL. */
  readonly noContext?: boolean;
  /** `bpf_buffer_parser` refuses this call, from 1, with -ENOMEM. */
  readonly refuseBuffer?: number;
  /** This ring has no room: its place among the parser's maps. */
  readonly fullRing?: number;
  /** The image's last byte is the last of a vmalloc area: a read beyond it faults. */
  readonly atEnd?: boolean;
};

/** One run of one parser over one image. Positions in the job's lists. */
export type GuestCase = {
  readonly subject: number;
  readonly image: number;
  readonly injection: GuestInjection;
};

/** A kernel that has the parsers' interface itself. */
export type OwnInterface = {
  /** The id of `bpf_buffer_parser()` in its BTF. */
  readonly target: number;
};

export type GuestJob = {
  readonly revision: Revision;
  /**
   * Undefined: the testbed stands in for it. Otherwise the kernel loads: in v6 images bring their parser along, in v7 a case is an image and
   * its subject's whole container; nothing can be denied.
   */
  readonly own?: OwnInterface | undefined;
  readonly containers: readonly Uint8Array[];
  readonly subjects: readonly GuestSubject[];
  readonly images: readonly Uint8Array[];
  /** Each subject is loaded once, so those of a subject, and of an image, had better stand together. */
  readonly cases: readonly GuestCase[];
  /** `log_level` of BPF_PROG_LOAD: 1 instructions, 2 all states, 4 statistics, added up. */
  readonly logLevel: number;
  /** Bytes that the largest set of maps takes. */
  readonly mapMemory: number;
};

/** Flags of struct kexec_testbed_run, bpf/testbed/kexec-testbed.h. */
const AT_END = 1;
const NO_CONTEXT = 2;
const NO_IMAGE = 4;

/**
 * The commands that the agent carries out (bpf/agent/agent.c), for the cases in `wanted`. Subjects
 * without a case are loaded too, unless they are in `skipped`.
 */
export function jobText(
  job: GuestJob,
  wanted: ReadonlySet<number>,
  skipped: ReadonlySet<number> = new Set(),
): string {
  const lines = [interfaceLine(job), `log ${job.logLevel}`];
  job.subjects.forEach(({ container, path }, subject) => {
    if (skipped.has(subject)) return;
    lines.push(`subject ${subject} /container/${container} ${path}`);
    let image: number | undefined;
    job.cases.forEach((item, id) => {
      if (item.subject !== subject || !wanted.has(id)) return;
      if (item.image !== image) lines.push(`image /image/${item.image}`);
      image = item.image;
      const { atEnd, noContext, noImage, refuseBuffer = 0, fullRing = -1 } = item.injection;
      const flags = (atEnd ? AT_END : 0) | (noContext ? NO_CONTEXT : 0) | (noImage ? NO_IMAGE : 0);
      lines.push(`case ${id} ${flags} ${refuseBuffer} ${fullRing}`);
    });
  });
  return `${lines.join("\n")}\n`;
}

function interfaceLine({ own, images, subjects, revision }: GuestJob): string {
  if (own === undefined) return "module /testbed.ko";
  return recorderLine(own, revision, { images, layers: Math.max(1, ...subjects.map(layerOf)) });
}

/** Has the agent record what is sent in one load. Each layer sends what is in the image, and a few headers. */
export function recorderLine(
  { target }: OwnInterface,
  revision: Revision,
  { images, layers }: { readonly images: readonly Uint8Array[]; readonly layers: number },
): string {
  return `recorder ${target} ${layers * largestOf(images) + HEADERS} ${revision.slice(1)}`;
}

function layerOf({ path }: GuestSubject): number {
  return path.split("/").length;
}

const HEADERS = 65536;

function largestOf(images: readonly Uint8Array[]): number {
  return images.reduce((size, image) => Math.max(size, image.length), 0);
}

/** What the guest boots with. */
export function guestFiles(
  job: GuestJob,
  parts: { readonly agent: Uint8Array; readonly module: Uint8Array | undefined; readonly text: string },
): readonly CpioFile[] {
  return [
    { name: "init", data: parts.agent, executable: true },
    ...(parts.module === undefined ? [] : [{ name: "testbed.ko", data: parts.module }]),
    { name: "job", data: Buffer.from(parts.text) },
    ...job.containers.map((data, index) => ({ name: `container/${index}`, data })),
    ...job.images.map((data, index) => ({ name: `image/${index}`, data })),
  ];
}

const MIB = 2 ** 20;

/** MiB of memory that a guest needs: the initramfs packed and unpacked, copies of the largest image, the maps. */
export function guestMemory(job: GuestJob, initramfs: number): number {
  const largest = largestOf(job.images);
  return Math.ceil(512 + (3 * initramfs + 8 * largest + 2 * job.mapMemory) / MIB);
}
