import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, readFile, readlink, rm, stat, symlink } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { OutputSet, writeOutputs } from "#files/output-set.ts";
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
    const written = await writeOutputs([
      { file: join(folder, "kernel"), content: "kernel" },
      { file: join(folder, "initrd"), content: Uint8Array.of(65, 66) },
    ]);
    expect(written).toEqual({ ok: true, value: undefined });
    expect(await contents(folder)).toEqual({ initrd: "AB", kernel: "kernel" });
  });

  test("removes a file that shall not be there, and minds none that is not", async () => {
    const folder = await temporaryFolder();
    await file(join(folder, "initrd"), "of an earlier run");
    const written = await writeOutputs([
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
    const written = await writeOutputs([
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
    ["written", "new", "write"],
    ["removed", undefined, "write"],
  ] as const)(
    "does nothing where a folder is in the place of the last file, which is to be %s",
    async (_title, content, operation) => {
      const folder = await temporaryFolder();
      await file(join(folder, "kernel"), "old");
      await file(join(folder, "stale"), "old");
      await mkdir(join(folder, "cmdline"));
      const last = join(folder, "cmdline");
      const written = await writeOutputs([
        { file: join(folder, "kernel"), content: "new" },
        { file: join(folder, "initrd"), content: "new" },
        { file: join(folder, "stale"), content: undefined },
        { file: last, content },
      ]);
      expect(written).toMatchObject({
        ok: false,
        failure: { reason: "file-failed", operation, file: last, code: "EISDIR" },
      });
      expect(await contents(folder)).toEqual({ cmdline: undefined, kernel: "old", stale: "old" });
    },
  );

  test("takes back what was done where the last file's content has vanished", async () => {
    const folder = await temporaryFolder();
    await file(join(folder, "kernel"), "old");
    await file(join(folder, "stale"), "old");
    const set = new OutputSet();
    expect(set.add({ file: join(folder, "kernel"), content: "new" })).toMatchObject({ ok: true });
    expect(set.add({ file: join(folder, "initrd"), content: "new" })).toMatchObject({ ok: true });
    expect(set.add({ file: join(folder, "stale"), content: undefined })).toMatchObject({ ok: true });
    expect(set.add({ file: join(folder, "cmdline"), content: "new" })).toMatchObject({ ok: true });
    const [cmdline] = (await readdir(folder)).filter((name) => name.startsWith(".cmdline"));
    await rm(join(folder, cmdline ?? ""));
    expect(set.commit()).toMatchObject({
      ok: false,
      failure: { reason: "file-failed", operation: "rename", file: join(folder, "cmdline"), code: "ENOENT" },
    });
    set.discard();
    expect(await contents(folder)).toEqual({ kernel: "old", stale: "old" });
  });

  test("keeps permissions and symbolic links, and removes a link instead of what it leads to", async () => {
    const folder = await temporaryFolder();
    await file(join(folder, "kernel"), "old");
    await chmod(join(folder, "kernel"), 0o640);
    await file(join(folder, "elsewhere"), "old");
    await symlink("elsewhere", join(folder, "initrd"));
    await symlink("elsewhere", join(folder, "cmdline"));
    const written = await writeOutputs([
      { file: join(folder, "kernel"), content: "new" },
      { file: join(folder, "initrd"), content: "new" },
      { file: join(folder, "cmdline"), content: undefined },
    ]);
    expect(written).toEqual({ ok: true, value: undefined });
    expect(await contents(folder)).toEqual({ elsewhere: "new", initrd: "new", kernel: "new" });
    expect((await stat(join(folder, "kernel"))).mode & 0o777).toBe(0o640);
    expect(await readlink(join(folder, "initrd"))).toBe("elsewhere");
  });

  test("refuses a pipe, to be written or removed, before anything is done", async () => {
    const folder = await temporaryFolder();
    execFileSync("mkfifo", [join(folder, "cmdline")]);
    for (const content of ["new", undefined]) {
      const written = await writeOutputs([
        { file: join(folder, "kernel"), content: "new" },
        { file: join(folder, "cmdline"), content },
      ]);
      expect(written).toMatchObject({
        ok: false,
        failure: { reason: "unsupported", what: "a pipe or device in the place of an output" },
      });
    }
    expect(await readdir(folder)).toEqual(["cmdline"]);
  });

  // Nobody may make files in sysfs, and root may everywhere else.
  test.skipIf(!existsSync("/sys/kernel"))(
    "leaves the files of other folders alone where one folder is read-only (skipped without sysfs)",
    async () => {
      const folder = await temporaryFolder();
      const written = await writeOutputs([
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
