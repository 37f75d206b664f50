import { readFileSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { readCertificates } from "#signing/certificate.ts";
import { certificateWeakness } from "#signing/certificate-strength.ts";
import { keyFacts } from "#signing/public-key.ts";
import { masked, openKey } from "#signing/signing-key.ts";
import { expectFailure, expectValue } from "../support/expect-value.ts";
import { newFolder, write } from "../support/kernel-tree.ts";
import { ECDSA, type KeyPair, newKey } from "../support/keys.ts";
import { pem } from "./message.ts";

let good: KeyPair;
let weak: KeyPair;
beforeAll(() => {
  good = newKey({ kind: ECDSA });
  weak = newKey({ kind: ["ec", "-pkeyopt", "ec_paramgen_curve:secp256k1"] });
});
const file = (name: string, text: string | Uint8Array) => write(join(newFolder(), name), text);

describe("a file of certificates", () => {
  it("is as weak as the first one's key, the signer's", async () => {
    const [strong, curve] = [good, weak].map(({ certificate }) => readFileSync(certificate, "utf8"));
    const weakness = async (text: string) => expectValue(await certificateWeakness(file("cert.pem", text)));
    expect(await weakness(`${strong}${curve}`)).toBeUndefined();
    expect(await weakness(`${curve}${strong}`)).toEqual({ kind: "curve", curve: "secp256k1" });
    expect(expectFailure(await certificateWeakness("/none"))).toMatchObject({ reason: "file-failed" });
  });

  it("has at most 16 MiB", async () => {
    const large = file("large", "");
    const [most, more] = [16 * 1024 * 1024, 16 * 1024 * 1024 + 1];
    truncateSync(large, most);
    expect(expectFailure(await readCertificates(large))).toMatchObject({ detail: "neither PEM nor DER" });
    truncateSync(large, more);
    expect(expectFailure(await readCertificates(large))).not.toMatchObject({ detail: "neither PEM nor DER" });
  });

  it("may have one whose key Node cannot read, which is not measured", () => {
    expect(keyFacts(pem(Buffer.from("none")))).toEqual({ type: "other" });
    expect(keyFacts(readFileSync(good.certificate, "utf8"))).toEqual({ type: "ec", curve: "secp384r1" });
  });
});

describe("a key", () => {
  const pin = file("p%20n", "1234\r\n");
  const spaced = file("p n", "5678\n");
  it.each([
    [
      "a path, whatever is in it",
      "/keys/a;pin-value=1.pem",
      "/keys/a;pin-value=1.pem",
      "KBUILD_SIGN_PIN",
      "env",
    ],
    ["a URI of a query alone", "pkcs11:?pin-value=1", "pkcs11:", "pin-value", "1"],
    [
      "a PIN with a question mark and equals signs",
      "pkcs11:a=b?pin-value=1?=2",
      "pkcs11:a=b",
      "pin-value",
      "1?=2",
    ],
    [
      "a source by its path",
      `pkcs11:a=b?pin-source=${encodeURIComponent(pin)}`,
      "pkcs11:a=b",
      "pin-source",
      "1234",
    ],
    ["a source by file:", `pkcs11:a=b?pin-source=file:${spaced}`, "pkcs11:a=b", "pin-source", "5678"],
    [
      "a source by a URI, encoded twice",
      `pkcs11:a=b?pin-source=${encodeURIComponent(`file://${spaced.replace(" ", "%20")}`)}`,
      ...(["pkcs11:a=b", "pin-source", "5678"] as const),
    ],
  ])("may be named by %s", async (_what, key, name, secretFrom, secret) => {
    expect(expectValue(await openKey(key, { KBUILD_SIGN_PIN: "env" }))).toMatchObject({
      ...{ name, secretFrom, secret, token: name !== key },
    });
  });

  it("without a secret, or with an empty one, has nothing to mask", () => {
    for (const secret of [undefined, ""]) expect(masked("undefined text", secret)).toBe("undefined text");
  });
});
