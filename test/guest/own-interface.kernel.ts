import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { bootGuest } from "#guest/guest.ts";
import { type GuestJob, guestFiles, guestMemory } from "#guest/job.ts";
import { secondBootText } from "#guest/second-kernel.ts";
import { initramfs } from "../support/bootable-uki.ts";
import { expectValue } from "../support/expect-value.ts";
import { noGuest, PATIENCE } from "../support/guest.ts";
import { amd64Kernel } from "../support/real-inputs.ts";
import { describeUnless } from "../support/tools.ts";
import { AROUND, standIn } from "./stand-in.ts";

describeUnless(noGuest("qemu-system-x86_64"), "the agent, as in a kernel that has v7,", () => {
  it(
    "boots by kexec_file_load() of two files, where a stock kernel takes a kernel and its initrd",
    async () => {
      const { target, guest } = await standIn();
      const [kernel, image] = [readFileSync(amd64Kernel().bzImage), initramfs("gcc")];
      const boot = { revision: "v7", layers: [[".bpf.1"]], own: { target }, image } as const;
      const job: GuestJob = {
        ...{ revision: "v7", own: { target }, containers: [kernel], images: [image] },
        ...{ subjects: [], cases: [], logLevel: 4, mapMemory: 1 << 24 },
      };
      const ran = expectValue(
        await bootGuest(
          guestFiles(job, { ...guest.programs, text: secondBootText(boot) }),
          (size) => guestMemory(job, size),
          guest,
          AROUND,
        ),
      );
      const { reports, console } = ran;
      expect(reports).toMatchObject({ trouble: undefined, secondKernel: "" });
      // One for the container, one for the image.
      expect(reports.outcomes.get(0)).toMatchObject({ error: 0, calls: 2, faults: 0, buffers: [{}, {}] });
      expect(console).toContain("kexec-agent: starting the second kernel");
    },
    PATIENCE,
  );
});
