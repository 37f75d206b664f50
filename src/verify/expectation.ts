import type { Command } from "#abi/command.ts";
import type { Injection } from "#bpf-vm/injection.ts";
import type { Failure } from "#core/failure.ts";
import type { Result } from "#core/result.ts";

/**
 * The buffers that the kernel should see in a run, refused ones included.
 *
 * @param expected the reference's stream without anything denied
 * @param sent how many buffers came: a parser that was denied something may send nothing, but not a part
 */
export function streamDue(
  expected: Result<readonly Command[], Failure>,
  injection: Injection | undefined,
  sent: number,
): readonly Command[] {
  const { refuseBuffer, ...denials } = injection ?? {};
  if (!expected.ok || (sent === 0 && Object.keys(denials).length > 0)) return [];
  return expected.value.slice(0, refuseBuffer);
}
