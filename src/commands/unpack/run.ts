import { unpack } from "#api/unpack.ts";
import { EXIT } from "#report/exit-code.ts";
import type { Io } from "#report/io.ts";
import { drawingProgress } from "#report/progress.ts";
import { report } from "#report/report-failure.ts";
import type { UnpackWords } from "./options.ts";
import { unpackText } from "./text.ts";

export async function runUnpack({ given }: UnpackWords, io: Io): Promise<number> {
  const { file, output, json } = given;
  const unpacked = await drawingProgress(io, (progress) =>
    unpack({ file, folder: output, digests: json }, { signal: io.signal, progress }),
  );
  if (!unpacked.ok) return report(io, unpacked.failure);
  for (const note of unpacked.value.notes) io.stderr(`kexec-bpf: ${note}\n`);
  io.stdout(json ? `${JSON.stringify(unpacked.value)}\n` : unpackText(unpacked.value));
  return EXIT.ok;
}
