import type { Write } from "./memory/write-watch.ts";

/** A buffer that the program handed to the kernel. */
export type EmittedBuffer = {
  /** A copy; of a long buffer, made at each look. */
  readonly bytes: Uint8Array;
  /** False where the kernel was told to refuse it. */
  readonly accepted: boolean;
  /** The slot of the call. */
  readonly instruction: number;
  /** Who stored its bytes, in order; only where the run watched for it. */
  readonly writes?: readonly Write[];
};

/** A buffer's bytes in two pieces: what was copied, and what follows it in the image, where that is long. */
export type BufferParts = { readonly head: Uint8Array; readonly tail?: Uint8Array };

const inParts = new WeakMap<EmittedBuffer, BufferParts>();

/** @param parts their memory stays what it is */
export function emittedBuffer(parts: BufferParts, facts: Omit<EmittedBuffer, "bytes">): EmittedBuffer {
  const { head, tail } = parts;
  const { accepted, instruction, writes } = facts;
  if (tail === undefined && writes === undefined) return { bytes: head, accepted, instruction };
  if (tail === undefined) return { bytes: head, ...facts };
  const buffer: EmittedBuffer = {
    get bytes() {
      const bytes = new Uint8Array(head.length + tail.length);
      bytes.set(head);
      bytes.set(tail, head.length);
      return bytes;
    },
    ...facts,
  };
  inParts.set(buffer, parts);
  return buffer;
}

/** What a buffer holds, without making one piece of it. */
export function bufferParts(buffer: EmittedBuffer): BufferParts {
  return inParts.get(buffer) ?? { head: buffer.bytes };
}
