import type { BranchFilter } from "./branch-filters.ts";

const JAL_RA = 0xef;
const AUIPC = 0x17;
/** AUIPC's opcode with rd = x2, the stack pointer, which no compiler addresses code by: it marks converted pairs. */
const AUIPC_SP = AUIPC | (2 << 7);

/**
 * RISC-V: JAL to x1 or x5, and AUIPC with the instruction that uses its result. Instructions stand at even
 * addresses and nothing is converted that has fewer than eight bytes left.
 *
 * The encoder stores a pair's absolute target big-endian in the second word, and makes the first an AUIPC to x2 that carries
 * what the second was: rs1 in its top five bits. A pair that looked like this before was escaped as an "AUIPC to
 * another register" with a second word that does not use that register, which is undone here as well.
 *
 * Source: Linux, lib/xz/xz_dec_bcj.c; liblzma's simple/riscv.c explains the design.
 */
export const undoRiscv: BranchFilter = (bytes, start) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const last = bytes.length - 8;
  for (let at = 0; at <= last; at += 2) {
    const opcode = bytes[at] ?? 0;
    if (opcode === JAL_RA) {
      if (undoJal(view, at, start)) at += 2;
    } else if ((opcode & 0x7f) === AUIPC) {
      at += undoPair(view, at, start) - 2;
    }
  }
};

/** The 20 bits of the target in halves of a byte, highest first, put back into the order of the J format. */
function undoJal(view: DataView, at: number, start: number): boolean {
  const b1 = view.getUint8(at + 1);
  // rd is x1 or x5: bits 8, 10 and 11 of the instruction are clear (bit 7 is the opcode byte's top bit).
  if ((b1 & 0x0d) !== 0) return false;
  const absolute = ((b1 & 0xf0) << 13) | (view.getUint8(at + 2) << 9) | (view.getUint8(at + 3) << 1);
  const target = (absolute - (start + at)) | 0;
  view.setUint8(at + 1, (b1 & 0x0f) | ((target >>> 8) & 0xf0));
  view.setUint8(at + 2, ((target >>> 16) & 0x0f) | ((target >>> 7) & 0x10) | ((target << 4) & 0xe0));
  view.setUint8(at + 3, ((target >>> 4) & 0x7f) | ((target >>> 13) & 0x80));
  return true;
}

/** Converts an AUIPC with its second word where they are a pair; returns how many bytes are done with. */
function undoPair(view: DataView, at: number, start: number): number {
  const first = view.getUint32(at, true);
  const rd = (first >>> 7) & 0x1f;
  if (rd !== 0 && rd !== 2) {
    const second = view.getUint32(at + 4, true);
    // A real pair: the second word's low bits are 11 and its rs1 is this rd. The encoder never leaves one unconverted.
    if ((((first << 8) ^ (second - 3)) & 0xf_8003) !== 0) return 6;
    view.setUint32(at, AUIPC_SP | (second << 12), true);
    view.setUint32(at + 4, (first & 0xffff_f000) + (second >>> 20), true);
    return 8;
  }
  const rs1 = first >>> 27;
  // Only an AUIPC to x2 whose carried word ends in 11 and whose rs1 is neither x0 nor x2 was made by the encoder.
  if (((first - 0x3117) << 18) >>> 0 >= (rs1 & 0x1d)) return 4;
  const target = (view.getUint32(at + 4, false) - (start + at)) | 0;
  // The low 12 bits are signed: the high part makes up for it.
  view.setUint32(at, AUIPC | (rs1 << 7) | ((target + 0x800) & 0xffff_f000), true);
  view.setUint32(at + 4, (first >>> 12) | (target << 20), true);
  return 8;
}
