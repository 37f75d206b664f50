import { setupScript } from "#api/package-root.ts";
import type { SignedData, Signer } from "#formats/signature/cms.ts";
import { failureText } from "#report/failure-text.ts";
import type { Io } from "#report/io.ts";
import { table } from "#report/table.ts";
import type { SigningContext } from "#signing/context.ts";
import type { Signed } from "#signing/sign.ts";
import { why } from "#signing/strength.ts";

export function signingContext({ env, cwd, signal }: Io): SigningContext {
  return { env, discovery: { env, cwd, signal, setupScript: setupScript() } };
}

/** A kernel takes signed containers; other signed files (modules, kernels) are good for other things. */
export function warnings({ notContainer, weakness, nested = false }: Doubts): readonly string[] {
  const inner =
    "the content ends with a signature too, which is not verified: kernels look at the last one alone";
  return [
    ...(weakness === undefined ? [] : [why(weakness)]),
    ...(nested ? [inner] : []),
    ...(notContainer === undefined ? [] : [`the content is no .bpf container: ${failureText(notContainer)}`]),
  ];
}

type Doubts = Pick<Signed, "notContainer" | "weakness"> & { readonly nested?: boolean };

/** A signed file for people. */
export function signatureRows(
  file: string,
  content: { readonly size: number; readonly sha256: string },
  signature: { readonly offset: number; readonly size: number } & SignedData,
): string {
  return `${table([
    ["file", file],
    ["content", `${content.size} bytes, sha256 ${content.sha256}`],
    ["signature", `${signature.size} bytes from 0x${signature.offset.toString(16)}`],
    ...signature.signers.flatMap(signerRows),
  ])}\n`;
}

function signerRows(signer: Signer): readonly (readonly string[])[] {
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
