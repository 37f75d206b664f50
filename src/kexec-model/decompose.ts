import type { Result } from "#core/result.ts";
import { decomposeV6 } from "./decompose-v6.ts";
import { decomposeV7 } from "./decompose-v7.ts";
import type { Decomposed, DecomposeInput } from "./types.ts";

/**
 * Takes an image apart as the kernel's `decompose_kexec_image()` does; `runParser` says what each parser sends.
 *
 * Errors: `not-decomposed`, naming the stage, the command where it is one, and the causes. Never another.
 */
export function decomposeImage(input: DecomposeInput): Promise<Result<Decomposed>> {
  return input.revision === "v6" ? decomposeV6(input) : decomposeV7(input);
}
