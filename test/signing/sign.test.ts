import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, lstatSync, readdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { encodeContainer } from "#formats/elf/container.ts";
import { cli, cliOk, type Environment } from "../support/cli.ts";
import { expectValue } from "../support/expect-value.ts";
import { newFolder, script, write } from "../support/kernel-tree.ts";
import { ECDSA, type KeyPair, newKey } from "../support/keys.ts";
import { pkcs11Modules, signFileTool } from "../support/real-inputs.ts";
import { judgedBy, output, withFile } from "../support/tools.ts";

const TEXT = "~Module signature appended~\n";

function containerBytes(): Uint8Array {
  const data = Buffer.from("bytecode, as far as a signature cares");
  return expectValue(encodeContainer({ machine: 0xb7, sections: [{ name: ".bpf.1", data }] }));
}

const CONTENT = containerBytes();

/** A container of its own, in a folder of its own. */
const container = (): string => write(join(newFolder(), "zboot.bpf"), CONTENT);

/** The message between content and trailer, cut out by the length in the trailer's last four bytes. */
function message(signed: Uint8Array): Buffer {
  const bytes = Buffer.from(signed);
  const end = bytes.length - TEXT.length - 12;
  return bytes.subarray(end - bytes.readUInt32BE(end + 8), end);
}

type SignOptions = { readonly words?: readonly string[]; readonly env?: Environment };

const sign = (file: string, { key, certificate }: KeyPair, { words = [], env = {} }: SignOptions = {}) =>
  cli(["sign", file, "--key", key, "--cert", certificate, ...words], { cwd: dirname(file), env });

let rsa: KeyPair;
let other: KeyPair;
let ec: KeyPair;
beforeAll(() => {
  rsa = newKey({ subject: "/C=DE/O=Example Org/CN=Test signer" });
  other = newKey({ subject: "/CN=other" });
  ec = newKey({ kind: ECDSA, subject: "/CN=elliptic" });
});

describe("beside the kernel's scripts/sign-file", () => {
  const theirs = (file: string, pair: KeyPair, hash: string): Buffer => {
    const signed = join(newFolder(), "signed");
    execFileSync(signFileTool(), [hash, pair.key, pair.certificate, file, signed], { stdio: "pipe" });
    return readFileSync(signed);
  };

  it("a key and its certificate may be one file, or both DER", async () => {
    const [together, folder] = [container(), newFolder()];
    const expected = theirs(together, rsa, "sha256");
    const one = write(
      join(folder, "one.pem"),
      readFileSync(rsa.key, "utf8") + readFileSync(rsa.certificate, "utf8"),
    );
    expect((await sign(together, { ...rsa, key: one, certificate: one })).status).toBe(0);
    expect(readFileSync(together).equals(expected)).toBe(true);
    const key = join(folder, "key.der");
    output("openssl", ["pkey", "-in", rsa.key, "-outform", "DER", "-out", key]);
    const apart = container();
    expect((await sign(apart, { ...rsa, key, certificate: rsa.der })).status).toBe(0);
    expect(readFileSync(apart).equals(expected)).toBe(true);
  });

  it.each(["sha256", "sha384", "sha512"])("an RSA key gives the same file with %s", async (hash) => {
    const file = container();
    expect((await sign(file, rsa, { words: ["--hash", hash, "-o", "ours"] })).status).toBe(0);
    expect(readFileSync(join(dirname(file), "ours")).equals(theirs(file, rsa, hash))).toBe(true);
  });

  it("sha256 is taken where no hash is named, and the certificate may be DER", async () => {
    const file = container();
    const expected = theirs(file, rsa, "sha256");
    await sign(file, { ...rsa, certificate: rsa.der });
    expect(readFileSync(file).equals(expected)).toBe(true);
  });

  it.each([
    { name: "RSA", pair: () => rsa },
    { name: "ECDSA", pair: () => ec },
  ])("what it signs with $name verifies here", async ({ pair }) => {
    const file = write(join(newFolder(), "signed"), theirs(container(), pair(), "sha384"));
    const words = ["verify-signature", file, "--cert", pair().certificate];
    const { stdout, stderr } = await cliOk(words, { cwd: dirname(file) });
    expect(stdout).toContain("the signature holds\n");
    expect(stdout).toMatch(/^hash +sha384$/m);
    expect(stderr).toBe("");
  });
});

