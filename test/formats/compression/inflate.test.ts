import { createHash } from "node:crypto";
import { deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decompressGzipBy } from "#formats/compression/gzip.ts";
import { chooseInflater, inflateNative } from "#formats/compression/inflate.ts";
import { inflatePortable } from "#formats/compression/inflate-portable.ts";
import type { Inflater } from "#formats/compression/types.ts";
import { expectValue } from "../../support/expect-value.ts";
import { extent } from "../../support/extent.ts";
import { machineCode } from "../../support/machine-code.ts";
import { judgedBy, output } from "../../support/tools.ts";

const code = machineCode(2 << 20);
const LIMIT = 8 << 20;
const options = { limit: LIMIT, base: 0, sizeHint: undefined };

const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** What both must agree on: the bytes, and where the stream ends; of a failure, its reason. */
function told(inflate: Inflater, input: Uint8Array, start = 0): unknown {
  const result = inflate(input, start, { limit: LIMIT, expected: 0, base: 0 });
  return result.ok ? [digest(result.value.bytes), result.value.end] : result.failure.reason;
}

test("node:zlib is chosen where there is one", async () => {
  expect(await chooseInflater()).toBe(inflateNative);
});

describe("the portable inflater and node:zlib give the same bytes, and the same end,", () => {
  test.each([
    ["of stored blocks", { level: 0 }],
    ["of fixed codes", { strategy: 4 }],
    ["of the fastest level", { level: 1 }],
    ["of the best level", { level: 9 }],
    ["of Huffman codes alone", { strategy: 2 }],
  ])("%s", (_, settings) => {
    for (const content of [code, Buffer.alloc(0), Buffer.from("x"), Buffer.alloc(3_000_000)]) {
      const stream = deflateRawSync(content, settings);
      const input = Buffer.concat([Buffer.alloc(3, 9), stream, Buffer.alloc(70_000, 0xff)]);
      expect(told(inflatePortable, input, 3)).toEqual([digest(content), 3 + stream.length]);
      expect(told(inflatePortable, input, 3)).toEqual(told(inflateNative, input, 3));
    }
  });

  test("and refuse the same streams that are cut", () => {
    const stream = deflateRawSync(code.subarray(0, 3000));
    for (let length = 0; length < stream.length; length += extent(7, 1)) {
      const cut = stream.subarray(0, length);
      expect([length, told(inflatePortable, cut)]).toEqual([length, "malformed"]);
      expect(told(inflateNative, cut)).toBe("malformed");
    }
  });

  test("and stop at the same limit", () => {
    const bomb = deflateRawSync(Buffer.alloc(LIMIT + 1));
    expect(told(inflatePortable, bomb)).toBe("size-exceeded");
    expect(told(inflateNative, bomb)).toBe("size-exceeded");
    const full = deflateRawSync(Buffer.alloc(LIMIT));
    expect(told(inflatePortable, full)).toEqual(told(inflateNative, full));
  });

  test("and never differ in what they take, whatever bytes are changed", () => {
    const good = deflateRawSync(Buffer.from("hello, hello, hello, hello\n".repeat(9)));
    const change = fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        const bytes = Uint8Array.from(good);
        for (const [at, value] of changes) bytes[at] = value;
        const [portable, native] = [told(inflatePortable, bytes), told(inflateNative, bytes)];
        // fflate does not look for every fault of a code; what both accept must be the same.
        if (typeof portable !== "string" && typeof native !== "string") expect(portable).toEqual(native);
      }),
      { numRuns: extent(150, 1000) },
    );
  });
});

judgedBy(["gzip"], "gzip's own streams", () => {
  test.each([inflateNative, inflatePortable])(
    "come back by %o, one member with what stands behind it counted",
    (inflate) => {
      const member = output("gzip", ["-9c"], code);
      const result = expectValue(
        decompressGzipBy(inflate, Buffer.concat([member, member, Buffer.alloc(5)]), options),
      );
      expect(result.trailing).toBe(member.length + 5);
      expect(Buffer.compare(result.bytes, code)).toBe(0);
    },
  );
});
