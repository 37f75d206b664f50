import { execFileSync, spawn, spawnSync } from "node:child_process";
import { appendFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ok } from "#core/result.ts";
import { readInput, readInputText, withInputFile } from "#files/input-file.ts";
import { fsPath, textOfName } from "#files/raw-path.ts";
import { withSparseFile } from "#files/sparse-file.ts";
import { programFile, runProgram, start } from "../support/cli.ts";
import { expectFailure } from "../support/expect-value.ts";
import { temporaryFolder } from "../toolchain/temporary-folder.ts";

async function path(name = "f"): Promise<string> {
  return join(await temporaryFolder(), name);
}

/** What is said of a path that may not be read. */
async function refusal(file: string): Promise<unknown> {
  const failure = expectFailure(await withInputFile(file, () => Promise.reject(new Error("opened"))));
  return failure.reason === "unsupported" && failure.file === file ? failure.what : failure;
}

describe("what may be read", () => {
  test("is a regular file, whole, its head or a part", async () => {
    const file = await path();
    writeFileSync(file, "0123456789");
    expect(await readInputText(file)).toEqual(ok("0123456789"));
    const parts = await withInputFile(file, (input) => {
      const two = Buffer.alloc(2);
      return ok([input.size, input.head(3), input.head(99), input.read(two, 8), two.toString()]);
    });
    const text = (word: string) => ok(new Uint8Array(Buffer.from(word)));
    expect(parts).toEqual(ok([10, text("012"), text("0123456789"), ok(undefined), "89"]));
  });

  test("is /dev/null, which is empty, and no folder, device, FIFO or socket", async () => {
    expect(await readInput("/dev/null")).toEqual(ok(Buffer.alloc(0)));
    const folder = await temporaryFolder();
    expect(await refusal(folder)).toBe("reading a folder");
    expect(await refusal("/dev/zero")).toBe("reading a device");
    // With no writer, and with no reader: opening either would wait for ever.
    execFileSync("mkfifo", [join(folder, "fifo")]);
    expect(await refusal(join(folder, "fifo"))).toBe("reading a FIFO");
    expect(await refusal(join(folder, "none"))).toMatchObject({ reason: "file-failed", code: "ENOENT" });
  });

  test("is a file of /proc, which says that it is empty, and one of /sys, which says that it is larger", async () => {
    const status = await readInputText("/proc/self/status");
    expect(status.ok && status.value).toMatch(/^Name:/);
    const sys = "/sys/kernel/mm/transparent_hugepage/enabled";
    const text = execFileSync("sh", ["-c", `cat ${sys} /proc/version`], { encoding: "utf8" });
    const read = [await readInputText(sys), await readInputText("/proc/version")];
    expect(read.map((one) => one.ok && one.value).join("")).toBe(text);
  });

  test("is refused whole above a limit, which is said", async () => {
    const file = await path();
    writeFileSync(file, "0123456789");
    expect(await readInput(file, 9)).toMatchObject({
      failure: { reason: "size-exceeded", size: 10, limit: 9 },
    });
    truncateSync(file, 5 * 2 ** 30);
    const failure = { reason: "size-exceeded", size: 5 * 2 ** 30 };
    expect(await readInput(file)).toMatchObject({ failure: { ...failure, limit: 2 ** 31 - 1 } });
    const sparse = await withSparseFile(file, () => Promise.reject(new Error("opened")));
    expect(sparse).toMatchObject({ failure: { ...failure, limit: 2 ** 32 - 1 } });
    truncateSync(file, 2 ** 40);
    expect(await readInput(file)).toMatchObject({ failure: { reason: "size-exceeded", size: 2 ** 40 } });
  });
});

describe("a file that changes while it is read", () => {
  const changed = { ok: false, failure: { what: "a file that changes while it is read" } };

  test.each([
    ["cut", (file: string) => truncateSync(file, 4)],
    ["grown", (file: string) => appendFileSync(file, "more")],
  ])("fails where it is %s", async (_, change) => {
    const file = await path();
    writeFileSync(file, "0123456789");
    const whole = await withInputFile(file, (input) => {
      change(file);
      return input.whole();
    });
    expect(whole).toMatchObject(changed);
    writeFileSync(file, "0123456789");
    const sparse = await withSparseFile(file, (input) => {
      change(file);
      input.fill(0, 10);
      return ok(input.bytes);
    });
    expect(sparse).toMatchObject(changed);
  });
});

describe("names that are no UTF-8", () => {
  test("are read", async () => {
    const folder = await temporaryFolder();
    const bytes = Buffer.concat([Buffer.from(`${folder}/a\u00e9`), Buffer.of(0xff, 0xe9, 0x62)]);
    writeFileSync(bytes, "odd");
    expect(fsPath(textOfName(bytes))).toEqual(bytes);
    expect(textOfName(bytes)).toBe(`${folder}/a\u00e9\udcff\udce9b`);
    expect(await readInputText(textOfName(bytes))).toEqual(ok("odd"));
    expect(fsPath("\u{1f600}")).toBe("\u{1f600}");
  });
});

describe("a pipe that is meant as an input", () => {
  const program = async (script: string, ...args: string[]) => {
    const shell = spawnSync("bash", ["-c", script, process.execPath, programFile(), ...args], {
      encoding: "utf8",
    });
    return { status: shell.status, stdout: shell.stdout, stderr: shell.stderr };
  };

  test.each([
    ['printf "#!/bin/sh" | "$0" "$1" inspect -'],
    ['printf "#!/bin/sh" | "$0" "$1" inspect /dev/stdin'],
    ['"$0" "$1" inspect <(printf "#!/bin/sh")'],
  ])("is read: %s", async (script) => {
    const { status, stdout } = await program(script);
    expect(stdout).toMatch(/^format +shell script$/m);
    expect(stdout).toMatch(/^size +9 /m);
    expect(status).toBe(0);
  });

  test.each(["SIGINT", "SIGTERM"] as const)("that gives nothing lets %s end the program", async (signal) => {
    for (const words of [
      ["inspect", "-"],
      ["verify", "-", "--image", "/dev/null"],
    ]) {
      const child = spawn(process.execPath, [programFile(), ...words], {
        stdio: ["pipe", "ignore", "ignore"],
      });
      // More than any pipe holds: when it is gone, the program is reading.
      await new Promise((resolve) => child.stdin.write(Buffer.alloc(4_000_000), resolve));
      child.kill(signal);
      const ended = await new Promise((resolve) => child.on("exit", (_, by) => resolve(by)));
      expect(ended).toBe(signal);
    }
  });
});

test("devices end no program by an exception", async () => {
  for (const words of [
    ["check", "/dev/zero"],
    ["inspect", "/dev/zero"],
    ["extract", "/dev/zero", "-o", "out"],
  ]) {
    const { status, stderr } = await runProgram(words, { cwd: await temporaryFolder() });
    expect(stderr).toContain("/dev/zero: reading a device is not supported");
    expect(status).toBe(1);
  }
});

test("a command that decodes for long ends by the signal", async () => {
  const folder = await temporaryFolder();
  const bomb = join(folder, "bomb.lzma");
  execFileSync("sh", ["-c", `head -c 400000000 /dev/zero | lzma -0 > "$0"`, bomb]);
  const running = start(["extract", bomb, "-o", "out"], { cwd: folder });
  // A second or two into it, or before it has begun: never at its end, which is later.
  await new Promise((resolve) => setTimeout(resolve, 700));
  running.kill("SIGTERM");
  expect(await running.ended).toMatchObject({ signal: "SIGTERM" });
});