judgedBy(["openssl"], "openssl cms -verify", () => {
  it.each([
    { name: "RSA", pair: () => rsa },
    { name: "ECDSA", pair: () => ec },
  ])("takes what is signed here with $name, over the content and nothing else", async ({ pair }) => {
    const file = container();
    expect((await sign(file, pair())).status).toBe(0);
    const signed = readFileSync(file);
    expect(signed.subarray(0, CONTENT.length).equals(CONTENT)).toBe(true);
    expect(signed.subarray(-TEXT.length).toString()).toBe(TEXT);
    const verify = (content: Uint8Array): Buffer =>
      withFile(message(signed), (cms, folder) => {
        const contentFile = write(join(folder, "content"), content);
        return output("openssl", [
          ...["cms", "-verify", "-binary", "-inform", "DER", "-in", cms, "-content", contentFile],
          ...["-certfile", pair().certificate, "-nointern", "-noverify"],
        ]);
      });
    expect(verify(CONTENT).equals(CONTENT)).toBe(true);
    expect(() => verify(CONTENT.subarray(1))).toThrow(/verification failure/i);
  });
});

describe("kexec-bpf sign", () => {
  it("signs the file itself, through a symbolic link, and keeps its permissions", async () => {
    const file = container();
    chmodSync(file, 0o640);
    const link = join(dirname(file), "link.bpf");
    symlinkSync("zboot.bpf", link);
    expect(await sign(link, rsa)).toMatchObject({ status: 0, stderr: "" });
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(readFileSync(file).subarray(-TEXT.length).toString()).toBe(TEXT);
    expect(readdirSync(dirname(file)).sort()).toEqual(["link.bpf", "link.bpf.manifest.json", "zboot.bpf"]);
  });

  it("leaves the input as it is with -o", async () => {
    const file = container();
    expect((await sign(file, rsa, { words: ["-o", "signed.bpf"] })).status).toBe(0);
    expect(readFileSync(file).equals(CONTENT)).toBe(true);
    expect(existsSync(join(dirname(file), "signed.bpf"))).toBe(true);
  });

  it("leaves a manifest, which checks and whose command signs the same again", async () => {
    const [file, folder] = [container(), newFolder("signed")];
    const out = join(folder, "signed.bpf");
    expect((await sign(file, rsa, { words: ["-o", out, "--hash", "sha512"] })).status).toBe(0);
    const check = () => cli(["check", "signed.bpf.manifest.json", "--inputs"], { cwd: folder });
    const { status, stdout } = await check();
    expect(status).toBe(0);
    const names = [basename(out), relative(folder, file), relative(folder, rsa.certificate)];
    expect(stdout.match(/\S+$/gm)).toEqual(["file", ...names]);
    const [signed, manifest] = [readFileSync(out), readFileSync(`${out}.manifest.json`, "utf8")];
    expect(manifest).not.toContain(output("sha256sum", [rsa.key]).toString().slice(0, 64));
    const { externalParameters } = JSON.parse(manifest).predicate.buildDefinition;
    await cliOk(externalParameters.command.slice(1), { cwd: folder });
    expect(readFileSync(out).equals(signed)).toBe(true);
    expect(readFileSync(`${out}.manifest.json`, "utf8")).toBe(manifest);
    await sign(file, rsa, { words: ["-o", out, "--no-manifest"] });
    expect((await check()).stdout).toMatch(/^output +changed +signed\.bpf$/m);
  });

  it("leaves no input that is gone in the manifest of a file signed in place", async () => {
    const file = container();
    await sign(file, rsa);
    const words = ["check", `${file}.manifest.json`, "--inputs"];
    expect((await cli(words, { cwd: dirname(file) })).status).toBe(0);
    const manifest = JSON.parse(readFileSync(`${file}.manifest.json`, "utf8"));
    const { content } = manifest.predicate.buildDefinition.externalParameters;
    expect(content).toEqual({
      size: CONTENT.length,
      sha256: createHash("sha256").update(CONTENT).digest("hex"),
    });
  });

  it("--json tells sizes, digests and the signer", async () => {
    const file = container();
    const { stdout } = await sign(file, rsa, { words: ["--json"] });
    const sha256 = (path: string) => execFileSync("sha256sum", [path], { encoding: "utf8" }).slice(0, 64);
    const before = sha256(container());
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 1,
      output: file,
      sha256: sha256(file),
      size: statSync(file).size,
      content: { size: CONTENT.length, sha256: before },
      signature: {
        offset: CONTENT.length,
        signers: [{ issuer: "C=DE, O=Example Org, CN=Test signer", hash: "sha256", algorithm: "RSA" }],
        certificates: 0,
      },
      replaced: false,
      warnings: [],
    });
  });

  it("refuses to sign twice, and with --replace signs the bare content anew", async () => {
    const file = container();
    await sign(file, other);
    const once = readFileSync(file);
    const twice = await sign(file, rsa);
    const at = `0x${CONTENT.length.toString(16)}`;
    expect(twice).toMatchObject({ status: 1, stdout: "" });
    expect(twice.stderr).toBe(
      `kexec-bpf: ${file}: signature, offset ${at}: the file is signed already; --replace signs it anew\n`,
    );
    expect(readFileSync(file).equals(once)).toBe(true);
    // As others nest signatures: all go.
    const nested = write(join(newFolder(), "nested"), once);
    execFileSync(signFileTool(), ["sha256", ec.key, ec.certificate, nested], { stdio: "pipe" });
    for (const signed of [file, nested]) {
      expect((await sign(signed, rsa, { words: ["--replace"] })).status).toBe(0);
      const fresh = container();
      await sign(fresh, rsa);
      expect(readFileSync(signed).equals(readFileSync(fresh))).toBe(true);
    }
  });

  it("signs what is no container, and says so", async () => {
    const file = write(join(newFolder(), "text"), "text");
    const { status, stderr } = await sign(file, rsa);
    expect(status).toBe(0);
    expect(stderr).toContain("warning: the content is no .bpf container");
  });

  it.each([
    {
      what: "a key of another certificate",
      words: () => ({ ...rsa, key: other.key }),
      says: /key\.pem: is not the key of the certificate .*cert\.pem\n/,
    },
    {
      what: "a file that is no key",
      words: () => ({ ...rsa, key: rsa.der }),
      says: /cert\.der: openssl cannot read it as a private key\n/,
    },
    {
      what: "a file that is no certificate",
      words: () => ({ ...rsa, certificate: rsa.key }),
      says: /X\.509 certificate, offset 0x0: neither PEM nor DER\n/,
    },
    {
      what: "no such key",
      words: () => ({ ...rsa, key: "/none/key" }),
      says: "/none/key: cannot read: no such file or folder (ENOENT)\n",
    },
    {
      what: "no such certificate",
      words: () => ({ ...rsa, certificate: "/none/cert" }),
      says: "/none/cert: cannot read: no such file or folder (ENOENT)\n",
    },
    {
      what: "Ed25519, which signs no digest",
      words: () => newKey({ kind: ["ed25519"] }),
      says: "key.pem: this key cannot sign with sha256\n",
    },
    {
      what: "an RSA key too small for the hash",
      words: () => newKey({ kind: ["rsa:512"], words: ["-sha256"] }),
      more: ["--hash", "sha512"],
      says: "key.pem: this key cannot sign with sha512\n",
    },
  ])("names $what, and leaves the file as it is", async ({ words, more, says }) => {
    const file = container();
    const outcome = await sign(file, words(), { words: more ?? [] });
    expect(outcome).toMatchObject({ status: 1, stdout: "" });
    if (typeof says === "string") expect(outcome.stderr).toContain(says);
    else expect(outcome.stderr).toMatch(says);
    expect(readFileSync(file).equals(CONTENT)).toBe(true);
    expect(readdirSync(dirname(file))).toEqual(["zboot.bpf"]);
  });

  it("refuses an empty file and one with a broken trailer, by offset", async () => {
    const empty = write(join(newFolder(), "empty"), "");
    expect((await sign(empty, rsa)).stderr).toContain(`${empty}: nothing to sign: it is empty\n`);
    const cut = write(join(newFolder(), "cut"), `abc${TEXT}`);
    const outcome = await sign(cut, rsa, { words: ["--replace"] });
    expect(outcome.status).toBe(1);
    expect(outcome.stderr).toContain(`${cut}: signature trailer, offset 0x0: 3 bytes before the text`);
  });

  it("takes the passphrase from KBUILD_SIGN_PIN, and asks nobody", async () => {
    const key = join(newFolder(), "encrypted.pem");
    output("openssl", ["pkcs8", "-topk8", "-in", rsa.key, "-passout", "pass:secret", "-out", key]);
    const pair = { ...rsa, key };
    const file = container();
    const without = await sign(file, pair);
    expect(without).toMatchObject({ status: 1 });
    expect(without.stderr).toContain("encrypted.pem: needs a passphrase: give it by KBUILD_SIGN_PIN\n");
    const wrong = await sign(file, pair, { env: { KBUILD_SIGN_PIN: "wrong" } });
    expect(wrong.stderr).toContain("the passphrase in KBUILD_SIGN_PIN is wrong\n");
    expect((await sign(file, pair, { env: { KBUILD_SIGN_PIN: "secret" } })).status).toBe(0);
    const plain = container();
    await sign(plain, rsa);
    expect(readFileSync(file).equals(readFileSync(plain))).toBe(true);
  });

  it("says what is missing without openssl: exit status 3", async () => {
    const file = container();
    const outcome = await sign(file, rsa, { env: { PATH: newFolder("empty") } });
    expect(outcome).toMatchObject({ status: 3, stdout: "" });
    expect(outcome.stderr).toMatch(/^kexec-bpf: openssl not found\n {2}tried: openssl\n {2}to mend it: /);
  });

  it.each([
    [["sign", "f", "--cert", "c"], "--key is missing"],
    [["sign", "f", "--key", "k"], "--cert is missing"],
    [
      ["sign", "f", "--key", "k", "--cert", "c", "--hash", "md5"],
      "--hash md5: sha256, sha384, sha512 are known",
    ],
    [["verify-signature", "f"], "--cert or --ca is needed"],
  ])("%j is a usage error", async (argv, says) => {
    const outcome = await cli(argv, { cwd: newFolder() });
    expect(outcome.status).toBe(2);
    expect(outcome.stderr).toContain(says);
  });
});

