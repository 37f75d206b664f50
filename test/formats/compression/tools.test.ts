import { spawnSync } from "node:child_process";
import { beforeAll, expect, test } from "vitest";
import { CODECS, type Codec, decompress, detectCodec } from "#formats/compression/codecs.ts";
import { expectValue } from "../../support/expect-value.ts";
import { machineCode } from "../../support/machine-code.ts";
import { describeUnless } from "../../support/tools.ts";

// The judges are the tools that kernel builds use: what they write must come back.

/** 300 kB of this machine's own code (branch filters need code to work on) with text and zeros between. */
const CONTENT = (() => {
  const code = machineCode(220_000);
  const text = Buffer.from("CONFIG_KEXEC_FILE=y\nCONFIG_DEBUG_INFO_BTF=y\n".repeat(800));
  return Buffer.concat([code.subarray(0, 120_000), Buffer.alloc(50_000), text, code.subarray(120_000)]);
})();

const RANDOM = (() => {
  const bytes = Buffer.alloc(100_000);
  let state = 12345;
  for (let i = 0; i < bytes.length; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
})();

const CASES: readonly (readonly [codec: string, command: string])[] = [
  ["gzip", "gzip -n -9"],
  ["zstd", "zstd -3"],
  ["zstd", "zstd --ultra -22 --long=27"],
  ["zstd", "zstd -19 --no-check"],
  ["xz", "xz --check=crc32 --lzma2=dict=64KiB"],
  ["xz", "xz --check=crc32 --x86 --lzma2=dict=32MiB"],
  ["xz", "xz --check=crc32 --arm64 --lzma2=dict=32MiB"],
  ["xz", "xz --check=crc32 --x86=start=4096 --lzma2"],
  ["xz", "xz --check=crc64 --block-size=256KiB"],
  ["xz", "xz --check=sha256 --lzma2=lc=1,lp=2,pb=0"],
  ["xz", "xz --check=none -0"],
  ["lzma", "lzma -9"],
  ["lzma", "xz --format=lzma --lzma1=lc=3,lp=0,pb=2,dict=4MiB"],
  ["lz4", "lz4 -l -9 -c"],
  ["lz4", "lz4 -l -1 -c"],
  ["bzip2", "bzip2 -9"],
  ["bzip2", "bzip2 -1"],
  ["lzo", "lzop -9 -c"],
  ["lzo", "lzop -1 -c"],
  ["lzo", "lzop --crc32 -c"],
];

function compressed(command: string, content: Uint8Array): Buffer {
  const [tool = "", ...args] = command.split(" ");
  const { status, stdout, stderr } = spawnSync(tool, args, { input: content, maxBuffer: 1 << 30 });
  if (status !== 0) throw new Error(stderr.toString());
  return stdout;
}

/** Why a case cannot run here; undefined if it can. */
function missing(command: string): string | undefined {
  const [tool = "", ...args] = command.split(" ");
  const { error, status, stderr } = spawnSync(tool, args, { input: "probe" });
  if (error !== undefined) return `no ${tool}`;
  return status === 0 ? undefined : `${command}: ${stderr.toString().trim()}`;
}

function detected(bytes: Uint8Array, name: string): Codec {
  const codec = detectCodec(bytes);
  expect(codec?.name).toBe(name);
  return codec ?? (CODECS[0] as Codec);
}

for (const [name, command] of CASES) {
  describeUnless(missing(command), `what \`${command}\` writes`, () => {
    let stream: Buffer = Buffer.alloc(0);
    beforeAll(() => {
      stream = compressed(command, CONTENT);
    });

    test("is recognised by its magic number and comes back whole, without a size hint", async () => {
      const result = expectValue(await decompress(detected(stream, name), stream));
      expect(result.trailing).toBe(0);
      expect(Buffer.compare(result.bytes, CONTENT)).toBe(0);
    });

    test.each([CONTENT.length, 1, CONTENT.length - 1, CONTENT.length + 1_000_000])(
      "comes back whole with a size hint of %i",
      async (sizeHint) => {
        const result = await decompress(detected(stream, name), stream, { sizeHint });
        expect(result.ok && Buffer.compare(result.value.bytes, CONTENT)).toBe(0);
      },
    );

    test("comes back under a limit of exactly its size, and fails under one byte less", async () => {
      const codec = detected(stream, name);
      const limit = CONTENT.length;
      expect((await decompress(codec, stream, { limit })).ok).toBe(true);
      const refused = await decompress(codec, stream, { limit: limit - 1 });
      expect(refused.ok || refused.failure).toMatchObject({ reason: "size-exceeded", limit: limit - 1 });
    });

    test("with the 4-byte size that kernel builds append comes back whole, four bytes trailing", async () => {
      const size = Buffer.alloc(4);
      // More than a block of lz4's holds, as a kernel is.
      size.writeUInt32LE(CONTENT.length * 32);
      const result = await decompress(detected(stream, name), Buffer.concat([stream, size]));
      expect(result.ok && result.value.trailing).toBe(4);
    });

    test("cut anywhere is refused", async () => {
      const codec = detected(stream, name);
      const cuts = [5, 11, 12, 13, 20, 100, stream.length >> 1, stream.length - 5, stream.length - 1];
      for (const cut of cuts) {
        const result = await decompress(codec, stream.subarray(0, cut));
        expect(result.ok, `cut at ${cut}`).toBe(false);
      }
    });

    test("of random bytes, of one byte and of nothing comes back too", async () => {
      for (const content of [RANDOM, Buffer.from("x"), Buffer.alloc(0)]) {
        const small = compressed(command, content);
        if (name === "lz4" && content.length === 0) continue; // A legacy frame without a block is refused.
        const result = expectValue(await decompress(detected(small, name), small));
        expect(Buffer.compare(result.bytes, content)).toBe(0);
      }
    });
  });
}

describeUnless(missing("lz4 -l -c"), "an lz4 legacy frame of several blocks", () => {
  const content = Buffer.concat(Array.from({ length: 66 }, () => CONTENT));

  test.each([undefined, content.length, 9_000_000])(
    "comes back whole with a size hint of %s",
    async (sizeHint) => {
      expect(content.length).toBeGreaterThan(2 * 8 * 1024 * 1024);
      const stream = compressed("lz4 -l -c", content);
      const options = sizeHint === undefined ? {} : { sizeHint };
      const result = await decompress(detected(stream, "lz4"), stream, options);
      expect(result.ok && Buffer.compare(result.value.bytes, content)).toBe(0);
    },
  );
});
