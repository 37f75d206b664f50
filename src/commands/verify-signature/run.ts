import { verifySignature } from "#api/verify-signature.ts";
import { signatureRows } from "#commands/signature-text.ts";
import { EXIT } from "#report/exit-code.ts";
import type { Io } from "#report/io.ts";
import { report, reportUsage } from "#report/report-failure.ts";
import type { VerifySignatureWords } from "./options.ts";

export async function runVerifySignature({ given }: VerifySignatureWords, io: Io): Promise<number> {
  const { file, cert, ca, allowWeak, json } = given;
  if (cert === undefined && ca === undefined) return reportUsage(io, "--cert or --ca is needed");
  const verified = await verifySignature({ file, certificate: cert, authorities: ca, allowWeak }, io);
  if (!verified.ok) return report(io, verified.failure);
  const { content, signature, warnings } = verified.value;
  for (const warning of warnings) io.stderr(`kexec-bpf: warning: ${warning}\n`);
  io.stdout(
    json
      ? `${JSON.stringify(verified.value)}\n`
      : `the signature holds\n${signatureRows(file, content, signature)}`,
  );
  return EXIT.ok;
}
