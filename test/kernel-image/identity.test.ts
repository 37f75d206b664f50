import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { withInputFile } from "#files/input-file.ts";
import { findRelease, identityOfRawBtf, releaseIn } from "#kernel-image/identity.ts";
import { temporaryFolder } from "../toolchain/temporary-folder.ts";

test.each([
  ["Linux version 6.1.0-50-cloud-arm64 (debian@x)", "6.1.0-50-cloud-arm64"],
  ["\0Linux version %s (%s)\0Linux version 6.12.95+deb12 (x)", "6.12.95+deb12"],
  ["Linux version 6.1.0\0", undefined],
  ["Linux version six ", undefined],
  [`Linux version 6${"x".repeat(64)} (x)`, undefined],
  ["Linux version ", undefined],
  ["", undefined],
])("%j says release %s", (text, release) => expect(releaseIn(Buffer.from(text, "latin1"))).toBe(release));

test.each([0, 4 * 1024 * 1024 - 5, 4 * 1024 * 1024, 9_000_000])(
  "a file's banner is found at %i",
  async (at) => {
    const path = join(await temporaryFolder(), "Image");
    await writeFile(path, Buffer.concat([Buffer.alloc(at), Buffer.from("Linux version 6.9.0 (x)")]));
    expect(await withInputFile(path, findRelease)).toEqual({ ok: true, value: "6.9.0" });
  },
);

test("the running kernel's raw BTF is known by its place", async () => {
  const sys = await temporaryFolder();
  const file = join(sys, "btf/vmlinux");
  const release = execFileSync("uname", ["-r"], { encoding: "utf8" }).trim();
  expect(await identityOfRawBtf(file, sys)).toEqual({ release });
  await writeFile(join(sys, "notes"), Buffer.from("040000000300000003000000474e5500abcdef00", "hex"));
  expect(await identityOfRawBtf(file, sys)).toEqual({ release, buildId: "abcdef" });
  expect(await identityOfRawBtf(join(sys, "copy"), sys)).toEqual({});
});
