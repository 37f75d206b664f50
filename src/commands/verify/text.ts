import type { VerifyReport } from "#api/verify/request.ts";
import { coverageText } from "#report/coverage-text.ts";
import type { Style } from "#report/style.ts";
import { verificationText } from "#report/verification-text.ts";

export function verifiedText({ verification, coverage }: VerifyReport, style: Style): string {
  return [verificationText(verification, style), ...(coverage ?? []).map(coverageText)].join("\n");
}
