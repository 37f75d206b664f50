import type { Context } from "#api/context.ts";
import { takeTurn } from "#build/lock.ts";
import type { Result } from "#core/result.ts";

/** Does work on an output folder while no other build is at it. Errors: those of `takeTurn` and of the work. */
export async function inTurn<T>(
  folder: string,
  { emit, signal }: Pick<Context, "emit" | "signal">,
  work: () => Promise<Result<T>>,
): Promise<Result<T>> {
  const turn = await takeTurn(folder, signal, () =>
    emit({ kind: "note", text: `waiting for another build in ${folder}` }),
  );
  if (!turn.ok) return turn;
  try {
    return await work();
  } finally {
    turn.value();
  }
}
