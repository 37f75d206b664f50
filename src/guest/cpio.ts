import { alignUp } from "#bytes/align.ts";

export type CpioFile = {
  /** Without a leading slash. */
  readonly name: string;
  readonly data: Uint8Array;
  readonly executable?: boolean;
};

const HEADER_SIZE = 110;
const ALIGNMENT = 4;
const REGULAR = 0o100000;
const FOLDER = 0o040000;

/**
 * An initramfs of files, owned by root; their folders are made. Format: "newc" of
 * Documentation/driver-api/early-userspace/buffer-format.rst, all times zero.
 */
export function encodeCpio(files: readonly CpioFile[]): Uint8Array {
  const folders = new Set(files.flatMap(({ name }) => parentsOf(name)));
  const nothing = new Uint8Array(0);
  const entries = [
    ...[...folders].map((name) => ({ name, mode: FOLDER | 0o755, data: nothing })),
    ...files.map(({ name, data, executable }) => ({
      name,
      mode: REGULAR | (executable ? 0o755 : 0o644),
      data,
    })),
    { name: "TRAILER!!!", mode: 0, data: nothing },
  ];
  const sizes = entries.map(({ name, data }) => headEnd(name) + alignUp(data.length, ALIGNMENT));
  const bytes = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0));
  let at = 0;
  entries.forEach(({ name, mode, data }, index) => {
    bytes.set(Buffer.from(header(index + 1, mode, data.length, name)), at);
    bytes.set(data, at + headEnd(name));
    at += sizes[index] ?? 0;
  });
  return bytes;
}

function header(inode: number, mode: number, size: number, name: string): string {
  const links = 1;
  const nameSize = Buffer.byteLength(name) + 1;
  // Inode, mode, uid, gid, links, time, size, device (2), special file's device (2), name's size, checksum.
  const fields = [inode, mode, 0, 0, links, 0, size, 0, 0, 0, 0, nameSize, 0];
  return `070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}${name}\0`;
}

/** Where an entry's data begins, from its header on. */
function headEnd(name: string): number {
  return alignUp(HEADER_SIZE + Buffer.byteLength(name) + 1, ALIGNMENT);
}

/** `a/b/c`: a, a/b. */
function parentsOf(name: string): readonly string[] {
  const parts = name.split("/").slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}
