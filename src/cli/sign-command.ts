import { resolve } from "node:path";
import type { Argv } from "yargs";
import { EXIT } from "#report/exit-code.ts";
import type { Call } from "./call.ts";
import { report } from "./report-failure.ts";
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
        .option("json", { type: "boolean", default: false }),
    async (options) => {
      const { PKCS11_SCHEME, signFile } = await import("#signing/sign.ts");
      const file = resolve(io.cwd, options.file);
      const { key } = options;
      const signed = await signFile(
        {
          file,
          output: resolve(io.cwd, options.output ?? options.file),
          key: key.startsWith(PKCS11_SCHEME) ? key : resolve(io.cwd, key),
          certificate: resolve(io.cwd, options.cert),
          hash: options.hash,
          replace: options.replace,
        },
        signingContext(io),
      );
      if (!signed.ok) return finish(report(io, signed.failure));
      const { notContainer, ...facts } = signed.value;
      const said = warnings(notContainer);
      for (const warning of said) io.stderr(`kexec-bpf: warning: ${warning}\n`);
      io.stdout(
        options.json
          ? `${JSON.stringify({ schema: 1, ...facts, warnings: said })}\n`
          : signatureRows(facts.output, facts.content, facts.signature),
      );
      finish(EXIT.ok);
    },
  );
}
