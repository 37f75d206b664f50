import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { findWeakness, type Weakness, why } from "#signing/strength.ts";
import { signedByOpenssl } from "../support/appended.ts";
import { cli } from "../support/cli.ts";
import { newFolder, write } from "../support/kernel-tree.ts";
import { ECDSA, type KeyPair, newKey } from "../support/keys.ts";

const curve = (name: string) => ["ec", "-pkeyopt", `ec_paramgen_curve:${name}`] as const;

const verify = (file: string, words: readonly string[]) =>
  cli(["verify-signature", file, ...words], { cwd: dirname(file) });

const sign = (file: string, { key, certificate }: KeyPair, words: readonly string[] = []) =>
  cli(["sign", file, "--key", key, "--cert", certificate, ...words], { cwd: dirname(file) });

let rsa: KeyPair;
beforeAll(() => {
  rsa = newKey();
});

describe("a signature that holds and that kernels do not take is refused by verify-signature: exit status 1", () => {
  it.each([
    { hash: "md5", says: "the hash md5 is weak: kernels refuse it from 6.7 on" },
    { hash: "sha1", says: "the hash sha1 is weak: kernels 6.7 and 6.8 refuse it" },
    { hash: "sha224", says: "the hash sha224 is weak: no kernel from 6.7 on signs with it" },
    { hash: "ripemd160", says: "no kernel takes the hash ripemd160" },
    { hash: "sha512-256", says: "no kernel takes the hash 2.16.840.1.101.3.4.2.6" },
  ])("hash $hash", async ({ hash, says }) => {
    const file = signedByOpenssl("text", { pairs: [rsa], words: ["-noattr", "-md", hash] });
    const refused = await verify(file, ["--cert", rsa.certificate]);
    expect(refused).toMatchObject({ status: 1, stdout: "" });
    expect(refused.stderr).toContain(`signature, offset 0x4: ${says}`);
    expect(refused.stderr).toContain("; --allow-weak takes it\n");
    const allowed = await verify(file, ["--cert", rsa.certificate, "--allow-weak"]);
    expect(allowed.stdout).toContain("the signature holds\n");
    expect(allowed.stderr).toContain(`warning: ${says}`);
  });

  it.each([
    { kind: ["rsa:512"], says: "an RSA key of 512 bits is weak" },
    { kind: ["rsa:1024"], says: "an RSA key of 1024 bits is weak" },
    { kind: ["rsa:2560"], says: "no kernel takes an RSA key of 2560 bits" },
    { kind: curve("prime192v1"), says: "a key on the curve P-192 is weak" },
    { kind: curve("secp256k1"), says: "no kernel takes a key on the curve secp256k1" },
  ])("key $kind, which sign refuses as well", async ({ kind, says }) => {
    const pair = newKey({ kind });
    const file = signedByOpenssl("text", { pairs: [pair], words: ["-noattr", "-md", "sha256"] });
    for (const trust of ["--cert", "--ca"]) {
      const refused = await verify(file, [trust, pair.certificate]);
      expect(refused).toMatchObject({ status: 1, stdout: "" });
      if (trust === "--cert") expect(refused.stderr).toContain(`signature, offset 0x4: ${says}`);
      const allowed = await verify(file, [trust, pair.certificate, "--allow-weak"]);
      expect(allowed).toMatchObject({ status: 0 });
      expect(allowed.stderr).toContain(`warning: ${says}`);
    }
    const plain = write(join(newFolder(), "plain"), "text");
    const refused = await sign(plain, pair);
    expect(refused).toMatchObject({ status: 1, stdout: "" });
    expect(refused.stderr).toContain(`cert.pem: ${says}`);
    expect(readFileSync(plain, "utf8")).toBe("text");
    expect((await sign(plain, pair, ["--allow-weak"])).stderr).toContain(`warning: ${says}`);
    const { command } = JSON.parse(readFileSync(`${plain}.manifest.json`, "utf8")).predicate.buildDefinition
      .externalParameters;
    expect(command).toContain("--allow-weak");
  });

  it("RSASSA-PSS, which the kernel's parser does not know", async () => {
    const words = ["-noattr", "-md", "sha256", "-keyopt", "rsa_padding_mode:pss"];
    const file = write(join(newFolder(), "content"), "text");
    expect((await sign(file, rsa)).status).toBe(0);
    const signed = signedByOpenssl("text", {
      pairs: [],
      words: ["-signer", rsa.certificate, "-inkey", rsa.key, ...words],
    });
    const refused = await verify(signed, ["--cert", rsa.certificate]);
    expect(refused.stderr).toContain("no kernel takes the algorithm RSASSA-PSS in a signature");
  });

  it("a certificate that its authority signed with SHA-1", async () => {
    const authority = newKey({ subject: "/CN=authority" });
    const pair = newKey({ issuer: authority, words: ["-sha1"] });
    const file = signedByOpenssl("text", { pairs: [pair], words: ["-noattr", "-md", "sha256"] });
    const words = ["--cert", pair.certificate, "--ca", authority.certificate];
    const refused = await verify(file, words);
    expect(refused).toMatchObject({ status: 1, stdout: "" });
    expect(refused.stderr).toMatch(/the signer's certificate is not trusted: CA .*too weak/);
    expect(await verify(file, [...words, "--allow-weak"])).toMatchObject({ status: 0 });
  });
});

describe("what kernels take is taken without a word", () => {
  it.each([
    { kind: ["rsa:3072"], hash: "sha3-256" },
    { kind: ["rsa:4096"], hash: "sha512" },
    { kind: curve("P-256"), hash: "sha256" },
    { kind: ECDSA, hash: "sha384" },
    { kind: curve("P-521"), hash: "sha512" },
  ])("$kind with $hash", async ({ kind, hash }) => {
    const pair = newKey({ kind });
    const file = signedByOpenssl("text", { pairs: [pair], words: ["-noattr", "-md", hash] });
    const outcome = await verify(file, ["--ca", pair.certificate]);
    expect(outcome.stdout).toContain("the signature holds\n");
    expect(outcome.stderr).not.toMatch(/weak|kernel takes/);
  });
});

describe("findWeakness()", () => {
  const good = { hash: "sha256", algorithm: "RSA" };
  it.each<[string, Parameters<typeof findWeakness>, Weakness | undefined]>([
    ["a good signer", [[good], [{ type: "rsa", bits: 2048 }]], undefined],
    ["no good second one", [[good, { ...good, hash: "md4" }], []], { kind: "hash", hash: "md4" }],
    [
      "an algorithm that names its hash",
      [[{ ...good, algorithm: "RSA with SHA-256" }], []],
      { kind: "algorithm", algorithm: "RSA with SHA-256" },
    ],
    [
      "ECDSA with SHA-1",
      [[{ ...good, algorithm: "ECDSA with SHA-1" }], []],
      { kind: "algorithm", algorithm: "ECDSA with SHA-1" },
    ],
    [
      "no good second key",
      [
        [good],
        [
          { type: "rsa", bits: 4096 },
          { type: "rsa", bits: 1536 },
        ],
      ],
      { kind: "rsa-key", bits: 1536 },
    ],
    ["a key that is not known", [[good], [{ type: "other" }]], { kind: "unmeasured-key" }],
    [
      "ML-DSA, whose name says all",
      [[{ hash: "sha512", algorithm: "ML-DSA-65" }], [{ type: "other" }]],
      undefined,
    ],
    [
      "ML-DSA beside RSA",
      [
        [good, { hash: "sha512", algorithm: "ML-DSA-65" }],
        [{ type: "rsa", bits: 2048 }, { type: "other" }],
      ],
      undefined,
    ],
  ])("%s", (_what, [signers, keys], expected) => {
    expect(findWeakness(signers, keys)).toEqual(expected);
    if (expected !== undefined) expect(why(expected)).toMatch(/kernel|cannot be told/);
  });
});
