import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { ActionCache } from "#cache/action-cache.ts";
import { directoryStore } from "#cache/directory-store.ts";
import { ok } from "#core/result.ts";
import { digest, digestFile } from "#files/digest.ts";
import { cachedReader } from "#fleet/reading/cached-reader.ts";
import type { KernelBtf } from "#kernel-image/kernel-btf.ts";
import { type KernelReader, ownReader } from "#kernel-image/reader.ts";
import { expectValue } from "../support/expect-value.ts";

const folder = mkdtempSync(join(tmpdir(), "cached-reader-"));
afterAll(() => rmSync(folder, { recursive: true }));

const kernel = (name: string, content: string): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

/** A reader on what an earlier one may have left, and the files that had to be unpacked. */
function machine(steps: readonly string[] = ["bzImage (xz)", "ELF .BTF"]) {
  const unpacked: string[] = [];
  const btf = async (file: string) => {
    unpacked.push(file);
    const bytes = Buffer.from("its BTF");
    return ok<KernelBtf>({ bytes, sha256: digest(bytes), steps, identity: { release: "6.12" } });
  };
  const cache = new ActionCache(directoryStore(join(folder, "cache")), "both", () => undefined);
  const reader: KernelReader = cachedReader({ ...ownReader, btf }, cache, digestFile);
  return { reader, unpacked, cache };
}

it("a kernel that one machine has unpacked is not unpacked by another, wherever it lies", async () => {
  const first = machine();
  const read = expectValue(await first.reader.btf(kernel("one", "a kernel")));
  await first.cache.close();
  const second = machine();
  const again = expectValue(await second.reader.btf(kernel("two", "a kernel")));
  expect(again).toEqual({ ...read, bytes: again.bytes });
  expect(Buffer.from(again.bytes).toString()).toBe("its BTF");
  expectValue(await second.reader.btf(kernel("three", "another kernel")));
  expect([first.unpacked.length, second.unpacked]).toEqual([1, [join(folder, "three")]]);
});

it("raw BTF is read where it lies: what is told of it is this machine's", async () => {
  for (let round = 1; round <= 2; round += 1) {
    const { reader, unpacked, cache } = machine(["raw BTF"]);
    expectValue(await reader.btf(kernel("raw", "raw BTF's file")));
    await cache.close();
    expect(unpacked).toHaveLength(1);
  }
});
