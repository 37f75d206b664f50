import { createHash } from "node:crypto";
import { appendFile, mkdir, rename, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { digest, digestFile } from "#files/digest.ts";
import { fileFailed } from "#files/errno.ts";
import { stampOf } from "#files/stamp.ts";
import { file, temporaryFolder } from "../toolchain/temporary-folder.ts";

describe("a digest", () => {
  // FIPS 180-2, appendix B.1.
  const ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

  test("is SHA-256 in hexadecimal, of text, bytes and files alike", async () => {
    const path = await file(join(await temporaryFolder(), "f"), "abc");
    expect([digest("abc"), digest(Buffer.from("abc"))]).toEqual([ABC, ABC]);
    expect(await digestFile(path)).toEqual({ ok: true, value: ABC });
  });

  test("of a file covers all of it, however many chunks that takes", async () => {
    const path = join(await temporaryFolder(), "f");
    const content = Buffer.alloc(300_001, "0123456789");
    await writeFile(path, content);
    expect(await digestFile(path)).toEqual({
      ok: true,
      value: createHash("sha256").update(content).digest("hex"),
    });
  });

  test("is missing where the file is, or is a folder", async () => {
    const folder = await temporaryFolder();
    const none = join(folder, "none");
    const failure = { reason: "file-failed", operation: "read", file: none, code: "ENOENT" };
    expect(await digestFile(none)).toEqual({ ok: false, failure });
    expect(await digestFile(folder)).toMatchObject({ failure: { what: "reading a folder", file: folder } });
  });
});

describe("a stamp", () => {
  test("is null where nothing is, below a file too", async () => {
    const path = await file(join(await temporaryFolder(), "f"), "abc");
    expect([stampOf(`${path}.none`), stampOf(join(path, "below"))]).toEqual([null, null]);
  });

  test("changes with the size, the time and the file itself, and with nothing else", async () => {
    const folder = await temporaryFolder();
    const path = await file(join(folder, "f"), "abc");
    const time = new Date("2026-01-01T00:00:00Z");
    await utimes(path, time, time);
    const first = stampOf(path);
    expect(stampOf(path)).toBe(first);

    await appendFile(path, "d");
    await utimes(path, time, time);
    const larger = stampOf(path);
    await utimes(path, time, new Date("2026-01-01T00:00:00.001Z"));
    const later = stampOf(path);
    const other = await file(join(folder, "other"), "abc");
    await utimes(other, time, time);
    await rename(other, path);
    const replaced = stampOf(path);
    expect(new Set([first, larger, later, replaced]).size).toBe(4);
  });

  test("is null at the end of a chain of links that has none", async () => {
    const path = join(await temporaryFolder(), "loop");
    await symlink(path, path);
    expect(stampOf(path)).toBeNull();
  });

  test("is there for a folder", async () => {
    const folder = join(await temporaryFolder(), "d");
    await mkdir(folder);
    expect(stampOf(folder)).toEqual(expect.any(String));
  });
});

test("an exception that is no system error is a bug and is thrown on", () => {
  const bug = new RangeError("a bug");
  expect(() => fileFailed("read", "f", bug)).toThrow(bug);
  expect(fileFailed("read", "f", Object.assign(new Error(), { code: "EIO" }))).toEqual({
    reason: "file-failed",
    operation: "read",
    file: "f",
    code: "EIO",
  });
});
