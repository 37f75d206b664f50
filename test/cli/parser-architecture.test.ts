import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { Verification } from "#core/verification.ts";
import { cli, cliOk } from "../support/cli.ts";
import { newFolder } from "../support/kernel-tree.ts";
import { arm64Image } from "../support/real-inputs.ts";

/** A parser of plain kernels of arm64, in each of its forms. */
let cwd: string;
beforeAll(async () => {
  cwd = newFolder("plain");
  await cliOk(["build", "plain", "--image", arm64Image(), "--abi", "v7", "-o", "."], { cwd });
});

const SILENT = ["plain_parser_bpf.c", "plain_parser_bpf.o", "plain_parser_bpf.lskel.h"];

async function verify(...argv: readonly string[]) {
  const include = ["-I", join(cwd, ".kexec-bpf")];
  const { status, stdout, stderr } = await cli(["verify", ...argv, ...include, "--json"], { cwd });
  const { verdicts } = JSON.parse(stdout) as Verification;
  return { status, stderr, wrong: verdicts.filter(({ ok }) => !ok).map(({ image }) => image) };
}

describe("a parser of plain kernels", () => {
  it.each(SILENT)("is judged for the architecture that is said: %s", async (file) => {
    expect(await verify(file, "--arch", "arm64")).toMatchObject({ status: 0, wrong: [] });
    const other = await verify(file, "--arch", "riscv");
    expect(other.status).toBe(1);
    expect(other.wrong).toContain("kexec-bpf:plain");
  });

  it("is judged for that of its container, which nothing else can be said of", async () => {
    expect(await verify("plain.bpf")).toMatchObject({ status: 0, wrong: [] });
    expect(await verify("plain.bpf", "--arch", "arm64")).toMatchObject({ status: 0, wrong: [] });
    const contradiction = await cli(["verify", "plain.bpf", "--arch", "riscv"], { cwd });
    expect(contradiction).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("plain.bpf: it is for arm64, and --arch says riscv"),
    });
  });

  it("is none for x86, whose kernels have no such header", async () => {
    expect(await cli(["verify", "plain_parser_bpf.o", "--arch", "x86"], { cwd })).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("kernels of x86 have no header"),
    });
  });

  it("is fuzzed for the architecture that is said, which the command for a finding says again", async () => {
    const fuzz = (arch: string) => {
      const options = ["--arch", arch, "--runs", "60", "--workers", "1", "--corpus", arch];
      return cli(["fuzz", "plain_parser_bpf.o", ...options], { cwd });
    };
    expect(await fuzz("arm64")).toMatchObject({ status: 0, stdout: expect.stringContaining("findings 0") });
    const { status, stdout } = await fuzz("riscv");
    expect(status).toBe(1);
    expect(stdout).toMatch(/kexec-bpf verify plain_parser_bpf\.o .*--arch riscv$/m);
  });
});
