import { check } from "#api/check.ts";
import { EXIT } from "#report/exit-code.ts";
import type { Io } from "#report/io.ts";
import { report } from "#report/report-failure.ts";
import { styleFor } from "#report/style.ts";
import type { CheckWords } from "./options.ts";
import { checkText } from "./text.ts";

export async function runCheck({ given }: CheckWords, io: Io): Promise<number> {
  const checked = await check(given);
  if (!checked.ok) return report(io, checked.failure);
  const style = styleFor(io.terminal.stdout, io.env);
  io.stdout(
    given.json ? `${JSON.stringify(checked.value)}\n` : checkText(checked.value, given.inputs, style),
  );
  return checked.value.ok ? EXIT.ok : EXIT.failed;
}
