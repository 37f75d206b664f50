import { eject } from "#api/eject/eject.ts";
import { EXIT } from "#report/exit-code.ts";
import type { Io } from "#report/io.ts";
import { report } from "#report/report-failure.ts";
import type { EjectWords } from "./options.ts";
import { ejectText } from "./text.ts";

export async function runEject({ given }: EjectWords, io: Io): Promise<number> {
  const { folder, abi, targets } = given;
  const ejected = await eject({ folder, revision: abi, targetFolders: targets });
  if (!ejected.ok) return report(io, ejected.failure);
  io.stdout(given.json ? `${JSON.stringify(ejected.value)}\n` : ejectText(ejected.value));
  return EXIT.ok;
}
