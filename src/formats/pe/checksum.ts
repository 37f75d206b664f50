/** 2^16 is 1 modulo this, which is what adding carries back in (ones' complement) comes to. */
const MODULUS = 0xffff;
/** Sums of 32-bit words stay exact below 2^53. */
const WORDS_EXACT = 2 ** 20;

/**
 * CheckSum of a PE file: the ones' complement sum of its 16-bit words, the field itself taken as zero, plus the file's size.
 * The file may come in chunks of any length.
 *
 * Source: what ImageHlp's CheckSumMappedFile computes; sbsigntool and EDK2's GenFw do the same.
 */
export class PeChecksum {
  #sum = 0;
  #size = 0;

  /** Adds the bytes that follow those added before. */
  add(bytes: Uint8Array): void {
    const sum = sumOf(bytes);
    // At an odd position each byte is the other half of its word.
    const place = this.#size % 2 === 0 ? 1 : 256;
    this.#sum = fold(this.#sum + fold(sum * place));
    this.#size += bytes.length;
  }

  /** As 32 bits. */
  value(): number {
    return (this.#sum + this.#size) >>> 0;
  }
}

function sumOf(bytes: Uint8Array): number {
  const aligned = bytes.byteOffset % 4 === 0;
  const count = aligned ? bytes.length >>> 2 : 0;
  const words = new Uint32Array(bytes.buffer, aligned ? bytes.byteOffset : 0, count);
  let sum = 0;
  for (let start = 0; start < count; start += WORDS_EXACT) {
    let part = 0;
    const end = Math.min(count, start + WORDS_EXACT);
    for (let i = start; i < end; i += 1) part += words[i] ?? 0;
    sum = fold(sum + fold(part));
  }
  let rest = 0;
  for (let i = count * 4; i < bytes.length; i += 1) {
    rest += (bytes[i] ?? 0) * (i % 2 === 0 ? 1 : 256);
  }
  return fold(sum + fold(rest));
}

/** The ones' complement sum: 0 only of nothing but zeros. */
function fold(sum: number): number {
  return sum === 0 ? 0 : ((sum - 1) % MODULUS) + 1;
}
