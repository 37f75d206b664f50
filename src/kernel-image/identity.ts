import { release as runningRelease } from "node:os";
import { join } from "node:path";
import { ok, type Result } from "#core/result.ts";
import { type InputFile, readInput } from "#files/input-file.ts";
import { buildIdOf } from "#formats/elf/build-id.ts";

/** Which kernel a file is, as far as it says so. */
export type KernelIdentity = {
  /** As `uname -r` prints it: `6.12.95+deb12-arm64`. */
  readonly release?: string;
  /** The GNU build ID of the vmlinux, in hexadecimal. */
  readonly buildId?: string;
};

const BANNER = "Linux version ";
/** UTS_RELEASE has at most 64 characters (include/linux/utsname.h), and no space. */
const RELEASE = /^(\d[\x21-\x7e]{0,63}) /;

const CHUNK = 4 * 1024 * 1024;
/** The banner is read-only data, which lies ahead of most of a kernel. */
const SEARCHED = 64 * 1024 * 1024;
/** Of the banner and a release behind it. */
const OVERLAP = 128;

/** The release in a kernel's `linux_banner` (init/version.c); the first one, for all copies of it are the same. */
export function releaseIn(bytes: Uint8Array): string | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = buffer.indexOf(BANNER); at >= 0; at = buffer.indexOf(BANNER, at + 1)) {
    const start = at + BANNER.length;
    const release = RELEASE.exec(buffer.toString("latin1", start, start + OVERLAP))?.[1];
    if (release !== undefined) return release;
  }
  return undefined;
}

/** The same for an uncompressed kernel in a file, of which the first 64 MiB are read at most, or as many as said. */
export function findRelease(input: InputFile, searched = SEARCHED): Result<string | undefined> {
  const buffer = Buffer.alloc(CHUNK + OVERLAP * 2);
  for (let at = 0; at < searched; at += CHUNK) {
    const count = input.readSome(buffer, at);
    if (!count.ok) return count;
    const release = releaseIn(buffer.subarray(0, count.value));
    if (release !== undefined || count.value < buffer.length) return ok(release);
  }
  return ok(undefined);
}

/**
 * Raw BTF does not say whose it is. That of the running kernel's own file does by its place.
 *
 * @param sysKernel where sysfs has the kernel's own attributes; for tests
 */
export async function identityOfRawBtf(file: string, sysKernel = "/sys/kernel"): Promise<KernelIdentity> {
  if (file !== join(sysKernel, "btf/vmlinux")) return {};
  const notes = await readInput(join(sysKernel, "notes"));
  return withBuildId({ release: runningRelease() }, notes.ok ? notes.value : new Uint8Array());
}

/** Notes that are no notes say nothing: a kernel's identity is no part of what is built for it. */
export function withBuildId(identity: KernelIdentity, notes: Uint8Array): KernelIdentity {
  const buildId = buildIdOf(notes, { littleEndian: true });
  return buildId.ok && buildId.value !== undefined ? { ...identity, buildId: buildId.value } : identity;
}
