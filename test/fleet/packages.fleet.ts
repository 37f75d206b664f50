import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { cli, runProgram } from "../support/cli.ts";
import { arm64Image } from "../support/real-inputs.ts";

const cwd = mkdtempSync(join(tmpdir(), "fleet-packages-"));
afterAll(() => rmSync(cwd, { recursive: true }));

type Kernel = { readonly name: string; readonly image: string; readonly arch: string };

/** A FLEET.json's kernels, as `init` found them; `run` has to build them all. */
async function builtKernels(file: string): Promise<readonly Kernel[]> {
  const { kernels } = JSON.parse(readFileSync(join(cwd, file), "utf8")) as { readonly kernels: Kernel[] };
  const ran = await runProgram(["fleet", "run", file, "-o", `${file}-out`, "--json"], { cwd });
  expect(ran.status, String(ran.stderr)).toBe(0);
  return kernels;
}

/** A package with one file, as rpmbuild makes it. */
function buildRpm(name: string, path: string, content: string, into: string): void {
  const top = join(cwd, `rpmbuild-${name}`);
  const root = join(top, "root");
  mkdirSync(join(root, path, ".."), { recursive: true });
  copyFileSync(content, join(root, path));
  const spec = join(top, "one.spec");
  writeFileSync(
    spec,
    [
      ...[
        `Name: ${name}`,
        "Version: 1",
        "Release: 1",
        "Summary: a kernel",
        "License: MIT",
        "BuildArch: noarch",
      ],
      ...["%description", "A kernel.", "%install", `mkdir -p %{buildroot}`, `cp -a ${root}/. %{buildroot}/`],
      ...["%files", `/${path}`],
    ].join("\n"),
  );
  execFileSync(
    "rpmbuild",
    [
      "--quiet",
      "-bb",
      "--define",
      `_topdir ${top}`,
      "--define",
      `_rpmdir ${into}`,
      "--define",
      "_build_name_fmt %{NAME}.rpm",
      spec,
    ],
    { stdio: "pipe" },
  );
}

describe("fleet init", () => {
  it("takes kernels out of RPM packages, and passes over those without any", async () => {
    const rpms = join(cwd, "rpms");
    mkdirSync(rpms);
    const other = join(cwd, "README");
    writeFileSync(other, "nothing to boot");
    buildRpm("kernel-core", "lib/modules/6.1-test/vmlinuz", arm64Image(), rpms);
    buildRpm("kernel-doc", "usr/share/doc/kernel/README", other, rpms);
    const made = await runProgram(["fleet", "init", "--rpm", "rpms", "-o", "RPM.json"], { cwd });
    expect([made.status, String(made.stderr)]).toEqual([0, ""]);
    const kernels = await builtKernels("RPM.json");
    expect(kernels).toMatchObject([{ name: expect.stringMatching(/^6\.1\./), arch: "arm64" }]);
    expect(kernels[0]?.image).toMatch(/kernel-core\/lib\/modules\/6\.1-test\/vmlinuz$/);
  });

  it("fetches Debian's kernels of other architectures", async () => {
    const made = await cli(["fleet", "init", "--deb", "bookworm:arm64", "-o", "DEB.json"], { cwd });
    expect([made.status, String(made.stderr)]).toEqual([0, ""]);
    const kernels = await builtKernels("DEB.json");
    expect(kernels).toMatchObject([
      { name: expect.stringMatching(/^bookworm-6\.1\..*-arm64$/), arch: "arm64" },
    ]);
  });

  it("says what a suite has not got, and what is missing for packages", async () => {
    const unknown = await cli(["fleet", "init", "--deb", "bookworm:m68k", "-o", "NONE.json"], { cwd });
    expect(unknown.stderr).toContain("debian-package: bookworm has no package linux-image-m68k for m68k");
    const env = { PATH: join(cwd, "no tools"), KEXEC_BPF_CACHE: join(cwd, "cache") };
    const bare = await runProgram(["fleet", "init", "--rpm", "rpms", "-o", "NONE.json"], { cwd, env });
    expect(String(bare.stderr)).toMatch(
      /^kexec-bpf: bsdtar not found\n(?:.*\n)* {2}to mend it: .*libarchive-tools\n$/,
    );
    expect([unknown.status, bare.status]).toEqual([1, 3]);
  });
});
