import { disasm } from "#api/disasm.ts";
import { EXIT } from "#report/exit-code.ts";
import { failureText } from "#report/failure-text.ts";
import type { Io } from "#report/io.ts";
import { report, reportUsage } from "#report/report-failure.ts";
import { styleFor } from "#report/style.ts";
import type { DisasmWords } from "./options.ts";
import { programJson, programText } from "./text.ts";

export async function runDisasm({ given }: DisasmWords, io: Io): Promise<number> {
  const { load, loader, abi, btf, raw, json } = given;
  if (abi !== undefined && btf !== undefined) return reportUsage(io, "--abi and --btf exclude each other");
  if (!load && (loader || abi !== undefined || btf !== undefined))
    return reportUsage(io, "--no-load goes with neither --loader nor --abi nor --btf");
  const listed = await disasm(given);
  if (!listed.ok) return report(io, listed.failure);
  const { programs, poisoned, unloadable, file, form, loaded } = listed.value;
  if (unloadable !== undefined)
    io.stderr(`kexec-bpf: printed as it stands, not loaded: ${failureText(unloadable)}\n`);
  if (poisoned > 0) {
    io.stderr(
      `kexec-bpf: instructions that name what the target kernel has not: ${poisoned}; --abi or --btf chooses another\n`,
    );
  }
  if (json) {
    const told = programs.map((program) => programJson(program, raw));
    io.stdout(`${JSON.stringify({ schema: 1, file, form, loaded, programs: told })}\n`);
  } else {
    const style = styleFor(io.terminal.stdout, io.env);
    io.stdout(programs.map((program) => programText(program, { raw, style })).join("\n"));
  }
  return EXIT.ok;
}
