import { ALLOW_WEAK, JSON_FLAG } from "#commands/options.ts";
import type { Read } from "#grammar/read.ts";
import type { CommandRow } from "#grammar/rows.ts";

export const VERIFY_SIGNATURE = {
  describe: "verify the signature that a container ends with",
  positionals: { file: { type: "path", required: true } },
  options: {
    cert: { type: "path", describe: "the signer's certificate, PEM or DER" },
    ca: {
      type: "path",
      describe: "trusted certificates, PEM or DER: the signer's, or those that signed it",
    },
    "allow-weak": ALLOW_WEAK,
    json: JSON_FLAG,
  },
} as const satisfies CommandRow;

export type VerifySignatureWords = Read<typeof VERIFY_SIGNATURE>;
