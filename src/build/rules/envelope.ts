import { join } from "node:path";
import type { EnvelopeInputs, Plan } from "#build/plan.ts";
import type { Rule } from "#build/rule.ts";
import { ok } from "#core/result.ts";
import { withOutputSet } from "#files/output-set.ts";
import { manifestBeside, nameOf, writeManifest } from "#manifest/manifest.ts";
import { packEnvelope } from "#pack/envelope.ts";

/** The name that the series' builder gives. */
export const ENVELOPE = "zboot_image.elf";

/** `zboot_image.elf.manifest.json`, as `pack envelope` writes it; the digests are those that the build has anyway. */
export function envelopeManifestRule(plan: Plan, { kernel, initrd, cmdline }: EnvelopeInputs): Rule {
  const output = manifestBeside(ENVELOPE);
  const { folder } = plan.program;
  const name = (path: string) => nameOf(path, plan.out, folder);
  const words = ["--output", ENVELOPE, "--arch", plan.arch, "--", name(kernel), name(initrd), cmdline];
  const facts = {
    command: ["kexec-bpf", "pack", "envelope", ...words],
    parameters: { kind: "envelope" },
    tools: { "kexec-bpf": plan.program.version },
    sourceDateEpoch: plan.sourceDateEpoch,
  };
  return {
    label: "GEN",
    outputs: [output],
    inputs: [ENVELOPE, kernel, initrd],
    onlyDigests: true,
    options: facts,
    command: "<the envelope and what it is made of, with their hashes>",
    run: async (_runTool, digests) => {
      const written = await writeManifest({
        ...facts,
        file: join(plan.out, output),
        outputs: [{ path: join(plan.out, ENVELOPE), sha256: digests[ENVELOPE] ?? "" }],
        inputs: [kernel, initrd].map((path) => ({ path, sha256: digests[path] ?? "" })),
        program: folder,
      });
      return written.ok ? ok([]) : written;
    },
  };
}

/** `zboot_image.elf`: zboot image, initramfs and command line in one ELF file. */
export function envelopeRule(plan: Plan, { kernel, initrd, cmdline }: EnvelopeInputs): Rule {
  return {
    label: "PACK",
    outputs: [ENVELOPE],
    inputs: [kernel, initrd],
    options: [plan.arch, cmdline],
    command: `<envelope: .kernel=${kernel} .initrd=${initrd} .cmdline="${cmdline}">`,
    run: async (_runTool, _inputs, signal) => {
      const output = join(plan.out, ENVELOPE);
      const request = { kernel, initrd, output, cmdline: Buffer.from(cmdline), arch: plan.arch };
      // A set, which takes regular files alone.
      const packed = await withOutputSet((set) =>
        packEnvelope({ ...request, force: undefined }, { digests: false, signal, set }),
      );
      return packed.ok ? ok([]) : packed;
    },
  };
}
