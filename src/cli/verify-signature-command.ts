import { resolve } from "node:path";
import type { Argv } from "yargs";
import { EXIT } from "#report/exit-code.ts";
import { report } from "#report/report-failure.ts";
import { ALLOW_WEAK } from "./allow-weak.ts";
import type { Call } from "./call.ts";
import { signatureRows, signingContext, warnings } from "./signature-text.ts";

/** `kexec-bpf verify-signature`: whether the signature that a file ends with holds. */
export function verifySignatureCommand(parser: Argv, { io, finish }: Call): Argv {
  return parser.command(
    "verify-signature <file>",
    "verify the signature that a container ends with",
    (command) =>
      command
        .positional("file", { type: "string", demandOption: true })
        .option("cert", {
          type: "string",
          requiresArg: true,
          describe: "the signer's certificate, PEM or DER",
        })
        .option("ca", {
          type: "string",
          requiresArg: true,
          describe: "trusted certificates, PEM or DER: the signer's, or those that signed it",
        })
        .option("allow-weak", ALLOW_WEAK)
        .option("json", { type: "boolean", default: false })
        .check(({ cert, ca }) => {
          if (cert === undefined && ca === undefined) throw new Error("--cert or --ca is needed");
          return true;
        }),
    async (options) => {
      const { verifyFile } = await import("#signing/verify.ts");
      const path = (name: string | undefined) => (name === undefined ? undefined : resolve(io.cwd, name));
      const verified = await verifyFile(
        {
          file: resolve(io.cwd, options.file),
          certificate: path(options.cert),
          authorities: path(options.ca),
          allowWeak: options.allowWeak,
        },
        signingContext(io),
      );
      if (!verified.ok) return finish(report(io, verified.failure));
      const { notContainer, weakness, nested, ...facts } = verified.value;
      const said = warnings({ notContainer, weakness, nested });
      for (const warning of said) io.stderr(`kexec-bpf: warning: ${warning}\n`);
      io.stdout(
        options.json
          ? `${JSON.stringify({ schema: 1, ...facts, warnings: said })}\n`
          : `the signature holds\n${signatureRows(facts.file, facts.content, facts.signature)}`,
      );
      finish(EXIT.ok);
    },
  );
}
