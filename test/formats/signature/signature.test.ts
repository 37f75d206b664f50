import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { appendSignature, splitSignature } from "#formats/signature/signature.ts";
import { edited } from "../../support/elf-builder.ts";
import { expectValue } from "../../support/expect-value.ts";
import { signedModule } from "../../support/signed-module.ts";
import { judgedBy, output, withFile } from "../../support/tools.ts";

const CONTENT = Buffer.from("a container");
const MESSAGE = Buffer.from("PKCS#7 message");
const TEXT = Buffer.from("~Module signature appended~\n");

/** Written by hand: content, message, algo hash id_type signer_len key_id_len pad[3] sig_len, text. */
const good = Buffer.concat([CONTENT, MESSAGE, Uint8Array.of(0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 14), TEXT]);
const recordAt = CONTENT.length + MESSAGE.length;

function failure(bytes: Uint8Array): unknown {
  const result = splitSignature(bytes, { base: 1000 });
  if (result.ok) return "ok";
  const { failure: f } = result;
  return f.reason === "malformed" ? [f.section, f.offset - 1000, f.detail] : [f.reason, f.detail];
}

describe("a signed file", () => {
  test("is split into content and signature, as views", () => {
    const result = splitSignature(good, { base: 1000 });
    expect(result).toEqual({
      ok: true,
      value: { content: CONTENT, signature: { data: MESSAGE, offset: 1000 + CONTENT.length } },
    });
    if (result.ok) expect(result.value.content.buffer).toBe(good.buffer);
  });

  test("is what the encoder writes", () => {
    expect(Buffer.from(appendSignature(CONTENT, MESSAGE))).toEqual(good);
  });

  test("may be signed again, and is then unwrapped one signature at a time", () => {
    const outer = expectValue(splitSignature(appendSignature(good, MESSAGE)));
    expect(outer.content).toEqual(good);
    expect(splitSignature(outer.content)).toMatchObject({ ok: true, value: { content: CONTENT } });
  });

  test("is all content where the text is missing, cut, or not at the very end", () => {
    for (const bytes of [
      CONTENT,
      good.subarray(0, -1),
      Buffer.concat([good, Buffer.alloc(1)]),
      Buffer.alloc(0),
    ]) {
      expect(splitSignature(bytes)).toEqual({ ok: true, value: { content: bytes, signature: undefined } });
    }
  });
});

judgedBy(["openssl"], "a kernel module that Debian signed", () => {
  test("is split where its PKCS#7 message begins and ends", () => {
    const { content, signature } = expectValue(splitSignature(signedModule()));
    if (signature === undefined) throw new Error("expected a signature");
    const { data, offset } = signature;
    expect(offset).toBe(content.length);
    const structure = withFile(data, (path) =>
      output("openssl", ["asn1parse", "-inform", "DER", "-in", path]),
    );
    expect(structure.toString()).toContain("pkcs7-signedData");
    expect(structure.toString()).toMatch(new RegExp(`^ *0:d=0 +hl=4 +l= *${data.length - 4} cons: SEQUENCE`));
    expect(Buffer.from(content.subarray(1, 4)).toString()).toBe("ELF");
  });
});

describe("a hostile trailer", () => {
  const edit = (offset: number, value: number) =>
    edited(good, (view) => view.setUint8(recordAt + offset, value));
  const length = (value: number) => edited(good, (view) => view.setUint32(recordAt + 8, value, false));

  test.each([0, 1, 3, 255])("of id_type %i, which kernels do not take", (type) =>
    expect(failure(edit(2, type))).toEqual(["unsupported", `id_type ${type}, kernels take only PKCS#7 (2)`]),
  );

  test.each([
    [0, "algo"],
    [1, "hash"],
    [3, "signer_len"],
    [4, "key_id_len"],
    [5, "pad[0]"],
    [6, "pad[1]"],
    [7, "pad[2]"],
  ])("with byte %i, %s, set", (offset, field) =>
    expect(failure(edit(offset, 1))).toEqual(["trailer", recordAt + offset, `${field} is 1, must be 0`]),
  );

  test("with sig_len 0", () => expect(failure(length(0))).toEqual(["trailer", recordAt + 8, "sig_len is 0"]));

  test.each([recordAt, recordAt + 1, 0x7fff_ffff, 0xffff_ffff])(
    "with sig_len %i, which leaves no content",
    (value) =>
      expect(failure(length(value))).toEqual([
        "trailer",
        recordAt + 8,
        `sig_len ${value} with ${recordAt} bytes before the trailer`,
      ]),
  );

  test("with sig_len little-endian", () =>
    expect(failure(length(14 << 24))).toMatchObject([
      "trailer",
      recordAt + 8,
      expect.stringMatching(/^sig_len/),
    ]));

  test.each([0, 1, 3, 11])("with %i bytes before the text, too few for a record", (count) =>
    expect(failure(good.subarray(good.length - TEXT.length - count))).toEqual([
      "trailer",
      0,
      `${count} bytes before the text, the record has 12`,
    ]),
  );

  test("cut at any byte from its start never gives other content", () => {
    for (let start = CONTENT.length; start < good.length - TEXT.length; start++) {
      expect(failure(good.subarray(start)), `from ${start}`).not.toBe("ok");
    }
  });
});

test("the encoder refuses an empty content or message", () => {
  expect(() => appendSignature(new Uint8Array(0), MESSAGE)).toThrow(RangeError);
  expect(() => appendSignature(CONTENT, new Uint8Array(0))).toThrow(RangeError);
});

test("the signature decoder is total, and what it splits is the whole file", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.boolean(), (bytes, signed) => {
      const file = signed ? Buffer.concat([bytes, TEXT]) : bytes;
      const result = splitSignature(file);
      if (!result.ok || result.value.signature === undefined) return;
      const { content, signature } = result.value;
      expect(content.length + signature.data.length + 12 + TEXT.length).toBe(file.length);
    }),
  );
});
