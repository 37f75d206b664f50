import { ALLOW_WEAK, JSON_FLAG } from "#commands/options.ts";
import type { Read } from "#grammar/read.ts";
import type { CommandRow } from "#grammar/rows.ts";

export const SIGN = {
  describe: "sign a container as the kernel's scripts/sign-file does",
  positionals: { file: { type: "path", required: true } },
  options: {
    key: {
      type: "key",
      required: true,
      describe: "private key: a file, or a PKCS#11 URI (pkcs11:…); its passphrase or PIN in KBUILD_SIGN_PIN",
    },
    cert: { type: "path", required: true, describe: "the key's certificate, PEM or DER" },
    hash: {
      type: "word",
      choices: ["sha256", "sha384", "sha512"],
      default: "sha256",
      describe: "hash to sign with",
    },
    output: {
      type: "output",
      alias: "o",
      describe: "file to write; without it the file itself is signed",
    },
    replace: { type: "flag", describe: "in place of an existing signature" },
    "allow-weak": ALLOW_WEAK,
    manifest: {
      type: "flag",
      default: true,
      describe: "write FILE.manifest.json; --no-manifest leaves it out",
    },
    json: JSON_FLAG,
  },
} as const satisfies CommandRow;

export type SignWords = Read<typeof SIGN>;
