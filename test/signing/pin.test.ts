import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { masked, withoutPin } from "#signing/signing-key.ts";
import { cli, type Environment } from "../support/cli.ts";
import { newFolder, script, write } from "../support/kernel-tree.ts";
import { type KeyPair, newKey } from "../support/keys.ts";
import { output } from "../support/tools.ts";

const PIN = "s3cret-4711";

let pair: KeyPair;
let message: string;
beforeAll(() => {
  pair = newKey();
  const folder = newFolder();
  message = join(folder, "message");
  const content = write(join(folder, "content"), "text");
  const words = ["cms", "-sign", "-binary", "-noattr", "-nocerts", "-outform", "DER", "-in", content];
  write(message, output("openssl", [...words, "-signer", pair.certificate, "-inkey", pair.key]));
});

/** An openssl that has a provider for tokens, writes down all that it is given, and repeats its stdin where it fails. */
function recorder(fails: boolean): { readonly env: Environment; readonly seen: (what: string) => string } {
  const folder = newFolder("bin");
  script(
    join(folder, "openssl"),
    `PATH=/usr/bin:/bin
case "$1" in
  version) echo "OpenSSL 3.0.0"; exit 0 ;;
  cms) ;;
  *) exit 0 ;;
esac
printf '%s\\n' "$@" > ${folder}/argv
tr '\\0' '\\n' < /proc/$$/environ > ${folder}/environ
cat > ${folder}/stdin
${fails ? `echo "pkcs11: cannot log in with pin-value=$(cat ${folder}/stdin) or PIN $(cat ${folder}/stdin)" >&2; exit 9` : `cat ${message}`}`,
  );
  return { env: { PATH: folder }, seen: (what) => readFileSync(join(folder, what), "utf8") };
}

const WAYS: readonly {
  readonly way: string;
  readonly key: () => string;
  readonly env: Environment;
}[] = [
  { way: "pin-value", key: () => `pkcs11:object=signer?pin-value=${PIN}`, env: {} },
  { way: "an encoded pin-value", key: () => "pkcs11:object=signer?pin-value=s3cret%2D4711", env: {} },
  { way: "pin-value in the path", key: () => `pkcs11:pin-value=${PIN};object=signer`, env: {} },
  {
    way: "pin-source",
    key: () => `pkcs11:object=signer?pin-source=file://${write(join(newFolder(), "pin"), `${PIN}\n`)}`,
    env: {},
  },
  { way: "KBUILD_SIGN_PIN", key: () => "pkcs11:object=signer", env: { KBUILD_SIGN_PIN: PIN } },
];

describe.each(WAYS)("a PIN by $way", ({ key, env }) => {
  it.each([
    { format: "words", more: [] },
    { format: "JSON", more: ["--json"] },
  ])(
    "comes to openssl by stdin alone, and into nothing that is said or written, in $format",
    async ({ more }) => {
      const openssl = recorder(false);
      const [folder, named] = [newFolder(), key()];
      const file = write(join(folder, "file"), "text");
      const words = ["sign", file, "--key", named, "--cert", pair.certificate, "-o", "signed", ...more];
      const { status, stdout, stderr } = await cli(words, { cwd: folder, env: { ...env, ...openssl.env } });
      expect({ status, stderr }).toMatchObject({ status: 0 });
      expect(openssl.seen("stdin")).toBe(`${PIN}\n`);
      expect(openssl.seen("argv")).toMatch(/^-passin\nstdin$/m);
      expect(openssl.seen("argv")).toMatch(/^pkcs11:object=signer$/m);
      const manifest = readFileSync(join(folder, "signed.manifest.json"), "utf8");
      for (const text of [openssl.seen("argv"), openssl.seen("environ"), stdout, stderr, manifest]) {
        expect(text).not.toMatch(/s3cret/);
      }
      expect(manifest).toContain('"pkcs11:object=signer"');
    },
  );

  it("is masked where openssl repeats it", async () => {
    const openssl = recorder(true);
    const folder = newFolder();
    const file = write(join(folder, "file"), "text");
    const words = ["sign", file, "--key", key(), "--cert", pair.certificate];
    const { status, stdout, stderr } = await cli(words, { cwd: folder, env: { ...env, ...openssl.env } });
    expect(status).not.toBe(0);
    expect(stderr).toContain("pkcs11: cannot log in with pin-value=… or PIN …");
    expect(stdout + stderr).not.toMatch(/s3cret/);
    expect(readdirSync(folder)).toEqual(["file"]);
  });
});

it("build, whose bpftool knows no tokens, refuses a URI without repeating it: exit status 2", async () => {
  const words = ["build", "zboot", "--sign-key", `pkcs11:object=x?pin-value=${PIN}`, "--sign-cert", "c"];
  const { status, stdout, stderr } = await cli(words, { cwd: newFolder() });
  expect(status).toBe(2);
  expect(stderr).toContain("--sign-key is a file in PEM");
  expect(stdout + stderr).not.toMatch(/s3cret/);
});

describe("a key's URI", () => {
  const sign = (key: string) => {
    const folder = newFolder();
    const file = write(join(folder, "file"), "text");
    const words = ["sign", file, "--key", key, "--cert", pair.certificate];
    return cli(words, { cwd: folder, env: recorder(false).env });
  };

  it.each([
    ["two PINs", "pkcs11:object=x?pin-value=s3cret&pin-source=/none", "the URI has more than one PIN"],
    ["a broken encoding", "pkcs11:object=x?pin-value=s3cret%zz", "pin-value: not encoded as URIs are"],
    ["a program", "pkcs11:object=x?pin-source=|touch%20ran", "pin-source is a program, which is not run"],
  ])("with %s is refused, and shown without its PIN", async (_what, key, says) => {
    const { status, stderr } = await sign(key);
    expect(status).toBe(1);
    expect(stderr).toContain(says);
    expect(stderr).not.toContain("s3cret");
    expect(existsSync("ran")).toBe(false);
  });

  it("whose pin-source is not there is told with that file", async () => {
    const { stderr } = await sign("pkcs11:object=x?pin-source=file:///none/pin");
    expect(stderr).toContain("/none/pin: cannot read: no such file or folder (ENOENT)");
  });

  it("keeps all but its PIN", () => {
    const uri = "pkcs11:token=a;pin-value=1;object=b%3B?module-path=/m.so&pin-value=2&pin-source=/p";
    expect(withoutPin(uri)).toBe("pkcs11:token=a;object=b%3B?module-path=/m.so");
    expect(withoutPin("/keys/pin-value=1.pem")).toBe("/keys/pin-value=1.pem");
    expect(masked(uri, undefined)).toBe(
      "pkcs11:token=a;pin-value=…;object=b%3B?module-path=/m.so&pin-value=…&pin-source=/p",
    );
  });
});
