import type { Result } from "#core/result.ts";
import { runTool, type ToolOutput, type ToolRun } from "#toolchain/process.ts";
import type { DiscoveryOptions } from "#toolchain/settings.ts";

/** What signing works with beside its request. */
export type SigningContext = {
  /** Where openssl is looked for; its signal ends openssl. */
  readonly discovery: DiscoveryOptions;
  /** What openssl runs with: SSL's, the token's and `KBUILD_SIGN_PIN`. */
  readonly env: Readonly<Record<string, string | undefined>>;
};

/** The variables that are set. */
export function definedVariables(env: SigningContext["env"]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

export function runOpenssl(
  context: SigningContext,
  run: Pick<ToolRun, "file" | "args" | "input">,
): Promise<Result<ToolOutput>> {
  const { signal } = context.discovery;
  const whole: ToolRun = { tool: "openssl", env: definedVariables(context.env), ...run };
  return runTool(signal === undefined ? whole : { ...whole, signal });
}
