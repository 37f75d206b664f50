import { doctor } from "#api/doctor.ts";
import { EXIT } from "#report/exit-code.ts";
import type { Io } from "#report/io.ts";
import { styleFor } from "#report/style.ts";
import type { DoctorWords } from "./options.ts";
import { doctorText } from "./text.ts";

export async function runDoctor({ given }: DoctorWords, io: Io): Promise<number> {
  const report = await doctor(given, io);
  io.stdout(
    given.json ? `${JSON.stringify(report)}\n` : doctorText(report, styleFor(io.terminal.stdout, io.env)),
  );
  return report.healthy ? EXIT.ok : EXIT.tools;
}
