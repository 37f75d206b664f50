import { dirname, resolve } from "node:path";
import type { Argv } from "yargs";
import type { Result } from "#core/result.ts";
import { deliver, isStream } from "#files/deliver.ts";
import { removeStaleTemporaries } from "#files/output.ts";
import { withOutputSet } from "#files/output-set.ts";
import { EXIT } from "#report/exit-code.ts";
import type { Io } from "#report/io.ts";
import { report } from "#report/report-failure.ts";
import type { Signed, SignRequest } from "#signing/sign.ts";
import { ALLOW_WEAK } from "./allow-weak.ts";
import type { Call } from "./call.ts";
import { besideOutput, outputPath } from "./output-word.ts";
import { signatureRows, signingContext, warnings } from "./signature-text.ts";

/** `kexec-bpf sign`: appends a signature as the kernel's scripts/sign-file does. */
export function signCommand(parser: Argv, { io, finish }: Call): Argv {
  return parser.command(
    "sign <file>",
    "sign a container as the kernel's scripts/sign-file does",
    (command) =>
      command
        .positional("file", { type: "string", demandOption: true })
        .option("key", {
          type: "string",
          requiresArg: true,
          demandOption: true,
          describe:
            "private key: a file, or a PKCS#11 URI (pkcs11:…); its passphrase or PIN in KBUILD_SIGN_PIN",
        })
        .option("cert", {
          type: "string",
          requiresArg: true,
          demandOption: true,
          describe: "the key's certificate, PEM or DER",
        })
        .option("hash", { choices: ["sha256", "sha384", "sha512"] as const, default: "sha256" as const })
        .option("output", {
          alias: "o",
          type: "string",
          requiresArg: true,
          describe: "file to write; without it the file itself is signed",
        })
        .option("replace", { type: "boolean", default: false, describe: "in place of an existing signature" })
        .option("allow-weak", ALLOW_WEAK)
        .option("manifest", {
          type: "boolean",
          default: true,
          describe: "write FILE.manifest.json; --no-manifest leaves it out",
        })
        .option("json", { type: "boolean", default: false }),
    async (options) => {
      const { signFile } = await import("#signing/sign.ts");
      const { isToken } = await import("#signing/signing-key.ts");
      const file = resolve(io.cwd, options.file);
      const { key } = options;
      const { manifestTime } = await import("#manifest/manifest.ts");
      const time = manifestTime(io.env["SOURCE_DATE_EPOCH"]);
      if (options.manifest && !time.ok) return finish(report(io, time.failure));
      const request: SignRequest = {
        file,
        output: outputPath(io, options.output ?? options.file),
        key: isToken(key) ? key : resolve(io.cwd, key),
        certificate: resolve(io.cwd, options.cert),
        hash: options.hash,
        replace: options.replace,
        allowWeak: options.allowWeak,
      };
      const beside = besideOutput(io, request.output, options.json);
      if (!beside.ok) return finish(report(io, beside.failure));
      // Beside a pipe or device is no place for a manifest.
      const signed =
        options.manifest && !isStream(request.output)
          ? await signWithManifest(request, io)
          : await signFile(request, signingContext(io), (output, bytes) => deliver(output, bytes, io.signal));
      if (!signed.ok) return finish(report(io, signed.failure));
      const { notContainer, weakness, openssl: _, ...facts } = signed.value;
      const said = warnings({ notContainer, weakness });
      for (const warning of said) io.stderr(`kexec-bpf: warning: ${warning}\n`);
      beside.value.stdout(
        options.json
          ? `${JSON.stringify({ schema: 1, ...facts, warnings: said })}\n`
          : signatureRows(facts.output, facts.content, facts.signature),
      );
      finish(EXIT.ok);
    },
  );
}

/** The signed file and its manifest, both or neither. */
async function signWithManifest(request: SignRequest, io: Io): Promise<Result<Signed>> {
  const { signFile } = await import("#signing/sign.ts");
  const { writeSignManifest } = await import("./sign-manifest.ts");
  removeStaleTemporaries(dirname(request.output));
  return withOutputSet(async (set) => {
    const signed = await signFile(request, signingContext(io), (file, content) => set.add({ file, content }));
    if (!signed.ok) return signed;
    const written = await writeSignManifest(request, signed.value, io, set);
    return written.ok ? signed : written;
  });
}
