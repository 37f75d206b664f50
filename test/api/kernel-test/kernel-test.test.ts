import { join } from "node:path";
import { expect, test } from "vitest";
import { kernelTest } from "#api/kernel-test/kernel-test.ts";
import type { Event } from "#core/events.ts";
import { newFolder, script } from "../../support/kernel-tree.ts";

test("a kernel that cannot be had is told at once, and does not keep the next from being tried", async () => {
  const cwd = newFolder("kernel-test");
  script(join(cwd, "qemu-system-x86_64"), "echo 'QEMU emulator version 10.0.2'");
  const kernels = ["a", "b"].map((name) => ({ image: join(cwd, name), headers: join(cwd, name) }));
  const events: Event[] = [];
  const tested = await kernelTest(
    {
      ...{ containers: [], images: [], kernels, abi: undefined, reference: undefined, output: undefined },
      ...{ limits: { kernel: undefined, initrd: undefined, cmdline: undefined }, logLevel: 4, timeout: 1 },
    },
    {
      ...{ cwd, env: { PATH: cwd, KEXEC_BPF_CACHE: cwd }, signal: new AbortController().signal },
      emit: (event) => events.push(event),
    },
  );
  if (!tested.ok) throw new Error(JSON.stringify(tested.failure));
  const failures = tested.value.kernels.map((kernel) => (kernel.ok ? undefined : kernel.failure));
  expect(failures).toMatchObject(
    kernels.map(({ headers }) => ({ reason: "file-failed", file: join(headers, "vmlinux") })),
  );
  expect(events).toEqual(failures.map((failure) => ({ kind: "failure", failure })));
});
