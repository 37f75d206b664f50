import { join } from "node:path";
import type { EnvelopeInputs, Plan } from "#build/plan.ts";
import type { Rule } from "#build/rule.ts";
import { ok } from "#core/result.ts";
import { packEnvelope } from "#pack/envelope.ts";

/** The name that the series' builder gives. */
export const ENVELOPE = "zboot_image.elf";

/** `zboot_image.elf`: zboot image, initramfs and command line in one ELF file. */
export function envelopeRule(plan: Plan, { kernel, initrd, cmdline }: EnvelopeInputs): Rule {
  return {
    label: "PACK",
    outputs: [ENVELOPE],
    inputs: [kernel, initrd],
    options: [plan.arch, cmdline],
    command: `<envelope: .kernel=${kernel} .initrd=${initrd} .cmdline="${cmdline}">`,
    run: async () => {
      const packed = await packEnvelope(
        {
          kernel,
          initrd,
          output: join(plan.out, ENVELOPE),
          cmdline: Buffer.from(cmdline),
          arch: plan.arch,
          force: false,
        },
        { digests: false, signal: new AbortController().signal },
      );
      return packed.ok ? ok([]) : packed;
    },
  };
}
