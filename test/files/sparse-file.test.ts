import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { err, ok } from "#core/result.ts";
import { withSparseFile } from "#files/sparse-file.ts";
import { file, temporaryFolder } from "../toolchain/temporary-folder.ts";

async function digits(): Promise<string> {
  return file(join(await temporaryFolder(), "f"), "0123456789");
}

/** What a file of ten digits looks like with some parts read: a dot is a byte that was not. */
async function filled(...parts: readonly (readonly [offset: number, length: number])[]): Promise<unknown> {
  const read = await withSparseFile(await digits(), async (sparse) => {
    for (const [offset, length] of parts) sparse.fill(offset, length);
    return ok(Buffer.from(sparse.bytes).toString("latin1").replaceAll("\0", "."));
  });
  return read.ok ? read.value : read.failure;
}

describe("a sparse file", () => {
  test("has the file's size and nothing of it but what was asked for", async () => {
    expect(await filled()).toBe("..........");
    expect(await filled([2, 3], [8, 1])).toBe("..234...8.");
  });

  test("gives no more than there is", async () => {
    expect(await filled([7, 100])).toBe(".......789");
    expect(await filled([10, 1], [2 ** 53 - 1, 2 ** 53 - 1], [3, 0], [3, -1])).toBe("..........");
  });

  test("hands the failure of its user on, and lets a bug pass", async () => {
    const failure = { reason: "usage", detail: "no" } as const;
    expect(await withSparseFile(await digits(), async () => err(failure))).toEqual({ ok: false, failure });
    const bug = new TypeError("a bug");
    const use = () => Promise.reject(bug);
    await expect(withSparseFile(await digits(), use)).rejects.toBe(bug);
  });

  test("is missing where the file is", async () =>
    expect(await withSparseFile("/none/f", async () => ok(1))).toEqual({
      ok: false,
      failure: { reason: "file-failed", operation: "read", file: "/none/f", code: "ENOENT" },
    }));
});
