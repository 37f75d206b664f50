import { createHash } from "node:crypto";
import { closeSync, ftruncateSync, openSync, readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { packEnvelope } from "#pack/envelope.ts";
import type { Packed } from "#pack/types.ts";
import { loong64Zboot } from "../support/real-inputs.ts";
import { judgedBy, output } from "../support/tools.ts";
import { Workplace, zbootFor } from "./samples.ts";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const INITRD = Buffer.from("an initrd of odd length");

async function workplace(): Promise<Workplace> {
  const place = new Workplace();
  place.file("kernel", await zbootFor("arm64"));
  place.file("initrd", INITRD);
  return place;
}

judgedBy(["readelf", "objcopy"], "pack envelope, judged by binutils,", () => {
  test("puts kernel, initrd and command line where the series has them, byte for byte", async () => {
    const place = await workplace();
    const { stdout, stderr } = await place.ok("pack", "envelope", "kernel", "initrd", "quiet splash");
    expect(stderr).toBe("");
    expect(stdout).toContain("zboot_image.elf: ");
    const file = place.path("zboot_image.elf");
    const words = output("readelf", ["-hSW", file]).toString();
    const kernel = place.read("kernel");
    const hex = (value: number) => value.toString(16).padStart(6, "0");
    expect(words).toMatch(/Machine: +AArch64\n/);
    expect(words).toContain(
      `.kernel           PROGBITS        0000000000000000 000180 ${hex(kernel.length)}`,
    );
    for (const [section, content] of [
      [".kernel", kernel],
      [".initrd", INITRD],
      [".cmdline", Buffer.from("quiet splash\0")],
    ] as const) {
      output("objcopy", [
        "-I",
        "elf64-little",
        "-O",
        "binary",
        `--only-section=${section}`,
        file,
        place.path("part"),
      ]);
      expect(place.read("part").equals(content)).toBe(true);
    }
  });

  test.each([
    ["arm64", "AArch64"],
    ["riscv", "RISC-V"],
    ["loongarch", "LoongArch"],
  ] as const)("names the machine of a PE file for %s", async (arch, machine) => {
    const place = await workplace();
    place.file("kernel", await zbootFor(arch));
    await place.ok("pack", "envelope", "kernel", "initrd", "", "-o", "out");
    expect(output("readelf", ["-hW", place.path("out")]).toString()).toContain(machine);
  });

  test("wraps a real kernel so that it comes out as it went in", async () => {
    const place = await workplace();
    await place.ok("pack", "envelope", loong64Zboot(), "initrd", "quiet", "-o", "out");
    output("objcopy", [
      "-I",
      "elf64-little",
      "-O",
      "binary",
      "--only-section=.kernel",
      place.path("out"),
      place.path("part"),
    ]);
    output("cmp", [place.path("part"), loong64Zboot()]);
  });
});

test("--json has offsets, sizes and SHA-256 of the whole and of each part", async () => {
  const place = await workplace();
  const report = await place.json<Packed>("pack", "envelope", "kernel", "initrd", "quiet", "-o", "out");
  const out = place.read("out");
  expect(report).toMatchObject({ schema: 1, kind: "envelope", output: place.path("out"), notes: [] });
  expect([report.size, report.sha256]).toEqual([out.length, sha256(out)]);
  expect(report.parts.map(({ name }) => name)).toEqual([".kernel", ".initrd", ".cmdline"]);
  for (const { offset, size, sha256: sum } of report.parts) {
    expect(sha256(out.subarray(offset, offset + size))).toBe(sum);
  }
});

test("an empty initrd and an empty command line are taken, and said", async () => {
  const place = await workplace();
  const { stderr } = await place.ok("pack", "envelope", "kernel", "/dev/null", "", "-o", "out");
  expect(stderr).toBe(
    "kexec-bpf: no initrd: .initrd is empty\nkexec-bpf: no command line: .cmdline is a NUL alone\n",
  );
});

test("@FILE gives the command line without the newlines and NULs at its end", async () => {
  const place = await workplace();
  place.file("words", "root=/dev/vda1 ro\n\0\n");
  await place.ok("pack", "envelope", "kernel", "initrd", "@words", "-o", "a");
  await place.ok("pack", "envelope", "kernel", "initrd", "root=/dev/vda1 ro", "-o", "b");
  expect(place.read("a").equals(place.read("b"))).toBe(true);
});

test.each([
  ["an Image", Buffer.concat([Buffer.alloc(64, 1), Buffer.from("kernel")]), /no MZ magic|e_lfanew/],
  ["an empty file", Buffer.alloc(0), /the file is empty/],
])("%s as the kernel is refused, and the old output stays", async (_, kernel, words) => {
  const place = await workplace();
  place.file("kernel", kernel);
  place.file("out", "old");
  const { status, stderr } = await place.run("pack", "envelope", "kernel", "initrd", "", "-o", "out");
  expect(status).toBe(1);
  expect(stderr).toMatch(words);
  expect(place.read("out").toString()).toBe("old");
});

test("--force takes a kernel that is no zboot image; --arch then says for which machine", async () => {
  const place = await workplace();
  place.file("kernel", "anything at all");
  const words = ["pack", "envelope", "kernel", "initrd", "", "-o", "out"];
  expect((await place.run(...words)).status).toBe(1);
  const untold = await place.run(...words, "--force");
  expect([untold.status, untold.stderr]).toEqual([1, expect.stringContaining("--arch")]);
  await place.ok(...words, "--force", "--arch", "riscv");
  expect(place.read("out").readUInt16LE(0x12)).toBe(243);
});

test("--arch that is not the kernel's is refused without --force", async () => {
  const place = await workplace();
  const words = ["pack", "envelope", "kernel", "initrd", "", "-o", "out", "--arch", "riscv"];
  const refused = await place.run(...words);
  expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining("the kernel is for arm64")]);
  await place.ok(...words, "--force");
});

test("a command line with a NUL inside is refused", async () => {
  const place = await workplace();
  place.file("words", "quiet\0splash");
  const { status, stderr } = await place.run("pack", "envelope", "kernel", "initrd", "@words", "-o", "out");
  expect([status, stderr]).toEqual([
    1,
    expect.stringContaining("command line text, offset 0x5: a NUL inside"),
  ]);
});

test("300 MiB of an initrd take no more memory than a buffer", async () => {
  const place = await workplace();
  const initrd = openSync(place.path("initrd"), "w");
  ftruncateSync(initrd, 4 * 1024 ** 3);
  closeSync(initrd);
  const before = process.resourceUsage().maxRSS;
  const stop = new AbortController();
  const packed = await packEnvelope(
    {
      kernel: place.path("kernel"),
      initrd: place.path("initrd"),
      output: place.path("out"),
      cmdline: Buffer.from("quiet"),
      arch: undefined,
      force: false,
    },
    // The rest would show nothing more.
    { digests: false, signal: stop.signal, progress: (done) => done > 300 << 20 && stop.abort("SIGINT") },
  );
  expect(packed).toMatchObject({ ok: false, failure: { reason: "cancelled" } });
  expect((process.resourceUsage().maxRSS - before) / 1024).toBeLessThan(64);
  expect(readdirSync(place.folder).sort()).toEqual(["initrd", "kernel"]);
});