const MODULE = "/usr/lib/softhsm/libsofthsm2.so";
/** softhsm2 crashes where the provider ends it after openssl has ended: `no-deinit` leaves that out. */
const PROVIDER = `openssl_conf = init
[init]
providers = all
[all]
default = builtin
pkcs11 = token
[builtin]
activate = 1
[token]
pkcs11-module-path = ${MODULE}
pkcs11-module-quirks = no-deinit
activate = 1
`;

/** For the one way that is to be taken; the other finds no module. */
const WAYS: readonly {
  readonly way: string;
  readonly env: () => Environment;
  readonly wrongPin: string;
  readonly noKey: string;
}[] = [
  {
    way: "provider",
    env: () => ({
      OPENSSL_MODULES: pkcs11Modules(),
      OPENSSL_CONF: write(join(newFolder(), "openssl.cnf"), PROVIDER),
      PKCS11_MODULE_PATH: "/none",
    }),
    wrongPin: "openssl finds no such key in a token, or the PIN in KBUILD_SIGN_PIN is wrong",
    noKey: "openssl finds no such key in a token, or the PIN in KBUILD_SIGN_PIN is wrong",
  },
  {
    way: "engine",
    env: () => ({ OPENSSL_MODULES: newFolder("none"), PKCS11_MODULE_PATH: MODULE }),
    wrongPin: "the PIN in KBUILD_SIGN_PIN is wrong",
    noKey: "openssl finds no such key in a token",
  },
];

