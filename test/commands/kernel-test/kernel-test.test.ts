import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cli } from "../../support/cli.ts";
import { newFolder, script } from "../../support/kernel-tree.ts";

const cwd = newFolder("kernel-test");
/** Neither tools nor a cache. */
const BARE = { cwd, env: { PATH: newFolder("empty"), KEXEC_BPF_CACHE: newFolder("cache") } };

describe("kernel-test", () => {
  it.each([
    [["a.bpf"], "give images by --image or --corpus"],
    [["--image", "x"], "containers is missing"],
    [["a.bpf", "--image", "x", "--kernel", "bzImage"], "--kernel needs --headers"],
    [["a.bpf", "--corpus", "x", "--matrix", "--deb", "sid"], "--deb and --matrix exclude each other"],
    [
      ["a.bpf", "--image", "x", "--matrix", "--shard", "5/5"],
      "--shard 5/5: 4 kernels are too few for 5 shards",
    ],
    [["a.bpf", "--image", "x", "-o", "-"], "--output -: several files cannot go to stdout"],
    [["a.bpf", "--image", "x", "--log-level", "8"], "--log-level 8: from 0 to 7 is possible (a number)"],
    [
      ["a.bpf", "--image", "x", "--max-kernel", "much"],
      "--max-kernel much: from 1 to 536870911 is possible (bytes, or a number with K, M or G)",
    ],
  ])("refuses the words %j", async (words, why) => {
    const { status, stderr, stdout } = await cli(["kernel-test", ...words], BARE);
    expect(stderr).toBe(`kexec-bpf: ${why}\nkexec-bpf --help shows what there is\n`);
    expect([status, stdout]).toEqual([2, ""]);
  });

  it("says how to get QEMU where there is none", async () => {
    const { status, stderr } = await cli(["kernel-test", "a.bpf", "--image", "x"], BARE);
    expect(stderr).toMatch(
      /^kexec-bpf: qemu-system-x86_64 not found\n(?:.*\n)* {2}to mend it: .*(?:scripts\/setup --kernel-vm|install .*qemu-system-x86\S*)\n$/,
    );
    expect(status).toBe(3);
  });

  it("does not take a QEMU that loses its guests", async () => {
    const path = newFolder("old");
    script(join(path, "qemu-system-x86_64"), "echo 'QEMU emulator version 7.2.17 (Debian 1:7.2+dfsg-7)'");
    const { status, stderr } = await cli(["kernel-test", "a.bpf", "--image", "x"], {
      ...{ cwd, env: { ...BARE.env, PATH: path } },
    });
    expect(stderr).toMatch(/^kexec-bpf: qemu-system-x86_64 7\.2\.17 \(.*\) is too old: 8\.0 is needed\n/);
    expect(status).toBe(3);
  });
});
