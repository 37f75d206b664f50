import { spawnSync } from "node:child_process";
import { readlinkSync } from "node:fs";
import { readdir, symlink, utimes, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { err, ok } from "#core/result.ts";
import { inTemporaryFolder } from "#files/temporary-folder.ts";
import { file, temporaryFolder } from "../toolchain/temporary-folder.ts";

const SPACE = /\d+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0];
/** A process id that no process has: its owner has ended, and it was waited for. */
const DEAD = spawnSync("true").pid;

test("a temporary folder is there while it is used, is this process's by its name, and goes away", async () => {
  const place = await temporaryFolder();
  const used = await inTemporaryFolder(async (folder) => {
    await writeFile(join(folder, "content"), "x");
    expect(basename(folder)).toMatch(new RegExp(`^kexec-bpf-${SPACE}-${process.pid}-\\w{6}$`));
    // Another call leaves it alone.
    expect(await inTemporaryFolder(async () => ok(undefined), place)).toMatchObject({ ok: true });
    expect(await readdir(folder)).toEqual(["content"]);
    return ok(42);
  }, place);
  expect(used).toEqual({ ok: true, value: 42 });
  expect(await readdir(place)).toEqual([]);
});

test("a temporary folder goes away where its use fails or throws", async () => {
  const place = await temporaryFolder();
  const failure = { reason: "usage", detail: "half-way" } as const;
  expect(await inTemporaryFolder(async () => err(failure), place)).toEqual({ ok: false, failure });
  const thrown = new TypeError("a bug");
  await expect(inTemporaryFolder(() => Promise.reject(thrown), place)).rejects.toBe(thrown);
  expect(await readdir(place)).toEqual([]);
});

test("folders of the dead go away with what is in them; those of others stay", async () => {
  const place = await temporaryFolder();
  const outside = await file(join(place, "outside/kept"), "kept");
  const stale = [`kexec-bpf-${SPACE}-${DEAD}-abcdef`, `kexec-bpf-${SPACE}-1-oldone`];
  const kept = [
    // Process 1 is alive; of another space of process ids nothing is known; what is not named by us is not ours.
    ...[`kexec-bpf-${SPACE}-1-abcdef`, `kexec-bpf-1${SPACE}-${DEAD}-abcdef`, `kexec-bpf-${DEAD}-abcdef`],
    `other-${SPACE}-${DEAD}-abcdef`,
  ];
  for (const name of [...stale, ...kept]) await file(join(place, name, "content"), "x");
  await symlink(outside, join(place, stale[0] ?? "", "link"));
  await utimes(join(place, stale[1] ?? ""), new Date("1990-01-01"), new Date("1990-01-01"));
  await symlink("outside", join(place, `kexec-bpf-${SPACE}-${DEAD}-linked`));
  expect(await inTemporaryFolder(async () => ok(undefined), place)).toMatchObject({ ok: true });
  const left = [...kept, "outside", `kexec-bpf-${SPACE}-${DEAD}-linked`];
  expect((await readdir(place)).sort()).toEqual(left.sort());
  expect(await readdir(join(place, "outside"))).toEqual(["kept"]);
});

test("a place that is missing is told", async () => {
  expect(await inTemporaryFolder(async () => ok(undefined), "/nonesuch")).toEqual({
    ok: false,
    failure: { reason: "file-failed", operation: "write", file: "/nonesuch", code: "ENOENT" },
  });
});
