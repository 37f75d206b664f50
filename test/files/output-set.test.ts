import { existsSync } from "node:fs";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { writeOutputs } from "#files/output-set.ts";
import { file, temporaryFolder } from "../toolchain/temporary-folder.ts";

/** The folder's files with their contents; a folder in it has none. */
async function contents(folder: string): Promise<Record<string, string | undefined>> {
  const names = (await readdir(folder)).sort();
  const read = names.map(async (name) => [
    name,
    await readFile(join(folder, name), "utf8").catch(() => undefined),
  ]);
  return Object.fromEntries(await Promise.all(read));
}

describe("writeOutputs", () => {
  test("writes text and bytes, over old files and where there were none", async () => {
    const folder = await temporaryFolder();
    await file(join(folder, "kernel"), "an old and longer kernel");
    const written = writeOutputs([
      { file: join(folder, "kernel"), content: "kernel" },
      { file: join(folder, "initrd"), content: Uint8Array.of(65, 66) },
    ]);
    expect(written).toEqual({ ok: true, value: undefined });
    expect(await contents(folder)).toEqual({ initrd: "AB", kernel: "kernel" });
  });

  test("removes a file that shall not be there, and minds none that is not", async () => {
    const folder = await temporaryFolder();
    await file(join(folder, "initrd"), "of an earlier run");
    const written = writeOutputs([
      { file: join(folder, "kernel"), content: "kernel" },
      { file: join(folder, "initrd"), content: undefined },
      { file: join(folder, "cmdline"), content: undefined },
    ]);
    expect(written).toEqual({ ok: true, value: undefined });
    expect(await contents(folder)).toEqual({ kernel: "kernel" });
  });

  test("leaves all as it was where the second file cannot be written", async () => {
    const folder = await temporaryFolder();
    await file(join(folder, "kernel"), "old");
    const second = join(folder, "missing/initrd");
    const written = writeOutputs([
      { file: join(folder, "kernel"), content: "new" },
      { file: second, content: "new" },
    ]);
    expect(written).toEqual({
      ok: false,
      failure: { reason: "file-failed", operation: "write", file: second, code: "ENOENT" },
    });
    expect(await contents(folder)).toEqual({ kernel: "old" });
  });

  test.each([
    ["written", "new", "rename"],
    ["removed", undefined, "remove"],
  ] as const)(
    "takes back what was done where a folder is in the place of the last file, which is to be %s",
    async (_title, content, operation) => {
      const folder = await temporaryFolder();
      await file(join(folder, "kernel"), "old");
      await file(join(folder, "stale"), "old");
      await mkdir(join(folder, "cmdline"));
      const last = join(folder, "cmdline");
      const written = writeOutputs([
        { file: join(folder, "kernel"), content: "new" },
        { file: join(folder, "initrd"), content: "new" },
        { file: join(folder, "stale"), content: undefined },
        { file: last, content },
      ]);
      expect(written).toMatchObject({
        ok: false,
        failure: { reason: "file-failed", operation, file: last, code: expect.any(String) },
      });
      expect(await contents(folder)).toEqual({ cmdline: undefined, kernel: "old", stale: "old" });
    },
  );

  // Nobody may make files in sysfs, and root may everywhere else.
  test.skipIf(!existsSync("/sys/kernel"))(
    "leaves the files of other folders alone where one folder is read-only (skipped without sysfs)",
    async () => {
      const folder = await temporaryFolder();
      const written = writeOutputs([
        { file: join(folder, "kernel"), content: "new" },
        { file: "/sys/kernel/initrd", content: "new" },
      ]);
      expect(written).toMatchObject({
        ok: false,
        failure: { reason: "file-failed", operation: "write", file: "/sys/kernel/initrd" },
      });
      expect(await readdir(folder)).toEqual([]);
    },
  );
});
