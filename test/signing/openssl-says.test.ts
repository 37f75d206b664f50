import { existsSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { ok } from "#core/result.ts";
import { appendSignature } from "#formats/signature/signature.ts";
import type { SigningContext } from "#signing/context.ts";
import { type SigningRequest, signFile } from "#signing/sign.ts";
import { type SignedFileRequest, verifyFile } from "#signing/verify.ts";
import { expectFailure, expectValue } from "../support/expect-value.ts";
import { newFolder, script, write } from "../support/kernel-tree.ts";
import { ECDSA, type KeyPair, newKey } from "../support/keys.ts";
import { until } from "../support/until.ts";
import { certificateNamed, MD5, type MessageSigner, messageOf, pem } from "./message.ts";

/** An openssl that knows its version, once for all, and does what a text says. */
const bin = newFolder("bin");
const cacheDir = newFolder("cache");
script(
  join(bin, "openssl"),
  `PATH=/usr/bin:/bin; case "$1" in version) echo "OpenSSL 3.0.0" ;; *) . ${bin}/body ;; esac`,
);

function standIn(body: string, signal?: AbortSignal): SigningContext {
  write(join(bin, "body"), body);
  return { discovery: { env: { PATH: bin }, cacheDir, ...(signal && { signal }) }, env: {} };
}
const failing = (log: string, status: number) => standIn(`echo "${log}" >&2; exit ${status}`);
const NONE: SigningContext = {
  discovery: { env: { PATH: "/none" }, cacheDir: "/none" },
  env: {},
};

let pair: KeyPair;
let content: string;
beforeAll(() => {
  pair = newKey({ kind: ECDSA });
  content = write(join(newFolder(), "content"), "text");
});
const file = (text: string | Uint8Array) => write(join(newFolder(), "file"), text);

describe("what openssl says of a signature", () => {
  const verify = (
    signers: readonly MessageSigner[],
    context: SigningContext,
    more: Partial<SignedFileRequest> = {},
  ) => {
    const signed = file(appendSignature(Buffer.from("text"), messageOf(...signers)));
    const certificate = file(certificateNamed("other", 1));
    return verifyFile(
      { file: signed, certificate, authorities: undefined, allowWeak: false, ...more },
      context,
    );
  };
  const detail = async (
    log: string,
    signers: readonly MessageSigner[],
    more: Partial<SignedFileRequest> = {},
  ) => {
    const failure = expectFailure(await verify(signers, failing(log, 4), more));
    return failure.reason === "signature-failed" ? failure.detail : failure;
  };
  const NOT_FOUND = "signer certificate not found";

  it("names the signers whose certificate is missing as the message does", async () => {
    const none = "none of the certificates given is the signer's:";
    expect(await detail(NOT_FOUND, [{ serial: 10 }])).toBe(`${none} CN=one, serial number 0A`);
    expect(await detail(NOT_FOUND, [{ keyId: "abcd" }])).toBe(`${none} key identifier ABCD`);
  });

  it("names of several signers those that are not given, whatever else is", async () => {
    const both = [{ serial: 1 }, { serial: 2 }];
    const missing = (which: string) =>
      `the message has 2 signers, and a certificate of each is needed; not given: ${which}`;
    const [one, two] = ["CN=one, serial number 01", "CN=one, serial number 02"];
    const bundle = file(
      [pem(Buffer.from("none")), certificateNamed("one", 2), certificateNamed("two", 1)].join(""),
    );
    expect(await detail(NOT_FOUND, both)).toBe(missing(`${one}; ${two}`));
    expect(await detail(NOT_FOUND, both, { certificate: bundle })).toBe(missing(one));
    expect(await detail(NOT_FOUND, both, { authorities: bundle })).toBe(missing(one));
    expect(await detail(NOT_FOUND, both, { certificate: undefined, authorities: bundle })).toBe(missing(one));
    const all = file([1, 2].map((serial) => certificateNamed("one", serial)).join(""));
    expect(await detail(NOT_FOUND, both, { certificate: all })).toBe(missing(`${one}; ${two}`));
  });

  it("tells why a certificate is not trusted, and what does not hold", async () => {
    const [single, several] = [[{}], [{}, { serial: 2 }]];
    const untrusted = "CMS_verify:certificate verify error:Verify error: expired";
    expect(await detail(untrusted, single)).toBe("the signer's certificate is not trusted: expired");
    expect(await detail(untrusted, several)).toBe("a signer's certificate is not trusted: expired");
    const wrong = ": the content or the key is not the one that it was made with";
    expect(await detail("bad signature", single)).toBe(`does not hold${wrong}`);
    expect(await detail("verification failure", several)).toBe(
      `the message has 2 signers, and not each one's signature holds${wrong}`,
    );
  });

  it("is told as it is where it is not known here", async () => {
    expect(expectFailure(await verify([{}], failing("something else", 4)))).toMatchObject({
      ...{ reason: "signature-failed", detail: "does not verify", log: "something else\n", signatureAt: 4 },
    });
    expect(expectFailure(await verify([{}], failing("bad signature", 3)))).toMatchObject({
      ...{ reason: "tool-failed", tool: "openssl", ended: "exit status 3" },
    });
  });

  it("is not asked for where kernels refuse the message in any case, or a file is missing", async () => {
    const refused = async (signers: readonly MessageSigner[]) => expectFailure(await verify(signers, NONE));
    expect(await refused([])).toMatchObject({ detail: "the message has no signer" });
    expect(await refused([{}, { attributes: true }])).toMatchObject({
      detail: expect.stringContaining("signed attributes"),
    });
    expect(await refused([{ hash: MD5 }])).toMatchObject({ detail: expect.stringContaining("md5 is weak") });
    expect(await refused([{}])).toMatchObject({ reason: "tool-missing" });
    const asked = failing("it was asked", 1);
    for (const more of [{ certificate: "/none.pem" }, { authorities: "/none.pem" }, { file: "/none.pem" }]) {
      expect(expectFailure(await verify([{}], asked, more))).toMatchObject({
        ...{ reason: "file-failed", code: "ENOENT", file: "/none.pem" },
      });
    }
  });

  it("counts where it takes the signature", async () => {
    const good = standIn(`while [ "$1" != -signer ]; do shift; done; cat ${pair.certificate} > "$2"`);
    expect(expectValue(await verify([{}], good))).toMatchObject({ weakness: undefined, nested: false });
  });
});

describe("what openssl says when it signs", () => {
  const sign = (
    context: SigningContext,
    more: Partial<SigningRequest> = {},
    write = async () => ok(undefined),
  ) => {
    const { key, certificate } = pair;
    const named = { file: content, output: content, key, certificate };
    return signFile({ ...named, hash: "sha256", replace: false, allowWeak: false, ...more }, context, write);
  };

  it.each([
    [
      "Could not read signer certificate from x",
      "certificate",
      "openssl cannot read it as a certificate",
      true,
    ],
    ["Could not read signing key from x", "key", "openssl cannot read it as a private key", true],
    ["private key: bad decrypt", "key", "the passphrase in KBUILD_SIGN_PIN is wrong", false],
    ["private key: unable to get passphrase", "key", "needs a passphrase: give it by KBUILD_SIGN_PIN", false],
    ["digest too big for rsa key", "key", "this key cannot sign with sha256", true],
  ] as const)("%s: of the %s it is told that %s", async (log, about, detail, shown) => {
    const told = { reason: "signature-failed", file: pair[about], detail };
    const failure = expectFailure(await sign(failing(log, 2)));
    expect(failure).toStrictEqual(shown ? { ...told, log: `${log}\n` } : told);
  });

  it("is told as it is where it is about neither, and where it is no message", async () => {
    expect(expectFailure(await sign(failing("bad decrypt of something", 2)))).toMatchObject({
      ...{ reason: "tool-failed", log: "bad decrypt of something\n" },
    });
    expect(expectFailure(await sign(standIn("echo no message")))).toMatchObject({
      ...{ reason: "malformed", format: "CMS", offset: 6 },
    });
  });

  it("ends with the caller's signal", async () => {
    const stop = new AbortController();
    const started = join(newFolder(), "started");
    const signing = sign(standIn(`echo > ${started}; exec sleep 60`, stop.signal));
    await until("openssl runs", () => existsSync(started));
    stop.abort("SIGINT");
    expect(expectFailure(await signing)).toMatchObject({ reason: "cancelled" });
  });

  it("comes to nothing where the output cannot be written", async () => {
    const failure = { reason: "unsupported", what: "this", detail: "so" } as const;
    const message = write(join(newFolder(), "message"), messageOf({}));
    const result = await sign(standIn(`cat ${message}`), {}, async () => ({ ok: false, failure }) as never);
    expect(expectFailure(result)).toEqual(failure);
    expect(expectValue(await sign(standIn(`cat ${message}`)))).toMatchObject({ replaced: false });
  });
});
