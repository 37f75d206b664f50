import type { Result } from "#core/result.ts";
import { toolEnvironment } from "#toolchain/environment.ts";
import { runTool, type ToolOutput, type ToolRun } from "#toolchain/process.ts";
import type { DiscoveryOptions } from "#toolchain/settings.ts";

/** What signing works with beside its request. */
export type SigningContext = {
  /** Where openssl is looked for; its signal ends openssl. */
  readonly discovery: DiscoveryOptions;
  /** What openssl runs with: SSL's and the token's; `KBUILD_SIGN_PIN` is the secret, and goes to it by a pipe. */
  readonly env: Readonly<Record<string, string | undefined>>;
};

/** What openssl sees of them. */
export function definedVariables(env: SigningContext["env"]): Readonly<Record<string, string>> {
  return toolEnvironment(env);
}

export function runOpenssl(
  context: SigningContext,
  run: Pick<ToolRun, "file" | "args" | "input">,
): Promise<Result<ToolOutput>> {
  const { signal } = context.discovery;
  const env = definedVariables(context.env);
  return runTool({ tool: "openssl", env, ...run, ...(signal && { signal }) });
}
