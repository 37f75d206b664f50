import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { decodeSignedData } from "#formats/signature/cms.ts";
import { splitSignature } from "#formats/signature/signature.ts";
import { expectFailure, expectValue } from "../../support/expect-value.ts";
import { ECDSA, type KeyPair, newKey } from "../../support/keys.ts";
import { signedModule } from "../../support/signed-module.ts";
import { judgedBy, output, withFile } from "../../support/tools.ts";

function message(pair: KeyPair, ...words: readonly string[]): Buffer {
  const signer = ["-signer", pair.certificate, "-inkey", pair.key, "-outform", "DER"];
  return output("openssl", ["cms", "-sign", "-binary", ...words, ...signer], Buffer.from("content"));
}

/** What openssl prints of a message, and the first of a field in it. */
function printed(cms: Uint8Array): (field: string) => string | undefined {
  const words = ["cms", "-cmsout", "-print", "-noout", "-inform", "DER", "-in"];
  const text = withFile(cms, (path) => output("openssl", [...words, path])).toString();
  return (field) => new RegExp(`${field}: *\\n? *(.*)`).exec(text)?.[1];
}

function decoded(bytes: Uint8Array) {
  return expectValue(decodeSignedData(bytes, { base: 1000 }));
}

const NAME = "/C=DE/ST=Sachsen/L=Görlitz/O=Example, Ltd/OU=a+OU=b/CN=signer/emailAddress=a@example.org";

judgedBy(["openssl"], "a message of openssl's", () => {
  let rsa: KeyPair;
  let ec: KeyPair;
  beforeAll(() => {
    rsa = newKey({ subject: NAME, words: ["-multivalue-rdn"] });
    ec = newKey({ kind: ECDSA, subject: "/CN=elliptic" });
  });

  test("has the issuer, serial number and algorithms that openssl prints", () => {
    const { signature } = expectValue(splitSignature(signedModule()));
    if (signature === undefined) throw new Error("expected a signature");
    for (const cms of [message(ec, "-noattr", "-nocerts", "-md", "sha512"), signature.data]) {
      const field = printed(cms);
      const [signer] = decoded(cms).signers;
      if (signer === undefined || !("serial" in signer))
        throw new Error("expected a signer by serial number");
      expect(signer.issuer).toBe(field("issuer"));
      expect(BigInt(`0x${signer.serial}`)).toBe(BigInt(field("serialNumber") ?? ""));
      expect(field("digestAlgorithm")).toContain(`algorithm: ${signer.hash} (`);
    }
  });

  test("shows a name in the order of its encoding, in UTF-8, several values of one place joined by +", () => {
    const [signer] = decoded(message(rsa, "-noattr", "-nocerts")).signers;
    const issuer =
      "C=DE, ST=Sachsen, L=Görlitz, O=Example, Ltd, OU=a + OU=b, CN=signer, emailAddress=a@example.org";
    expect(signer).toMatchObject({ issuer, hash: "sha256", algorithm: "RSA", size: 256 });
  });

  test("tells attributes, certificates, a content of its own and a signer by key identifier", () => {
    expect(decoded(message(rsa, "-noattr", "-nocerts"))).toMatchObject({
      certificates: 0,
      detached: true,
      signers: [{ attributes: false }],
    });
    const full = decoded(message(rsa, "-nodetach", "-keyid"));
    expect(full).toMatchObject({ certificates: 1, detached: false, signers: [{ attributes: true }] });
    const shown = ["x509", "-in", rsa.certificate, "-noout", "-ext", "subjectKeyIdentifier"];
    const keyId = output("openssl", shown).toString().split("\n")[1]?.trim().replaceAll(":", "");
    expect(full.signers).toMatchObject([{ keyId }]);
  });

  test("escapes what a terminal might obey", () => {
    const evil = newKey({ subject: "/CN=a\u001b[2Jb\u202ec" });
    const [signer] = decoded(message(evil, "-noattr", "-nocerts")).signers;
    expect(signer).toMatchObject({ issuer: "CN=a\\u{1b}[2Jb\\u{202e}c" });
  });

  test("cut anywhere is malformed, at an offset inside of it", () => {
    const whole = message(ec, "-noattr", "-nocerts");
    for (let length = 0; length < whole.length; length++) {
      const result = expectFailure(decodeSignedData(whole.subarray(0, length), { base: 1000 }));
      expect(result).toMatchObject({ reason: "malformed", format: "CMS" });
      expect(result.offset).toBeGreaterThanOrEqual(1000);
      expect(result.offset).toBeLessThanOrEqual(1000 + length);
    }
  });

  test("followed by a byte is malformed", () => {
    const whole = message(ec, "-noattr", "-nocerts");
    expect(decodeSignedData(Buffer.concat([whole, Buffer.from([0x30, 0])]))).toMatchObject({
      ok: false,
      failure: { offset: whole.length, detail: "bytes behind the message" },
    });
  });
});

describe("a hostile message", () => {
  test.each([
    ["3080", 1, "indefinite length"],
    ["3085ffffffffff", 1, "length of 5 octets"],
    ["3084ffffffff", 6, "4294967295 bytes wanted, 0 left"],
    ["1f8100", 0, "tag 0x1f of more than one octet"],
    ["3000", 2, "no content type"],
    ["30020600", 4, "empty object identifier"],
    ["3003060180", 4, "object identifier ends within an arc"],
    ["300506032a0304", 0, "content type 1.2.3.4 is not signedData"],
    ["300b06092a864886f70d010702", 13, "no content"],
    ["310b06092a864886f70d010702", 0, "message has tag 0x31, must have 0x30"],
  ])("%s fails at %i: %s", (hex, offset, detail) => {
    expect(decodeSignedData(Buffer.from(hex, "hex"))).toMatchObject({
      ok: false,
      failure: { offset, detail },
    });
  });
});

test("the decoder is total over random bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      const result = decodeSignedData(bytes);
      if (!result.ok) expect(result.failure.reason).toBe("malformed");
    }),
  );
});
