import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { encodeContainer } from "#formats/elf/container.ts";
import { readCertificates } from "#signing/certificate.ts";
import { cli, cliOk, type Environment } from "../support/cli.ts";
import { expectValue } from "../support/expect-value.ts";
import { newFolder, write } from "../support/kernel-tree.ts";
import { ECDSA, expiredCertificate, type KeyPair, newKey } from "../support/keys.ts";
import { signedModule } from "../support/signed-module.ts";
import { output } from "../support/tools.ts";

let authority: KeyPair;
let signer: KeyPair;
let other: KeyPair;
let file: string;
let size: number;

beforeAll(async () => {
  authority = newKey({ subject: "/CN=authority" });
  other = newKey({ subject: "/CN=other" });
  signer = newKey({
    kind: ECDSA,
    subject: "/CN=signer",
    issuer: authority,
    words: ["-addext", "extendedKeyUsage=codeSigning"],
  });
  const encoded = expectValue(
    encodeContainer({
      machine: 0xb7,
      sections: [{ name: ".bpf.1", data: Buffer.from("code") }],
    }),
  );
  size = encoded.length;
  file = write(join(newFolder(), "zboot.bpf"), encoded);
  await cliOk(["sign", file, "--key", signer.key, "--cert", signer.certificate], { cwd: dirname(file) });
});

const verify = (path: string, words: readonly string[], env: Environment = {}) =>
  cli(["verify-signature", path, ...words], { cwd: dirname(path), env });

/** Both certificates in one PEM file. */
const bundle = (...pairs: readonly KeyPair[]): string =>
  write(
    join(newFolder(), "bundle.pem"),
    pairs.map(({ certificate }) => readFileSync(certificate, "utf8")).join(""),
  );

/** As a kernel's certs/signing_key.pem has them. */
const keyAndCertificate = ({ key, certificate }: KeyPair): string =>
  write(join(newFolder(), "signing_key.pem"), readFileSync(key, "utf8") + readFileSync(certificate, "utf8"));

it("a private key beside a certificate goes nowhere", async () => {
  const read = await readCertificates(keyAndCertificate(signer));
  expect(read).toEqual({ ok: true, value: readFileSync(signer.certificate, "utf8") });
});

