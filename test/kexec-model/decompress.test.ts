import { describe, expect, test } from "vitest";
import { kernelDecompress } from "#kexec-model/decompress.ts";
import { GOOD, HELLO } from "../formats/compression/small-streams.ts";
import { expectValue } from "../support/expect-value.ts";

describe("the kernel's decompression takes the first stream of a payload", () => {
  test.each(Object.entries(GOOD).filter(([name]) => name !== "lz4"))("of %s", async (name, stream) => {
    const result = expectValue(await kernelDecompress(Buffer.concat([stream, stream])));
    expect(Buffer.from(result.bytes)).toEqual(HELLO);
    expect(result.compression).toBe(name);
  });

  test("of lz4, and its other frames", async () => {
    const stream = GOOD["lz4"] ?? Buffer.alloc(0);
    const result = await kernelDecompress(Buffer.concat([stream, stream]));
    expect(result.ok && Buffer.from(result.value.bytes)).toEqual(Buffer.concat([HELLO, HELLO]));
  });

  test("and knows no skippable frame", async () => {
    const skippable = Buffer.from("502a4d180000000028b52ffd2000010000", "hex");
    expect(await kernelDecompress(skippable)).toMatchObject({
      ok: false,
      failure: { detail: "no decompressor knows a stream that begins with 502a4d18" },
    });
  });
});
