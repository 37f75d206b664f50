/**
 * Undoes the branch filters of xz, in place. An encoder turns the relative targets of calls into absolute
 * addresses, which repeat more often; `start` is the address of the first byte (0 unless the filter says
 * otherwise).
 *
 * Source: xz, doc/xz-file-format.txt section 5.3.2; the conversions are those of liblzma's simple filters.
 */
export type BranchFilter = (bytes: Uint8Array, start: number) => void;

const CALL = 0xe8;

/** Whether a byte can be the top one of a converted target: those lie within 16 MiB, so it is only sign. */
function isSign(byte: number): boolean {
  return byte === 0x00 || byte === 0xff;
}

/**
 * x86: CALL (e8) and JMP (e9) with their 32-bit targets. Such a byte may also be part of the operand of the
 * instruction before, and encoder and decoder have to agree on when it is taken for an opcode: `recent` has a
 * bit for each of the three bytes before (bit 0 the nearest) that looked like one and was not converted.
 */
export const undoX86: BranchFilter = (bytes, start) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const last = bytes.length - 5;
  let recent = 0;
  let previous = -1;
  for (let at = 0; at <= last; at++) {
    if (((bytes[at] ?? 0) & 0xfe) !== CALL) continue;
    const gap = at - previous;
    recent = gap > 3 ? 0 : (recent << (gap - 1)) & 7;
    previous = at;
    // Which byte of the target an earlier candidate would have had as its own top byte, from the top.
    const overlap = recent > 3 ? 3 : recent > 1 ? 2 : recent;
    const twoCandidates = recent === 3 || recent > 4;
    const taken = overlap === 0 || (!twoCandidates && !isSign(bytes[at + 4 - overlap] ?? 0));
    if (!taken || !isSign(bytes[at + 4] ?? 0)) {
      recent = (recent << 1) | 1;
      continue;
    }
    let target = view.getInt32(at + 1, true);
    const next = (start + at + 5) | 0;
    let relative = (target - next) | 0;
    if (overlap > 0 && isSign((relative >>> (24 - overlap * 8)) & 0xff)) {
      target = relative ^ ((1 << (32 - overlap * 8)) - 1);
      relative = (target - next) | 0;
    }
    // 25 bits count; the top byte repeats their sign.
    view.setInt32(at + 1, (relative << 7) >> 7, true);
    at += 4;
  }
};

/** arm64: BL with its 26-bit target in words, and ADRP whose target in pages is within 512 MiB. */
export const undoArm64: BranchFilter = (bytes, start) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    const word = view.getUint32(at, true);
    const address = (start + at) >>> 0;
    if (word >>> 26 === 0x25) {
      view.setUint32(at, 0x94000000 | ((word - (address >>> 2)) & 0x03ffffff), true);
    } else if ((word & 0x9f000000) >>> 0 === 0x90000000) {
      const pages = ((word >>> 29) & 3) | ((word >>> 3) & 0x1ffffc);
      // 18 bits and their sign: the three bits above must repeat it.
      if (((pages + 0x20000) & 0x1c0000) !== 0) continue;
      const relative = pages - (address >>> 12);
      const sign = (relative & 0x20000) === 0 ? 0 : 0xe00000;
      const fields = ((relative & 3) << 29) | ((relative & 0x3fffc) << 3) | sign;
      view.setUint32(at, (word & 0x9000001f) | fields, true);
    }
  }
};

/**
 * Delta: each byte was stored as the difference to the one `distance` bytes before (1 to 256); the bytes
 * before the first are zero.
 *
 * Source: xz, doc/xz-file-format.txt section 5.3.3.
 */
export function undoDelta(bytes: Uint8Array, distance: number): void {
  for (let at = distance; at < bytes.length; at++) {
    bytes[at] = (bytes[at] ?? 0) + (bytes[at - distance] ?? 0);
  }
}
