import { sign } from "#api/sign.ts";
import { besideOutput } from "#commands/beside-output.ts";
import { signatureRows } from "#commands/signature-text.ts";
import { EXIT } from "#report/exit-code.ts";
import type { Io } from "#report/io.ts";
import { report } from "#report/report-failure.ts";
import type { SignWords } from "./options.ts";

export async function runSign({ given }: SignWords, io: Io): Promise<number> {
  const output = given.output ?? given.file;
  const beside = besideOutput(io, output, given.json);
  if (!beside.ok) return report(io, beside.failure);
  const signed = await sign({ ...given, output, certificate: given.cert }, io);
  if (!signed.ok) return report(io, signed.failure);
  const { content, signature, warnings } = signed.value;
  for (const warning of warnings) io.stderr(`kexec-bpf: warning: ${warning}\n`);
  beside.value.stdout(
    given.json ? `${JSON.stringify(signed.value)}\n` : signatureRows(output, content, signature),
  );
  return EXIT.ok;
}
