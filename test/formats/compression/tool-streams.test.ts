import { describe, expect, test } from "vitest";
import { digest } from "#files/digest.ts";
import { decompress } from "#formats/compression/codecs.ts";
import { type Answers, hostileNeighbours, summary } from "../../support/answers.ts";
import { expectValue } from "../../support/expect-value.ts";
import { codec } from "./small-streams.ts";
import { TOOL_STREAMS } from "./tool-streams.ts";

/** How many of the streams with one thing wrong decode, how many are refused, and the digest of it all: seen to name the right places. */
const HOSTILE: Readonly<Record<string, Answers>> = {
  "xz lc=0,lp=2,pb=0": [0, 157, "456e975c8ca0"],
  "xz lc=4,pb=4": [0, 172, "cbe3ebd81354"],
  "xz blocks": [1, 193, "dc36d3aff12b"],
  "lzma lc=1,lp=1,pb=1": [2, 136, "9385a3f31bd5"],
  "bzip2 one table more": [1, 208, "2005e887a26b"],
  "bzip2 runs": [0, 186, "22a8b7ae899e"],
  "lz4 legacy, high": [106, 41, "d212f2fde16c"],
  "lzo level 9": [0, 158, "e33023007d42"],
  "lzo level 1, adler": [1, 180, "9af20dd9db22"],
};

describe.each(TOOL_STREAMS)("a stream of %s (%s)", (name, title, size, content, stream) => {
  const bytes = Uint8Array.from(Buffer.from(stream, "base64"));

  test("gives what it was made of", async () => {
    const { bytes: back, trailing } = expectValue(await decompress(codec(name), bytes));
    expect([back.length, digest(back).slice(0, 12), trailing]).toEqual([size, content, 0]);
    const limit = await decompress(codec(name), bytes, { limit: size - 1 });
    expect(limit).toMatchObject({ ok: false, failure: { reason: "size-exceeded" } });
    expect((await decompress(codec(name), bytes, { limit: size })).ok).toBe(true);
  });

  const expected = HOSTILE[`${name} ${title}`];
  if (expected === undefined) return;
  test("with one thing wrong is refused at the same place, or decodes to the same, in each version", async () => {
    const cases = hostileNeighbours(bytes).filter((_, i) => i % 14 === 0);
    const read = cases.map((one) => decompress(codec(name), one, { base: 1000, limit: 3000 }));
    expect(summary(`${name} ${title}`, await Promise.all(read))).toEqual(expected);
  });
});
