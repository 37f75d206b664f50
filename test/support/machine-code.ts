import { closeSync, openSync, readFileSync, readSync, statSync } from "node:fs";

/**
 * Bytes of real machine code, the same at each call: from a quarter of the largest program file that this process runs. Debian's
 * node is a small file beside a shared library, so that `process.execPath` alone need not have them.
 *
 * @param size at most 4 MiB
 */
export function machineCode(size: number): Buffer {
  const file = largestProgramFile();
  const code = Buffer.alloc(size);
  const descriptor = openSync(file, "r");
  try {
    const read = readSync(descriptor, code, 0, size, statSync(file).size >>> 2);
    if (read !== size) throw new Error(`${file}: ${read} bytes of code, not ${size}`);
    return code;
  } finally {
    closeSync(descriptor);
  }
}

function largestProgramFile(): string {
  const lines = readFileSync("/proc/self/maps", "utf8").matchAll(/^\S+ r-xp \S+ \S+ [1-9]\d* +(\/.*)$/gm);
  const files = [...new Set([...lines].map(([, path]) => path ?? ""))];
  const bySize = files.map((path) => ({ path, size: statSync(path).size })).sort((a, b) => b.size - a.size);
  const [largest] = bySize;
  if (largest === undefined) throw new Error("no program file is mapped");
  return largest.path;
}

/**
 * Bytes that look to a branch filter like code: random words, many of them overlaid with the fixed bits of the
 * instruction set's calls, at aligned and unaligned places. The same bytes on every run.
 */
export function callsOf(arch: keyof typeof PATTERNS, size: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(size);
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 8;
  };
  for (let i = 0; i < size; i++) bytes[i] = random() & 0xff;
  const patterns = PATTERNS[arch];
  for (let at = 0; at + 16 <= size; at += 2 + (random() % 12) * 2) {
    const pattern = patterns[random() % patterns.length] ?? [];
    pattern.forEach(([mask, value], i) => {
      bytes[at + i] = ((bytes[at + i] ?? 0) & ~mask) | value;
    });
  }
  return bytes;
}

/** For each byte of an instruction, which bits are fixed and to what. */
type Pattern = readonly (readonly [mask: number, value: number])[];

const ANY = [0, 0] as const;
const PATTERNS = {
  arm: [[ANY, ANY, ANY, [0xff, 0xeb]]],
  thumb: [[ANY, [0xf8, 0xf0], ANY, [0xf8, 0xf8]]],
  powerpc: [[[0xfc, 0x48], ANY, ANY, [3, 1]]],
  sparc: [
    [
      [0xff, 0x40],
      [0xc0, 0],
    ],
    [
      [0xff, 0x7f],
      [0xc0, 0xc0],
    ],
  ],
  ia64: [
    // Templates with branches in slot 2, in 1 and 2, in all three; opcode 5 in the slot, "btype" 0.
    [
      [0x1f, 0x10],
      ANY,
      ANY,
      ANY,
      ANY,
      ANY,
      ANY,
      ANY,
      ANY,
      ANY,
      ANY,
      [0x80, 0],
      [3, 0],
      ANY,
      ANY,
      [0xf0, 0x50],
    ],
    [[0x1f, 0x16], [0xc0, 0], [1, 0], ANY, ANY, [0x3c, 0x14], ANY, [0x80, 0], [3, 0]],
  ],
  riscv: [
    [
      [0xff, 0xef],
      [0x0f, 0x00],
    ],
    [
      [0xff, 0xef],
      [0x0f, 0x02],
    ],
    // AUIPC to x10 and a pair that uses it; to x1; to x2 and x0, which the encoder has to escape.
    [[0xff, 0x17], [0x0f, 0x05], ANY, ANY, [3, 3], [0x80, 0], [0x0f, 0x05]],
    [[0xff, 0x97], [0x0f, 0x00], ANY, ANY, [3, 3], [0x80, 0x80], [0x0f, 0x00]],
    [[0xff, 0x17], [0x0f, 0x01], ANY, ANY, [3, 3]],
    [[0xff, 0x17], [0x3f, 0x31], ANY, ANY, [3, 3]],
    [
      [0xff, 0x17],
      [0x0f, 0x00],
    ],
  ],
} satisfies { readonly [arch: string]: readonly Pattern[] };
