import { err, ok, type Result } from "#core/result.ts";
import { readOsRelease } from "#toolchain/os-release.ts";
import { runTool, type ToolRun } from "#toolchain/process.ts";
import { remedyFor } from "#toolchain/remedy.ts";
import { type DiscoveryOptions, resolveSettings } from "#toolchain/settings.ts";

/** The ways in which openssl comes to a token's keys, the newer one first, and the question whether it is there. */
const WAYS = [
  {
    name: "provider pkcs11",
    question: ["list", "-providers", "-provider", "pkcs11"],
    words: ["-provider", "pkcs11", "-provider", "default"],
  },
  {
    name: "engine pkcs11",
    question: ["engine", "pkcs11"],
    words: ["-engine", "pkcs11", "-keyform", "engine"],
  },
] as const;

/**
 * What `openssl cms` is given for a key whose name is a PKCS#11 URI (RFC 7512).
 *
 * @param openssl the path of openssl
 * @param env what openssl runs with: its configuration may name a provider, and the module to use
 * @returns `tool-missing` where openssl has neither way; failures of running it
 */
export async function pkcs11Words(
  openssl: string,
  env: Readonly<Record<string, string>>,
  options: DiscoveryOptions,
): Promise<Result<readonly string[]>> {
  const tried: string[] = [];
  for (const { name, question, words } of WAYS) {
    const run: ToolRun = { tool: "openssl", file: openssl, args: question, env };
    const asked = await runTool(options.signal === undefined ? run : { ...run, signal: options.signal });
    if (asked.ok) return ok(words);
    if (asked.failure.reason !== "tool-failed") return asked;
    tried.push(`openssl's ${name}`);
  }
  const { osRelease, root } = resolveSettings(options).places;
  // scripts/setup brings what builds need; nobody needs a token for that.
  const remedy = remedyFor(await readOsRelease(osRelease), ["pkcs11"], { root, setupScript: undefined });
  const failure = { reason: "tool-missing", tool: "PKCS#11 for openssl", tried } as const;
  return err(remedy === undefined ? failure : { ...failure, remedy });
}
