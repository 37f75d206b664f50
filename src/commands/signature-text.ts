import type { SignReport } from "#api/sign.ts";
import { table } from "#report/table.ts";

type Signature = SignReport["signature"];

/** A signed file for people. */
export function signatureRows(file: string, content: SignReport["content"], signature: Signature): string {
  return `${table([
    ["file", file],
    ["content", `${content.size} bytes, sha256 ${content.sha256}`],
    ["signature", `${signature.size} bytes from 0x${signature.offset.toString(16)}`],
    ...signature.signers.flatMap(signerRows),
  ])}\n`;
}

function signerRows(signer: Signature["signers"][number]): readonly (readonly string[])[] {
  return [
    ...("keyId" in signer
      ? [["key identifier", signer.keyId]]
      : [
          ["issuer", signer.issuer],
          ["serial number", signer.serial],
        ]),
    ["hash", signer.hash],
    ["algorithm", signer.algorithm],
  ];
}
