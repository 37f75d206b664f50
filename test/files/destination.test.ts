import { execFileSync } from "node:child_process";
import { mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { deliver } from "#files/deliver.ts";
import { destinationOf } from "#files/destination.ts";
import { writeOutput } from "#files/output.ts";
import { file, temporaryFolder } from "../toolchain/temporary-folder.ts";

const done = { ok: true, value: undefined };

describe("an output's name", () => {
  test("stands for what symbolic links lead to, whose permissions stay", async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, "elsewhere"));
    await file(join(folder, "elsewhere/target"), "old");
    execFileSync("chmod", ["604", join(folder, "elsewhere/target")]);
    await symlink("elsewhere/link", join(folder, "out"));
    await symlink("target", join(folder, "elsewhere/link"));
    expect(await writeOutput(join(folder, "out"), "new")).toEqual(done);
    expect(await readFile(join(folder, "elsewhere/target"), "utf8")).toBe("new");
    expect((await stat(join(folder, "elsewhere/target"))).mode & 0o777).toBe(0o604);
    expect(await readlink(join(folder, "out"))).toBe("elsewhere/link");
    expect((await readdir(join(folder, "elsewhere"))).sort()).toEqual(["link", "target"]);
  });

  test("that is a link to nothing makes its target, through linked folders as well", async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, "real/deep"), { recursive: true });
    await symlink("real/deep", join(folder, "short"));
    // From the real folder, `..` is `real`.
    await symlink("../target", join(folder, "real/deep/out"));
    expect(await writeOutput(join(folder, "short/out"), "new")).toEqual(done);
    expect(await readFile(join(folder, "real/target"), "utf8")).toBe("new");
  });

  test("in a circle of links is a failure", async () => {
    const folder = await temporaryFolder();
    await symlink("b", join(folder, "a"));
    await symlink("a", join(folder, "b"));
    expect(await writeOutput(join(folder, "a"), "new")).toMatchObject({ failure: { code: "ELOOP" } });
  });

  test("of a folder or a socket is refused", async () => {
    const folder = await temporaryFolder();
    expect(destinationOf(folder)).toMatchObject({ failure: { operation: "write", code: "EISDIR" } });
    const server = createServer().listen(join(folder, "socket"));
    await new Promise((resolve) => server.on("listening", resolve));
    expect(destinationOf(join(folder, "socket"))).toMatchObject({
      failure: { reason: "unsupported", what: "a socket in the place of an output" },
    });
    server.close();
  });

  test.each(["/dev/null", "/dev/full"])("of a device stands for the device: %s", (device) => {
    expect(destinationOf(device)).toEqual({ ok: true, value: { kind: "stream", path: device } });
  });

  test.each(["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", `/proc/${process.pid}/fd/1`])(
    "%s stands for the descriptor",
    (name) => expect(destinationOf(name)).toEqual({ ok: true, value: { kind: "descriptor", descriptor: 1 } }),
  );

  test.each([230, 241, 255])("of %i bytes can be written", async (length) => {
    const folder = await temporaryFolder();
    for (const name of ["x".repeat(length), `${"é".repeat(length >> 1)}${"x".repeat(length % 2)}`]) {
      expect(await writeOutput(join(folder, name), "new")).toEqual(done);
      expect(await readdir(folder)).toContain(name);
    }
  });
});

describe("deliver", () => {
  test("writes into a pipe as its reader takes it, and leaves it a pipe", async () => {
    const folder = await temporaryFolder();
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    const content = Buffer.alloc(300_000, "0123456789");
    const [delivered, read] = await Promise.all([deliver(pipe, content), readFile(pipe)]);
    expect(delivered).toEqual(done);
    expect(read.equals(content)).toBe(true);
    expect((await stat(pipe)).isFIFO()).toBe(true);
    expect(await readdir(folder)).toEqual(["pipe"]);
  });

  test("waits for a pipe's reader until the signal comes", async () => {
    const pipe = join(await temporaryFolder(), "pipe");
    execFileSync("mkfifo", [pipe]);
    const interrupt = new AbortController();
    const delivered = deliver(pipe, "new", interrupt.signal);
    interrupt.abort("SIGTERM");
    expect(await delivered).toEqual({ ok: false, failure: { reason: "cancelled", signal: "SIGTERM" } });
  });

  test("writes into a device and says what the device says", async () => {
    expect(await deliver("/dev/null", "new")).toEqual(done);
    expect(await deliver("/dev/full", "new")).toEqual({
      ok: false,
      failure: { reason: "file-failed", operation: "write", file: "/dev/full", code: "ENOSPC" },
    });
    expect((await stat("/dev/null")).isCharacterDevice()).toBe(true);
  });

  test("replaces a file", async () => {
    const path = join(await temporaryFolder(), "out");
    await writeFile(path, "old");
    expect(await deliver(path, "new")).toEqual(done);
    expect(await readFile(path, "utf8")).toBe("new");
  });
});
