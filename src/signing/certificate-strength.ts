import { ok, type Result } from "#core/result.ts";
import { readCertificates, splitCertificates } from "./certificate.ts";
import { keyFacts } from "./public-key.ts";
import { findWeakness, type Weakness } from "./strength.ts";

/** How the key of a file's first certificate, the signer's, falls short of what kernels take. */
export async function certificateWeakness(file: string): Promise<Result<Weakness | undefined>> {
  const pem = await readCertificates(file);
  if (!pem.ok) return pem;
  return ok(findWeakness([], splitCertificates(pem.value).slice(0, 1).map(keyFacts)));
}
