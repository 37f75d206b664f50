import type { Result } from "#core/result.ts";
import { deliver } from "#files/deliver.ts";
import type { Io } from "#report/io.ts";
import { tell } from "#report/report-failure.ts";

/** Writes a page of results, where one is asked for. Gives the exit status of what came between, undefined for nothing. */
export async function writeResultPage(
  file: string | undefined,
  make: () => Promise<Result<Buffer>>,
  io: Io,
): Promise<number | undefined> {
  if (file === undefined) return undefined;
  const page = await make();
  const written = page.ok ? await deliver(file, page.value, io.signal) : page;
  return written.ok ? undefined : tell(io, written.failure);
}
