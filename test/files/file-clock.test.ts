import { readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { settledFiles } from "#files/file-clock.ts";
import { stampOf } from "#files/stamp.ts";
import { newFolder, write } from "../support/kernel-tree.ts";

/** Other bytes of the same number, at the same time of modification. */
function changeInPlace(path: string): void {
  const { atimeMs, mtimeMs } = statSync(path);
  writeFileSync(path, "two");
  utimesSync(path, atimeMs / 1000, mtimeMs / 1000);
}

it("a file that is said to be settled does not change without a trace", async () => {
  const folder = newFolder();
  for (let turn = 0; turn < 100; turn += 1) {
    const path = write(join(folder, `file-${turn}`), "one");
    utimesSync(path, 1000, 1000);
    const stamp = stampOf(path);
    const settled = await settledFiles([{ path, stamp }], folder);
    changeInPlace(path);
    if (settled.length > 0) expect(stampOf(path)).not.toBe(stamp);
  }
});

it("a file that was just written is settled soon, and nothing is left of what tells", async () => {
  const folder = newFolder();
  const path = write(join(folder, "file"), "one");
  const file = { path, stamp: stampOf(path) };
  expect(await settledFiles([file], folder)).toEqual([file]);
  expect(readdirSync(folder)).toEqual(["file"]);
});

it("a stamp that is ahead of the file system's clock is not settled", async () => {
  const folder = newFolder();
  const path = write(join(folder, "file"), "one");
  const ahead = { path, stamp: `3:0:${BigInt(Date.now() + 3_600_000) * 1_000_000n}:7` };
  const file = { path, stamp: stampOf(path) };
  expect(await settledFiles([ahead, file], folder)).not.toContain(ahead);
});

it("files of another file system are given time, and so are all where no file can be made", async () => {
  const stampNow = () => `3:0:${BigInt(Date.now()) * 1_000_000n + 1n}:7`;
  const other = { path: "/proc/self/status", stamp: stampNow() };
  expect(await settledFiles([other], newFolder())).toEqual([other]);
  const path = write(join(newFolder(), "file"), "one");
  const file = { path, stamp: stampOf(path) };
  expect(await settledFiles([file], join(path, "no-folder"))).toEqual([file]);
});
