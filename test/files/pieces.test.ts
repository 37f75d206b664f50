import { createHash } from "node:crypto";
import { appendFileSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { withInputFiles } from "#files/input-file.ts";
import { type Piece, writePieces } from "#files/pieces.ts";
import { temporaryFolder } from "../toolchain/temporary-folder.ts";

const quiet = { digests: false, signal: new AbortController().signal };
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** More than a buffer, and no multiple of one. */
const SOURCE = Buffer.alloc(700_001, "some bytes of a source ");

async function sourceFile(
  content: Uint8Array = SOURCE,
): Promise<{ folder: string; source: string; out: string }> {
  const folder = await temporaryFolder();
  const source = join(folder, "source");
  writeFileSync(source, content);
  return { folder, source, out: join(folder, "out") };
}

describe("a file written in pieces", () => {
  test("has bytes at hand and ranges of files in their order, with the sums of the whole and of each", async () => {
    const { source, out } = await sourceFile();
    const written = await withInputFiles([source], ([file]) => {
      if (file === undefined) throw new Error("expected a file");
      const pieces: Piece[] = [
        Buffer.from("head"),
        { from: file, offset: 1, length: 600_000 },
        new Uint8Array(0),
        { from: file, offset: 0, length: file.size },
      ];
      return writePieces(out, pieces, { ...quiet, digests: true });
    });
    const parts = [Buffer.from("head"), SOURCE.subarray(1, 600_001), Buffer.alloc(0), SOURCE];
    const whole = Buffer.concat(parts);
    expect(readFileSync(out).equals(whole)).toBe(true);
    expect(written).toEqual({
      ok: true,
      value: { size: whole.length, digests: { whole: sha256(whole), pieces: parts.map(sha256) } },
    });
  });

  test("is not begun where a signal arrived while its pieces were made, small as they are", async () => {
    const { folder, out } = await sourceFile();
    writeFileSync(out, "old");
    const interrupt = new AbortController();
    setImmediate(() => interrupt.abort("SIGTERM"));
    const written = await writePieces(out, [Buffer.from("new")], { ...quiet, signal: interrupt.signal });
    expect(written).toEqual({ ok: false, failure: { reason: "cancelled", signal: "SIGTERM" } });
    expect(readFileSync(out, "utf8")).toBe("old");
    expect(readdirSync(folder).sort()).toEqual(["out", "source"]);
  });

  test("tells its progress up to the end", async () => {
    const { source, out } = await sourceFile();
    const told: number[] = [];
    const written = await withInputFiles([source], ([file]) => {
      const progress = (done: number, total: number) => told.push(done, total);
      return writePieces(out, file ? [{ from: file, offset: 0, length: file.size }] : [], {
        ...quiet,
        progress,
      });
    });
    expect(written).toMatchObject({ ok: true });
    expect(told.filter((_, i) => i % 2 === 0)).toEqual([262_144, 524_288, 700_001]);
    expect(new Set(told.filter((_, i) => i % 2 === 1))).toEqual(new Set([700_001]));
  });

  test.each([
    ["grows", (file: string) => appendFileSync(file, "more")],
    ["shrinks", (file: string) => truncateSync(file, 300_000)],
  ])("is not made of a source that %s meanwhile; the old file stays", async (_, change) => {
    const { folder, source, out } = await sourceFile();
    writeFileSync(out, "old");
    const written = await withInputFiles([source], ([file]) => {
      if (file === undefined) throw new Error("expected a file");
      let changed = false;
      const progress = () => {
        if (!changed) change(source);
        changed = true;
      };
      return writePieces(out, [{ from: file, offset: 0, length: file.size }], { ...quiet, progress });
    });
    expect(written).toMatchObject({ ok: false, failure: { reason: "unsupported", file: source } });
    expect(readFileSync(out, "utf8")).toBe("old");
    expect(readdirSync(folder).sort()).toEqual(["out", "source"]);
  });

  test("is given up when the user interrupts; the old file stays", async () => {
    const { folder, source, out } = await sourceFile(Buffer.alloc(40 << 20));
    writeFileSync(out, "old");
    const interrupt = new AbortController();
    const written = await withInputFiles([source], ([file]) => {
      const progress = () => interrupt.abort("SIGINT");
      const pieces = file === undefined ? [] : [{ from: file, offset: 0, length: file.size }];
      return writePieces(out, pieces, { digests: false, signal: interrupt.signal, progress });
    });
    expect(written).toEqual({ ok: false, failure: { reason: "cancelled", signal: "SIGINT" } });
    expect(readFileSync(out, "utf8")).toBe("old");
    expect(readdirSync(folder).sort()).toEqual(["out", "source"]);
  });
});
