import { resolve } from "node:path";
import { deliver } from "#files/deliver.ts";
import { extractKernel } from "#kernel-image/extract.ts";
import type { ExtractLayer } from "#kernel-image/extract-layers.ts";
import { EXIT } from "#report/exit-code.ts";
import type { Io } from "./io.ts";
import { besideOutput, outputPath } from "./output-word.ts";
import { report } from "./report-failure.ts";
import { formatSize } from "./sizes.ts";

export type ExtractRequest = {
  readonly file: string;
  readonly output: string;
  readonly json: boolean;
  readonly layer?: ExtractLayer | undefined;
  /** Without asking whether what comes out is a kernel. */
  readonly raw?: boolean;
};

/** What `extract` does once its options are understood; returns the exit status. */
export async function runExtract(request: ExtractRequest, io: Io): Promise<number> {
  const output = outputPath(io, request.output);
  const beside = besideOutput(io, output, request.json);
  if (!beside.ok) return report(io, beside.failure);
  const extracted = await extractKernel(resolve(io.cwd, request.file), request);
  if (!extracted.ok) return report(io, extracted.failure);
  const { bytes, steps, what, warnings } = extracted.value;
  for (const warning of warnings) io.stderr(`kexec-bpf: warning: ${warning}\n`);
  const written = await deliver(output, bytes, io.signal);
  if (!written.ok) return report(io, written.failure);
  if (request.json) {
    // Only here: hashing takes a tenth of the time of everything else together.
    const { digest } = await import("#files/digest.ts");
    const told = { schema: 1, output, what, steps, warnings, size: bytes.length, sha256: digest(bytes) };
    beside.value.stdout(`${JSON.stringify(told)}\n`);
  } else {
    beside.value.stdout(
      `${output}: ${what}, ${formatSize(bytes.length)} (${[...steps, what].join(" > ")})\n`,
    );
  }
  return EXIT.ok;
}
