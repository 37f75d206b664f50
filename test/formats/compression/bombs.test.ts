import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { expect, test } from "vitest";
import { CODECS, decompress } from "#formats/compression/codecs.ts";
import { temporaryFolder } from "../../toolchain/temporary-folder.ts";

const MEBIBYTE = 1024 * 1024;

// What is no longer needed is found at once, and not by threads for which a busy machine has no time. This process is the file's own.
setFlagsFromString("--no-incremental-marking");
setFlagsFromString("--no-concurrent-array-buffer-sweeping");

/** A bomb takes the memory of what comes out, once, and not of every step on the way. */
test.each([
  ["lzma", "lzma -0"],
  ["bzip2", "bzip2 -1"],
  ["xz", "xz -0 --check=crc32"],
])("a bomb of %s takes little more memory than what it holds", async (name, tool) => {
  const size = 192 * MEBIBYTE;
  const folder = await temporaryFolder();
  const file = join(folder, "bomb");
  execFileSync("sh", ["-c", `head -c ${size} /dev/zero | ${tool} > "$0"`, file]);
  const codec = CODECS.find((one) => one.name === name);
  if (codec === undefined) throw new Error(name);
  // What another case has left counts for that one.
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  const result = await decompress(codec, readFileSync(file));
  expect(result.ok && result.value.bytes.length).toBe(size);
  expect((process.memoryUsage.rss() - before) / size).toBeLessThan(1.5);
});
