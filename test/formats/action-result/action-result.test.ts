import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeActionResult, encodeActionResult } from "#formats/action-result/action-result.ts";
import { expectFailure, expectValue } from "../../support/expect-value.ts";

const hash = "ab".repeat(32);

/** One file `a` of 300 bytes, exit status 0, `ok` on stdout; written by hand after the protocol's tables. */
const BY_HAND = Buffer.concat([
  Buffer.from([0x12, 0x4a, 0x0a, 0x01, 0x61, 0x12, 0x45, 0x0a, 0x40]),
  Buffer.from(hash),
  Buffer.from([0x10, 0xac, 0x02, 0x2a, 0x02, 0x6f, 0x6b]),
]);
const RESULT = { files: [{ path: "a", sha256: hash, size: 300 }], exitCode: 0, stdout: "ok" };

describe("an ActionResult", () => {
  it("has the bytes that the protocol says", () => {
    expect(Buffer.from(encodeActionResult(RESULT)).toString("hex")).toBe(BY_HAND.toString("hex"));
    expect(expectValue(decodeActionResult(BY_HAND))).toEqual(RESULT);
  });

  it("may have fields of all wire types that this program does not know", () => {
    const others = [
      [0x50, 0x81, 0x01],
      [0x59, 1, 2, 3, 4, 5, 6, 7, 8],
      [0x62, 0x01, 0xff],
      [0x6d, 1, 2, 3, 4],
    ];
    const bytes = Buffer.concat([...others.map((field) => Buffer.from(field)), BY_HAND]);
    expect(expectValue(decodeActionResult(bytes))).toEqual(RESULT);
  });

  it("is refused where a file has no digest that can be one", () => {
    const worse = Buffer.from(BY_HAND.toString("latin1").replace(hash, "x".repeat(64)), "latin1");
    expect(expectFailure(decodeActionResult(worse)).detail).toContain("SHA-256");
    expect(expectFailure(decodeActionResult(Buffer.from([0x12, 0x03, 0x0a, 0x01, 0x61]))).detail).toBe(
      "no digest",
    );
  });

  it("is refused, cut at any byte but between fields", () => {
    const whole = [0, 76];
    for (let length = 0; length < BY_HAND.length; length += 1) {
      expect(decodeActionResult(BY_HAND.subarray(0, length)).ok, `${length}`).toBe(whole.includes(length));
    }
  });

  it("comes back as it was", () => {
    const file = fc.record({
      path: fc.string({ unit: "binary", minLength: 1 }),
      sha256: fc
        .uint8Array({ minLength: 32, maxLength: 32 })
        .map((bytes) => Buffer.from(bytes).toString("hex")),
      size: fc.maxSafeNat(),
    });
    const result = fc.record({
      files: fc.array(file),
      exitCode: fc.nat({ max: 255 }),
      stdout: fc.string({ unit: "binary" }),
    });
    fc.assert(
      fc.property(result, (one) => {
        expect(expectValue(decodeActionResult(encodeActionResult(one)))).toEqual(one);
      }),
    );
  });

  it("never throws, whatever the bytes are", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(typeof decodeActionResult(bytes).ok).toBe("boolean");
      }),
      { numRuns: 2000 },
    );
  });
});