judgedBy(["softhsm2-util"], "a key in a PKCS#11 token", () => {
  const URI = "pkcs11:token=kexec-bpf;object=signer;type=private";
  let token: Environment;
  beforeAll(() => {
    const folder = newFolder("token");
    const conf = write(
      join(folder, "softhsm2.conf"),
      `directories.tokendir = ${folder}\nobjectstore.backend = file\n`,
    );
    token = { SOFTHSM2_CONF: conf };
    const softhsm = (...words: readonly string[]) =>
      execFileSync("softhsm2-util", [...words, "--pin", "1234"], {
        env: { ...process.env, ...token },
        stdio: "pipe",
      });
    softhsm("--init-token", "--free", "--label", "kexec-bpf", "--so-pin", "0000");
    const pkcs8 = join(folder, "key.p8");
    output("openssl", ["pkcs8", "-topk8", "-nocrypt", "-in", rsa.key, "-out", pkcs8]);
    softhsm("--import", pkcs8, "--token", "kexec-bpf", "--label", "signer", "--id", "01");
  });

  describe.each(WAYS)("by openssl's $way", ({ env, wrongPin, noKey }) => {
    it("gives the signature that the same key in a file gives", async () => {
      const [fromToken, fromFile] = [container(), container()];
      const outcome = await sign(
        fromToken,
        { ...rsa, key: `${URI}?pin-value=1234` },
        { env: { ...token, ...env() } },
      );
      expect(readFileSync(`${fromToken}.manifest.json`, "utf8")).toContain(`"${URI}"`);
      expect(outcome).toMatchObject({ status: 0, stderr: "" });
      await sign(fromFile, rsa);
      expect(readFileSync(fromToken).equals(readFileSync(fromFile))).toBe(true);
    });

    it.each([
      { pin: undefined, uri: URI, says: "needs a PIN: give it by KBUILD_SIGN_PIN" },
      { pin: "4321", uri: URI, says: wrongPin },
      { pin: "1234", uri: URI.replace("signer", "none"), says: noKey },
    ])("with PIN $pin for $uri: $says", async ({ pin, uri, says }) => {
      const file = container();
      const outcome = await sign(
        file,
        { ...rsa, key: uri },
        { env: { ...token, ...env(), KBUILD_SIGN_PIN: pin } },
      );
      expect(outcome).toMatchObject({ status: 1 });
      expect(outcome.stderr).toContain(`kexec-bpf: ${uri}: ${says}\n`);
      expect(readFileSync(file).equals(CONTENT)).toBe(true);
    });
  });
});

it("an openssl that knows no token's keys is told with what was tried: exit status 3", async () => {
  const folder = newFolder("bin");
  script(join(folder, "openssl"), '[ "$*" = version ] && echo "OpenSSL 3.0.0" || exit 1');
  const file = container();
  const outcome = await sign(file, { ...rsa, key: "pkcs11:object=x" }, { env: { PATH: folder } });
  expect(outcome.status).toBe(3);
  expect(outcome.stderr).toContain(
    "PKCS#11 for openssl not found\n  tried: openssl's provider pkcs11\n  tried: openssl's engine pkcs11\n",
  );
});
