import { dirname } from "node:path";
import type { Context } from "#api/context.ts";
import type { Result } from "#core/result.ts";
import type { OutputSet } from "#files/output-set.ts";
import {
  type ManifestRequest,
  manifestBeside,
  manifestFiles,
  nameOf,
  writeManifest,
} from "#manifest/manifest.ts";
import type { Signed, SignRequest } from "#signing/sign.ts";
import { isToken, withoutPin } from "#signing/signing-key.ts";
import { packageRoot } from "./package-root.ts";
import { VERSION } from "./version.ts";

/**
 * Adds `OUTPUT.manifest.json` to the set that has the signed file. The input is the unsigned content, which a file that was signed in place no longer
 * is; the key is named by the command, without a token's PIN, and never hashed.
 */
export async function writeSignManifest(
  request: SignRequest,
  { output, sha256, content, replaced, openssl }: Signed,
  env: Context["env"],
  set: OutputSet,
): Promise<Result<void>> {
  const { file, key, certificate, hash } = request;
  const inPlace = file === output;
  const inputs = await manifestFiles([...(inPlace ? [] : [file]), certificate]);
  if (!inputs.ok) return inputs;
  const [folder, program] = [dirname(output), packageRoot()];
  const name = (path: string) => nameOf(path, folder, program);
  const keyName = isToken(key) ? withoutPin(key) : name(key);
  const manifest: ManifestRequest = {
    file: manifestBeside(output),
    command: [
      ...["kexec-bpf", "sign", name(file), "--key", keyName, "--cert", name(certificate), "--hash", hash],
      ...(inPlace ? [] : ["--output", name(output)]),
      ...(request.replace ? ["--replace"] : []),
      ...(request.allowWeak ? ["--allow-weak"] : []),
    ],
    parameters: { kind: "signature", content, replaced },
    outputs: [{ path: output, sha256 }],
    inputs: inputs.value,
    tools: { "kexec-bpf": VERSION, openssl },
    program,
    sourceDateEpoch: env["SOURCE_DATE_EPOCH"],
  };
  return writeManifest(manifest, set);
}
