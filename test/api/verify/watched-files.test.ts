import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { WatchedFiles } from "#api/verify/watched-files.ts";
import { newFolder, write } from "../../support/kernel-tree.ts";

/** Ends what would wait for ever. */
const soon = () => AbortSignal.timeout(600_000);

describe("watched files", () => {
  it("are what they were when they were first named", async () => {
    const file = write(join(newFolder(), "a"), "one");
    const watched = new WatchedFiles([file]);
    write(file, "another");
    watched.add(file);
    expect(await watched.changed(soon())).toBe(file);
  });

  it("that are forgotten are watched from now on", async () => {
    const folder = newFolder();
    const own = write(join(folder, "own"), "one");
    const other = write(join(folder, "other"), "one");
    const watched = new WatchedFiles([own, other]);
    write(own, "another");
    write(other, "another");
    watched.forget([own, join(folder, "never named")]);
    expect(watched.files).toEqual([own, other]);
    expect(await watched.changed(soon())).toBe(other);
  });

  it("are no longer waited for when the signal comes", async () => {
    const interrupt = new AbortController();
    const waiting = new WatchedFiles([newFolder()]).changed(interrupt.signal);
    interrupt.abort();
    expect(await waiting).toBeUndefined();
  });
});
