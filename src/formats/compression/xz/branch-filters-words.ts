import type { BranchFilter } from "./branch-filters.ts";

// Filters of instruction sets whose calls have a fixed shape. Each turns absolute targets back into relative ones;
// none looks behind the instruction that it changes, so whole words are walked and an odd tail is left alone.

/** 32-bit ARM: BL (condition "always", top byte eb), its target in words counted from 8 bytes ahead. */
export const undoArm: BranchFilter = (bytes, start) => {
  const view = viewOf(bytes);
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    const word = view.getUint32(at, true);
    if (word >>> 24 !== 0xeb) continue;
    const target = ((word & 0x00ff_ffff) << 2) - (start + at + 8);
    view.setUint32(at, 0xeb00_0000 | ((target >>> 2) & 0x00ff_ffff), true);
  }
};

/** Thumb: BL as two half-words with 11 bits of the target each (the high ones first), counted in half-words. */
export const undoArmThumb: BranchFilter = (bytes, start) => {
  const view = viewOf(bytes);
  for (let at = 0; at + 4 <= bytes.length; at += 2) {
    const high = view.getUint16(at, true);
    const low = view.getUint16(at + 2, true);
    if ((high & 0xf800) !== 0xf000 || (low & 0xf800) !== 0xf800) continue;
    const absolute = (((high & 0x7ff) << 11) | (low & 0x7ff)) << 1;
    const target = (absolute - (start + at + 4)) >>> 1;
    view.setUint16(at, 0xf000 | ((target >>> 11) & 0x7ff), true);
    view.setUint16(at + 2, 0xf800 | (target & 0x7ff), true);
    at += 2;
  }
};

/** PowerPC, big-endian: BL (opcode 18, LK set, AA clear) with a target of 26 bits. */
export const undoPowerPc: BranchFilter = (bytes, start) => {
  const view = viewOf(bytes);
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    const word = view.getUint32(at, false);
    if ((word & 0xfc00_0003) >>> 0 !== 0x4800_0001) continue;
    view.setUint32(at, 0x4800_0001 | ((word - (start + at)) & 0x03ff_fffc), false);
  }
};

/** SPARC: CALL whose 30-bit displacement in words is a sign-extended 23-bit one. */
export const undoSparc: BranchFilter = (bytes, start) => {
  const view = viewOf(bytes);
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    const word = view.getUint32(at, false);
    if (word >>> 22 !== 0x100 && word >>> 22 !== 0x1ff) continue;
    const relative = ((word << 2) - (start + at)) >>> 2;
    const sign = (0x4000_0000 - (relative & 0x0040_0000)) >>> 0;
    view.setUint32(at, sign | 0x4000_0000 | (relative & 0x003f_ffff), false);
  }
};

/** Which of a bundle's three slots hold branch-unit instructions, by the bundle's template (bit 0 is slot 0). */
const BRANCH_SLOTS = [
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 4, 6, 6, 0, 0, 7, 7, 4, 4, 0, 0, 4, 4, 0, 0,
] as const;

/** IA-64: IP-relative branches (opcodes 5) in bundles of 16 bytes: a 5-bit template, then three 41-bit slots. */
export const undoIa64: BranchFilter = (bytes, start) => {
  const view = viewOf(bytes);
  for (let at = 0; at + 16 <= bytes.length; at += 16) {
    const branches = BRANCH_SLOTS[(bytes[at] ?? 0) & 0x1f] ?? 0;
    for (let slot = 0; slot < 3; slot++) {
      if (((branches >>> slot) & 1) === 0) continue;
      const firstBit = 5 + slot * 41;
      const byte = at + (firstBit >>> 3);
      const shift = BigInt(firstBit & 7);
      // Six bytes hold any slot: 41 bits and a shift of at most 7.
      const raw = BigInt(view.getUint32(byte, true)) | (BigInt(view.getUint16(byte + 4, true)) << 32n);
      const instruction = raw >> shift;
      if (((instruction >> 37n) & 0xfn) !== 5n || ((instruction >> 9n) & 7n) !== 0n) continue;
      const low = (instruction >> 13n) & 0xf_ffffn;
      const absolute = Number(low | (((instruction >> 36n) & 1n) << 20n)) << 4;
      const target = BigInt((absolute - (start + at)) >>> 4);
      const fields = ((target & 0xf_ffffn) << 13n) | ((target & 0x10_0000n) << 16n);
      const kept = instruction & ~((0xf_ffffn << 13n) | (1n << 36n));
      const low48 = (((kept | fields) << shift) | (raw & ((1n << shift) - 1n))) & 0xffff_ffff_ffffn;
      view.setUint32(byte, Number(low48 & 0xffff_ffffn), true);
      view.setUint16(byte + 4, Number(low48 >> 32n), true);
    }
  }
};

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
