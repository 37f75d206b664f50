import { describe, expect, test } from "vitest";
import { digest } from "#files/digest.ts";
import { compress, decompress } from "#formats/compression/codecs.ts";
import { hostileNeighbours, summary } from "../../support/answers.ts";
import { expectValue } from "../../support/expect-value.ts";
import { RandomSource } from "../../support/random-cases.ts";
import { codec } from "./small-streams.ts";

/** Of each input's compressed form: its size, and the beginning of its digest. gzip's and zstd's are those of Node's own libraries where it has them. */
type Forms = Readonly<Record<string, readonly [size: number, digest: string]>>;

/** Words at all distances, near and far, the same again and again, numbers that repeat nothing. */
function mixed(length: number): Uint8Array {
  const random = new RandomSource(length);
  const out: number[] = [];
  while (out.length < length) {
    const kind = random.below(8);
    const count = 1 + random.below(kind === 0 ? 300 : 12);
    const back = 1 + random.below(kind < 4 ? 16 : Math.max(1, out.length));
    const fresh = random.below(3) === 0;
    for (let i = 0; i < count; i++)
      out.push(fresh ? random.u32() & 0xff : (out[out.length - back] ?? 0x41 + i));
  }
  return Uint8Array.from(out.slice(0, length));
}

const INPUTS: Readonly<Record<string, Uint8Array>> = {
  nothing: new Uint8Array(0),
  "a byte": Uint8Array.of(7),
  "a word": Buffer.from("abcdabcd"),
  "zeros, a few": new Uint8Array(300),
  "zeros, many": new Uint8Array(140_000),
  "256 values": Uint8Array.from({ length: 256 }, (_, i) => i),
  "a little of all": mixed(1500),
  "more of all": mixed(40_000),
};

/** Streams that outside tools read (encode.test.ts): what makes others on purpose is judged by these, and gives new digests here. */
const GOLDEN: Readonly<Record<string, Forms>> = {
  xz: {
    nothing: [52, "730e75863146"],
    "a byte": [56, "3fc0d89ffdb5"],
    "a word": [60, "f7922f41d584"],
    "zeros, a few": [356, "344921ccc05d"],
    "zeros, many": [140064, "8d2621130972"],
    "256 values": [312, "8affb01af9b2"],
    "a little of all": [1556, "b75d0ffdfd5f"],
    "more of all": [40056, "ff9bfdc71aaf"],
  },
  lz4: {
    nothing: [9, "3045197fb7de"],
    "a byte": [10, "0b6cbae8313f"],
    "a word": [17, "d6c99c549888"],
    "zeros, a few": [20, "8ce3e8a50597"],
    "zeros, many": [567, "978055dcf419"],
    "256 values": [266, "9804c6842de8"],
    "a little of all": [383, "d69c742f2f8a"],
    "more of all": [18841, "74644f112048"],
  },
  lzma: {
    nothing: [23, "b8d8686989e9"],
    "a byte": [24, "83839834646e"],
    "a word": [29, "d6faa35c0644"],
    "zeros, a few": [29, "1b379d50ef44"],
    "zeros, many": [328, "6af5d0b7ff04"],
    "256 values": [254, "e85e44a26fc2"],
    "a little of all": [368, "a7db77e5c6b6"],
    "more of all": [18416, "4288ebbb4ae7"],
  },
  lzo: {
    nothing: [42, "a2eccc373669"],
    "a byte": [55, "60eb785e533c"],
    "a word": [62, "3a3cbd4595a0"],
    "zeros, a few": [64, "d682ee17359d"],
    "zeros, many": [611, "747143cce274"],
    "256 values": [310, "680455f480bc"],
    "a little of all": [430, "93b025ac3796"],
    "more of all": [19185, "ec1305f0d62b"],
  },
};

/** How many of the changed streams decode, how many are refused, and the digest of it all. */
const HOSTILE: Readonly<Record<string, readonly [number, number, string]>> = {
  xz: [0, 1860, "b994a2a4b6a6"],
  lz4: [311, 132, "95c7a7a5fb17"],
  lzma: [6, 429, "776efc723fe1"],
  lzo: [4, 490, "9290cfa391dd"],
};

describe.each(["xz", "lz4", "lzma", "lzo"])("%s", (name) => {
  test.each(Object.entries(INPUTS))("makes the same of %s, and gives it back", async (title, bytes) => {
    const made = expectValue(await compress(codec(name), bytes));
    const back = expectValue(await decompress(codec(name), made));
    expect(Buffer.compare(back.bytes, bytes)).toBe(0);
    expect([made.length, digest(made).slice(0, 12)]).toEqual(GOLDEN[name]?.[title]);
  });

  test("says the same of each stream with a byte changed, and where it is damaged", async () => {
    const made = expectValue(await compress(codec(name), mixed(1500)));
    const cases = hostileNeighbours(Uint8Array.from(made)).filter((_, i) => i % 5 === 0);
    const read = cases.map((bytes) => decompress(codec(name), bytes, { base: 1000, limit: 3000 }));
    expect(summary(`damaged ${name}`, await Promise.all(read))).toEqual(HOSTILE[name]);
  });
});
