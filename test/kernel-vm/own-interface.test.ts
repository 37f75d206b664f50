import { join } from "node:path";
import { expect, it } from "vitest";
import { decodeBtf } from "#formats/btf/decode.ts";
import { readKernelBtf } from "#kernel/kernel-btf.ts";
import { debianKernel } from "#kernel-vm/debian-kernel.ts";
import { bootGuest } from "#kernel-vm/guest.ts";
import { type GuestJob, guestFiles, guestMemory, jobText } from "#kernel-vm/job.ts";
import { findQemu } from "#kernel-vm/qemu.ts";
import { guestPrograms } from "#kernel-vm/testbed.ts";
import { surroundings } from "../../src/cli/kernel-vm-surroundings.ts";
import { ENV, noGuest, PATIENCE } from "../support/guest.ts";
import { describeUnless } from "../support/tools.ts";
import { buildParsers } from "../vm/support/parsers.ts";

const { signal } = new AbortController();
const AROUND = surroundings({ env: { ...process.env, ...ENV }, cwd: "/", signal });

const JOB: GuestJob = {
  ...{ revision: "v6", logLevel: 4, mapMemory: 1 << 24, containers: [Buffer.from("container")] },
  ...{ subjects: [{ container: 0, path: ".bpf.1" }], images: [Buffer.from("no kernel at all")] },
  cases: [{ subject: 0, image: 0, injection: {} }],
};

const ENOEXEC = 8;

it("the job for a kernel with the interface asks for the recorder, and there is no module", () => {
  const job = { ...JOB, own: { target: 77 } };
  const text = jobText(job, new Set([0]));
  expect(text.split("\n")).toEqual([
    "recorder 77 65552",
    "log 4",
    "subject 0 /container/0 .bpf.1",
    "image /image/0",
    "case 0 0 0 -1",
    "",
  ]);
  const names = guestFiles(job, { agent: Buffer.from("a"), module: undefined, text }).map(({ name }) => name);
  expect(names).toEqual(["init", "job", "container/0", "image/0"]);
});

/**
 * No kernel at hand has the interface. But what the recorder does is the same at any function that kexec_file_load() calls;
 * this one's first
 * argument is an address, its second, taken for the buffer's size, is 0, as is the lower half of its
 * fourth, taken for the answer.
 */
const STAND_IN = "kernel_read_file";

describeUnless(noGuest("qemu-system-x86_64"), "the agent, in place of the testbed,", () => {
  it(
    "has the kernel load an image, records the calls that the kernel makes on the way, and tells kexec's answer",
    async () => {
      const [qemu, kernel] = [await findQemu(AROUND), await debianKernel("bookworm-backports", AROUND)];
      if (!qemu.ok || !kernel.ok) throw new Error(JSON.stringify([qemu, kernel]));
      const programs = await guestPrograms(kernel.value, "v6", AROUND);
      const found = await readKernelBtf(join(kernel.value.headers, "vmlinux"));
      const btf = found.ok ? decodeBtf(found.value.bytes) : found;
      const target = btf.ok ? btf.value.find(STAND_IN, ["func"]) : undefined;
      if (!programs.ok || target === undefined) throw new Error(`no module, or no ${STAND_IN}()`);
      const containers = [(await buildParsers("v6")).file("zboot.bpf")];
      const job = { ...JOB, containers, own: { target } };
      // The module is there for the parser alone, which a stock kernel does not load.
      const text = `module /testbed.ko\n${jobText(job, new Set([0]))}`;
      const ran = await bootGuest(
        guestFiles(job, { ...programs.value, text }),
        (size) => guestMemory(job, size),
        { qemu: qemu.value, kernel: kernel.value, timeout: PATIENCE },
        AROUND,
      );
      if (!ran.ok) throw new Error(JSON.stringify(ran.failure));
      const { reports } = ran.value;
      expect(reports).toMatchObject({ trouble: undefined, tainted: expect.any(Number) });
      expect(reports.loads.get(0)).toMatchObject({ error: 0 });
      expect(reports.outcomes.get(0)).toMatchObject({ error: ENOEXEC, calls: 1, faults: 0 });
      expect(reports.outcomes.get(0)?.buffers).toMatchObject([{ bytes: { length: 0 }, accepted: true }]);
    },
    PATIENCE,
  );
});
