import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { err, ok } from "#core/result.ts";
import {
  makeFolder,
  removeStaleTemporaries,
  replaceFile,
  temporaryBeside,
  writeOutput,
} from "#files/output.ts";
import { file, temporaryFolder } from "../toolchain/temporary-folder.ts";

/** A process id that no process has: its owner has ended, and it was waited for. */
function deadProcess(): number {
  return spawnSync("true").pid;
}

describe("replaceFile", () => {
  test("puts what was produced in the place of the old file, and hands its result on", async () => {
    const folder = await temporaryFolder();
    const path = await file(join(folder, "out"), "old, and longer than the new");
    const replaced = await replaceFile(path, async (temporary) => {
      await writeFile(temporary, "new");
      expect(await readFile(path, "utf8")).toBe("old, and longer than the new");
      return ok(42);
    });
    expect(replaced).toEqual({ ok: true, value: 42 });
    expect(await readFile(path, "utf8")).toBe("new");
    expect(await readdir(folder)).toEqual(["out"]);
  });

  test("leaves the old file and no temporary where producing fails half-way", async () => {
    const folder = await temporaryFolder();
    const path = await file(join(folder, "out"), "old");
    const failure = { reason: "usage", detail: "half-way" } as const;
    const replaced = await replaceFile(path, async (temporary) => {
      await writeFile(temporary, "half");
      return err(failure);
    });
    expect(replaced).toEqual({ ok: false, failure });
    expect(await readFile(path, "utf8")).toBe("old");
    expect(await readdir(folder)).toEqual(["out"]);
  });

  test.each([
    ["a bug", new TypeError("a bug")],
    ["a system error of its own", Object.assign(new Error("spawn"), { code: "ENOENT", syscall: "spawn" })],
  ])(
    "leaves the old file and no temporary where producing throws %s, which passes through",
    async (_, thrown) => {
      const folder = await temporaryFolder();
      const path = await file(join(folder, "out"), "old");
      const replacing = replaceFile(path, async (temporary) => {
        await writeFile(temporary, "half");
        throw thrown;
      });
      await expect(replacing).rejects.toBe(thrown);
      expect(await readFile(path, "utf8")).toBe("old");
      expect(await readdir(folder)).toEqual(["out"]);
    },
  );

  test("names the rename where nothing was produced, or a folder is in the way", async () => {
    const folder = await temporaryFolder();
    const nothing = await replaceFile(join(folder, "out"), () => ok(undefined));
    expect(nothing).toEqual({
      ok: false,
      failure: { reason: "file-failed", operation: "rename", file: join(folder, "out"), code: "ENOENT" },
    });
    await mkdir(join(folder, "taken"));
    expect(await writeOutput(join(folder, "taken"), "x")).toEqual({
      ok: false,
      failure: { reason: "file-failed", operation: "write", file: join(folder, "taken"), code: "EISDIR" },
    });
    expect(await readdir(folder)).toEqual(["taken"]);
  });

  test("gives each call a temporary of its own, hidden beside the file", async () => {
    const [one, other] = [temporaryBeside("/o/out.o"), temporaryBeside("/o/out.o")];
    expect(one).not.toBe(other);
    expect(one).toMatch(new RegExp(`^/o/\\.out\\.o\\.${process.pid}-\\d+\\.kexec-bpf$`));
  });

  test("leaves one whole file where two calls write it at once", async () => {
    const folder = await temporaryFolder();
    const contents = ["a".repeat(100_000), "b".repeat(50_000)];
    const written = await Promise.all(contents.map((content) => writeOutput(join(folder, "out"), content)));
    expect(written.map(({ ok }) => ok)).toEqual([true, true]);
    expect(contents).toContain(await readFile(join(folder, "out"), "utf8"));
    expect(await readdir(folder)).toEqual(["out"]);
  });
});

