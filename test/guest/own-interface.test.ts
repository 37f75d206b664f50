import { expect, it } from "vitest";
import { bootGuest } from "#guest/guest.ts";
import { type GuestJob, guestFiles, guestMemory, jobText } from "#guest/job.ts";
import { buildParsers } from "../bpf-vm/support/parsers.ts";
import { expectValue } from "../support/expect-value.ts";
import { noGuest, PATIENCE } from "../support/guest.ts";
import { describeUnless } from "../support/tools.ts";
import { AROUND, standIn } from "./stand-in.ts";

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
    "recorder 77 65552 6",
    "log 4",
    "subject 0 /container/0 .bpf.1",
    "image /image/0",
    "case 0 0 0 -1",
    "",
  ]);
  const names = guestFiles(job, { agent: Buffer.from("a"), module: undefined, text }).map(({ name }) => name);
  expect(names).toEqual(["init", "job", "container/0", "image/0"]);
});

it("for v7 it asks for room for what each layer sends, and its subjects are the container's parsers", () => {
  const subjects = [".bpf.1", ".bpf.nested/.bpf.1"].map((path) => ({ container: 0, path }));
  const job: GuestJob = { ...JOB, revision: "v7", subjects, own: { target: 77 } };
  expect(jobText(job, new Set([0])).split("\n")).toEqual([
    "recorder 77 65568 7",
    "log 4",
    ...["subject 0 /container/0 .bpf.1", "image /image/0", "case 0 0 0 -1"],
    ...["subject 1 /container/0 .bpf.nested/.bpf.1", ""],
  ]);
});

describeUnless(noGuest("qemu-system-x86_64"), "the agent, in place of the testbed,", () => {
  it(
    "has the kernel load an image, records the calls that the kernel makes on the way, and tells kexec's answer",
    async () => {
      const { target, guest, module } = await standIn();
      const containers = [(await buildParsers("v6")).file("zboot.bpf")];
      const job = { ...JOB, containers, own: { target } };
      // The module is there for the parser alone, which a stock kernel does not load.
      const text = `module /testbed.ko\n${jobText(job, new Set([0]))}`;
      const ran = expectValue(
        await bootGuest(
          guestFiles(job, { ...guest.programs, module, text }),
          (size) => guestMemory(job, size),
          guest,
          AROUND,
        ),
      );
      const { reports } = ran;
      expect(reports).toMatchObject({ trouble: undefined, tainted: expect.any(Number) });
      expect(reports.loads.get(0)).toMatchObject({ error: 0 });
      expect(reports.outcomes.get(0)).toMatchObject({ error: ENOEXEC, calls: 1, faults: 0 });
      expect(reports.outcomes.get(0)?.buffers).toMatchObject([{ bytes: { length: 0 }, accepted: true }]);
    },
    PATIENCE,
  );
});
