import { isRecord } from "#core/is-record.ts";
import type { ToolKind } from "#toolchain/choose.ts";
import { compareVersions, isAtLeast } from "#toolchain/version.ts";

/** From 3.0 on, `openssl cms` takes certificates in DER as well as in PEM, and keys by provider. */
export const OPENSSL_NEEDED = "3.0";

export type OpensslFacts = { readonly version: string };

/** Reads `openssl version`. LibreSSL, which has the same name and another `cms`, is not taken. */
function parseOpensslVersion(text: string): string | undefined {
  return /^OpenSSL (\d+(?:\.\d+)*)/.exec(text)?.[1];
}

export const opensslKind: ToolKind<OpensslFacts> = {
  tool: "openssl",
  probe: async (ask) => {
    const answer = await ask("version");
    if ("why" in answer) return answer.why;
    const version = parseOpensslVersion(answer.text);
    return version === undefined ? "does not say an OpenSSL version" : { version };
  },
  isFacts: (value): value is OpensslFacts => isRecord(value) && typeof value["version"] === "string",
  shortcoming: ({ version }) =>
    isAtLeast(version, OPENSSL_NEEDED) ? undefined : { tooOld: true, why: `version ${version}` },
  compare: (left, right) => compareVersions(left.version, right.version),
};
