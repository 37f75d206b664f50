import { unreachable } from "#core/unreachable.ts";
import { runExtract } from "./extract.ts";
import { runInspect } from "./inspect.ts";
import { LARGEST_PART } from "./limits.ts";
import { onOwnProcess } from "./own-process.ts";
import type { PlainForm } from "./plain-form.ts";
import { printing } from "./printing.ts";

/** Runs a request that needed no yargs, as a process. */
export function runPlain(form: PlainForm): Promise<void> {
  return onOwnProcess((world) => {
    const io = printing(world, form.json);
    switch (form.command) {
      case "inspect":
        return runInspect({ ...form, limit: LARGEST_PART }, io);
      case "extract":
        return runExtract(form, io);
      default:
        return unreachable(form);
    }
  });
}
