import { expect, it } from "vitest";
import { x86BootableUki } from "../support/bootable-uki.ts";
import { cliOk } from "../support/cli.ts";
import { bootTest, buildParsers, noGuest, PATIENCE, wrongTargets } from "../support/guest.ts";
import { describeUnless } from "../support/tools.ts";
import { noX86Pe } from "../support/uki.ts";

/** Only the UKI's command line has it. */
const TOKEN = `token=${Math.random().toString(36).slice(2)}`;

describeUnless(noGuest("qemu-system-x86_64") ?? noX86Pe(), "boot-test on x86", () => {
  it(
    "boots Debian's kernel out of a UKI, by the second parser where the first sends what the kernel refuses",
    async () => {
      const uki = x86BootableUki(TOKEN);
      const words = ["uki", "decompresses", "--targets", wrongTargets(), "--arch", "x86"];
      const cwd = await buildParsers(uki, ...words);
      const sections = [".bpf.1=decompresses_bytecode.o", ".bpf.2=uki_bytecode.o"];
      const pack = ["pack", "container", ...sections.flatMap((section) => ["--section", section])];
      await cliOk([...pack, "-o", "two.bpf"], { cwd });
      const { status, stdout, stderr } = await bootTest(
        ...([cwd, "two.bpf", uki.path, "--expect", TOKEN, "--json"] as const),
      );
      expect([stderr, status]).toEqual(["", 0]);
      const report = JSON.parse(stdout);
      expect(report).toMatchObject({ schema: 1, passed: true, cmdline: uki.cmdline, expected: TOKEN });
      expect(report.parsers).toEqual([
        { path: ".bpf.1", commands: 2 },
        { path: ".bpf.2", commands: 4 },
      ]);
      expect(report.secondConsole).toMatch(new RegExp(`^init of 6\\.\\S+: ${uki.cmdline}`, "m"));
    },
    PATIENCE,
  );
});