describe("writeOutput", () => {
  test("writes text and bytes", async () => {
    const folder = await temporaryFolder();
    expect(await writeOutput(join(folder, "text"), "é\n")).toEqual({ ok: true, value: undefined });
    expect(await writeOutput(join(folder, "bytes"), Uint8Array.of(0, 255))).toMatchObject({ ok: true });
    expect(await readFile(join(folder, "text"), "utf8")).toBe("é\n");
    expect([...(await readFile(join(folder, "bytes")))]).toEqual([0, 255]);
  });

  test("names the file and the error for a folder that is missing, or is none", async () => {
    const folder = await temporaryFolder();
    const below = join(await file(join(folder, "a-file"), ""), "out");
    const failed = { reason: "file-failed", operation: "write" };
    expect(await writeOutput(join(folder, "none/out"), "x")).toEqual({
      ok: false,
      failure: { ...failed, file: join(folder, "none/out"), code: "ENOENT" },
    });
    expect(await writeOutput(below, "x")).toEqual({
      ok: false,
      failure: { ...failed, file: below, code: "ENOTDIR" },
    });
  });

  // Nobody may make files in sysfs, and root may everywhere else.
  test.skipIf(!existsSync("/sys/kernel"))(
    "names the file for a folder that is not to be written (skipped without sysfs)",
    async () =>
      expect(await writeOutput("/sys/kernel/out", "x")).toEqual({
        ok: false,
        failure: {
          reason: "file-failed",
          operation: "write",
          file: "/sys/kernel/out",
          code: expect.stringMatching(/^(EACCES|EPERM|EROFS)$/),
        },
      }),
  );
});

describe("makeFolder", () => {
  test("makes a folder with those above it, and minds none that is there", async () => {
    const folder = join(await temporaryFolder(), "a/b");
    expect(await makeFolder(folder)).toEqual({ ok: true, value: undefined });
    expect(await makeFolder(folder)).toEqual({ ok: true, value: undefined });
    expect(await readdir(folder)).toEqual([]);
  });

  test("names the folder where a file is in the way", async () => {
    const path = await file(join(await temporaryFolder(), "a-file"), "");
    expect(await makeFolder(path)).toEqual({
      ok: false,
      failure: { reason: "file-failed", operation: "create folder", file: path, code: "EEXIST" },
    });
  });
});

describe("stale temporaries", () => {
  test("of dead processes are removed; those of living ones, and other files, are kept", async () => {
    const folder = await temporaryFolder();
    const dead = deadProcess();
    const kept = [
      // Process 1 is alive, whosever it is.
      ".out.o.1-1.kexec-bpf",
      `out.o.${dead}-1.kexec-bpf`,
      `.out.o.${dead}-1.other`,
      `.out.o.${dead}.kexec-bpf`,
      `.${dead}-1.kexec-bpf`,
      ".state.json",
      "out.o",
    ];
    const stale = [
      // With this process's own number, but not its own: in a container the next run may well get it again.
      `.out.o.${process.pid}-0.kexec-bpf`,
      `.out.o.${dead}-1.kexec-bpf`,
      `.a b.${dead}-27.kexec-bpf`,
      ".x.99999999999-1.kexec-bpf",
    ];
    for (const name of [...kept, ...stale]) await file(join(folder, name), "");
    removeStaleTemporaries(folder);
    expect((await readdir(folder)).sort()).toEqual([...kept].sort());
  });

  test("are recognised by the very names that are given out; one that is being written is kept", async () => {
    const folder = await temporaryFolder();
    const replaced = await replaceFile(join(folder, "out.o"), async (mine) => {
      const left = mine.replace(`.${process.pid}-`, `.${deadProcess()}-`);
      await file(mine, "");
      await file(left, "");
      removeStaleTemporaries(folder);
      expect((await readdir(folder)).map((name) => join(folder, name))).toEqual([mine]);
      return ok(undefined);
    });
    expect(replaced).toMatchObject({ ok: true });
  });

  test("of a process that began after the last write are removed: it only has the writer's number", async () => {
    const folder = await temporaryFolder();
    // Process 1 is alive, whosever it is, but did not write in 1990.
    const old = await file(join(folder, ".out.o.1-1.kexec-bpf"), "");
    const recent = await file(join(folder, ".out.o.1-2.kexec-bpf"), "");
    await utimes(old, new Date("1990-01-01"), new Date("1990-01-01"));
    removeStaleTemporaries(folder);
    expect((await readdir(folder)).map((name) => join(folder, name))).toEqual([recent]);
  });

  test("in a folder that is missing are no concern", () => {
    expect(() => removeStaleTemporaries("/nonesuch")).not.toThrow();
  });
});
