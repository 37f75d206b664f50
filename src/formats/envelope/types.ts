/** The parts of an envelope, in the order in which it holds them. */
export const ENVELOPE_SECTIONS = [".kernel", ".initrd", ".cmdline"] as const;

export type EnvelopeSectionName = (typeof ENVELOPE_SECTIONS)[number];

/** A part of an envelope: its bytes as a view, and where they begin in the outermost file. */
export type EnvelopePart = { readonly data: Uint8Array; readonly offset: number };

export type Envelope = {
  /** EM_AARCH64, … as the header has it; nothing depends on it. */
  readonly machine: number;
  /** Not empty; a zboot file if the envelope is to be any use (`decodeZboot` with `base: kernel.offset` tells). */
  readonly kernel: EnvelopePart;
  /** Undefined where the section is absent or empty. */
  readonly initrd: EnvelopePart | undefined;
  /** With the NUL that the builder puts at its end. */
  readonly cmdline: EnvelopePart | undefined;
};