describe("kexec-bpf verify-signature", () => {
  it("tells issuer, serial number, hash and length as openssl does", async () => {
    const { status, stdout, stderr } = await verify(file, ["--cert", signer.certificate, "--json"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const serial = output("openssl", ["x509", "-in", signer.certificate, "-noout", "-serial"]).toString();
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 1,
      file,
      content: { size },
      signature: {
        offset: size,
        signers: [
          {
            issuer: "CN=authority",
            serial: serial.trim().replace("serial=", ""),
            hash: "sha256",
            algorithm: "ECDSA with SHA-256",
            attributes: false,
          },
        ],
      },
      warnings: [],
    });
  });

  it.each([
    { what: "the signer's own certificate", words: () => ["--cert", signer.certificate] },
    { what: "the same beside its key in one file", words: () => ["--cert", keyAndCertificate(signer)] },
    { what: "the same in DER", words: () => ["--cert", signer.der] },
    { what: "it as the trusted one, though another issued it", words: () => ["--ca", signer.certificate] },
    { what: "a bundle with it and its authority", words: () => ["--ca", bundle(other, authority, signer)] },
    {
      what: "it and the authority apart",
      words: () => ["--cert", signer.certificate, "--ca", authority.der],
    },
  ])("trusts $what", async ({ words }) => {
    expect(await verify(file, words())).toMatchObject({ status: 0, stderr: "" });
  });

  it.each([
    {
      what: "another's certificate",
      words: () => ["--cert", other.certificate],
      says: "none of the certificates given is the signer's: CN=authority, serial number ",
    },
    {
      what: "the authority alone, for the message has no certificate",
      words: () => ["--ca", authority.certificate],
      says: "none of the certificates given is the signer's",
    },
    {
      what: "another authority",
      words: () => ["--cert", signer.certificate, "--ca", other.certificate],
      says: "the signer's certificate is not trusted: unable to get local issuer certificate",
    },
  ])("does not trust $what: exit status 1", async ({ words, says }) => {
    const outcome = await verify(file, words());
    expect(outcome).toMatchObject({ status: 1, stdout: "" });
    expect(outcome.stderr).toContain(`kexec-bpf: ${file}: signature, offset 0x${size.toString(16)}: ${says}`);
  });

  it("does not trust what the system trusts", async () => {
    const system = newFolder("certs");
    const hash = output("openssl", ["x509", "-in", authority.certificate, "-noout", "-hash"])
      .toString()
      .trim();
    writeFileSync(join(system, `${hash}.0`), readFileSync(authority.certificate));
    const words = ["--cert", signer.certificate, "--ca", other.certificate];
    const env = { SSL_CERT_DIR: system, SSL_CERT_FILE: authority.certificate };
    expect(await verify(file, words, env)).toMatchObject({ status: 1 });
  });

  it("takes an expired certificate, as kernels do", async () => {
    const expired = { key: other.key, certificate: expiredCertificate(other.key) };
    const copy = write(join(newFolder(), "copy"), readFileSync(file).subarray(0, size));
    await cliOk(["sign", copy, "--key", expired.key, "--cert", expired.certificate], { cwd: dirname(copy) });
    expect(await verify(copy, ["--ca", expired.certificate])).toMatchObject({ status: 0 });
  });

  it.each([
    { what: "a byte of the content is flipped", at: () => 70 },
    { what: "a byte of the signature proper is flipped", at: () => readFileSync(file).length - 28 - 12 - 1 },
  ])("says that it does not hold when $what", async ({ at }) => {
    const bytes = readFileSync(file);
    bytes[at()] = (bytes[at()] ?? 0) ^ 1;
    const broken = write(join(newFolder(), "broken"), bytes);
    const outcome = await verify(broken, ["--cert", signer.certificate]);
    expect(outcome).toMatchObject({ status: 1, stdout: "" });
    expect(outcome.stderr).toContain(
      "does not hold: the content or the key is not the one that it was made with",
    );
  });

  it("names what is not signed, a broken trailer and a broken message by their offsets", async () => {
    const bytes = readFileSync(file);
    const cases: readonly [Uint8Array, string][] = [
      [bytes.subarray(0, size), ": is not signed"],
      [bytes.subarray(0, -1), ": is not signed"],
      [bytes.subarray(bytes.length - 30), "signature trailer, offset 0x0: 2 bytes before the text"],
      [
        Buffer.concat([bytes.subarray(0, size), Buffer.from([1]), bytes.subarray(size + 1)]),
        `CMS message, offset 0x${size.toString(16)}: message has tag 0x1`,
      ],
    ];
    for (const [content, says] of cases) {
      const path = write(join(newFolder(), "case"), content);
      const outcome = await verify(path, ["--cert", signer.certificate]);
      expect(outcome.status).toBe(1);
      expect(outcome.stderr).toContain(says);
    }
  });

  it("refuses a message with a content of its own", async () => {
    const folder = newFolder();
    const content = write(join(folder, "content"), "text");
    const words = ["cms", "-sign", "-binary", "-noattr", "-nocerts", "-nodetach", "-outform", "DER"];
    const message = output("openssl", [
      ...words,
      "-in",
      content,
      "-signer",
      signer.certificate,
      "-inkey",
      signer.key,
    ]);
    const trailer = Buffer.alloc(12);
    trailer[2] = 2;
    trailer.writeUInt32BE(message.length, 8);
    const text = Buffer.from("~Module signature appended~\n");
    const path = write(join(folder, "signed"), Buffer.concat([Buffer.from("text"), message, trailer, text]));
    const outcome = await verify(path, ["--cert", signer.certificate]);
    expect(outcome).toMatchObject({ status: 1 });
    expect(outcome.stderr).toContain("the message has a content of its own beside the file's");
  });

  it("shows the signer of a module that Debian signed when its certificate is not at hand", async () => {
    const folder = newFolder();
    mkdirSync(join(folder, "m"));
    const module = write(join(folder, "m/af_key.ko"), signedModule());
    const outcome = await verify(module, ["--cert", other.certificate]);
    expect(outcome.status).toBe(1);
    expect(outcome.stderr).toMatch(
      /none of the certificates given is the signer's: CN=Build time autogenerated kernel key, serial number [0-9A-F]+\n/,
    );
  });

  it("says whether the content is a container", async () => {
    const folder = newFolder();
    const path = write(join(folder, "text"), "text");
    await cliOk(["sign", path, "--key", other.key, "--cert", other.certificate], { cwd: folder });
    const { status, stdout, stderr } = await verify(path, ["--cert", other.certificate]);
    expect(status).toBe(0);
    expect(stdout).toContain("the signature holds\n");
    expect(stderr).toContain("warning: the content is no .bpf container: ");
  });
});
