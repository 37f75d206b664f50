import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it, vi } from "vitest";
import { failureText } from "#report/failure-text.ts";
import { runTool, type ToolRun } from "#toolchain/process.ts";
import { isGone, linesOf, until } from "../support/until.ts";
import { script, temporaryFolder } from "./temporary-folder.ts";

const sh = (body: string, more: Partial<ToolRun> = {}): ToolRun => ({
  tool: "sh",
  file: "/bin/sh",
  args: ["-c", body],
  ...more,
});

/** Waits until the script has written all its processes' ids, one a line. */
async function pidsIn(file: string, count: number): Promise<readonly number[]> {
  await until(`${file} has ${count} process ids`, () => linesOf(file).length >= count);
  return linesOf(file).map(Number);
}

const allGone = (pids: readonly number[]) => until("all are gone", () => pids.every(isGone));

/** A tool with a child and a grandchild that ignores SIGTERM; each writes its id to `pids`. */
const FAMILY = `
  echo $$ >> "$PIDS"
  sh -c 'echo $$ >> "$PIDS"; (trap "" TERM; sh -c "echo \\$\\$ >> \\"\\$PIDS\\"; while :; do sleep 0.1; done") & wait' &
  wait
`;

/** Runs a script that is to be ended by its time: by a longer one, until all its processes' ids are in `pids` before it is over. */
async function outOfTime(body: string, pids: string, count: number) {
  for (let timeout = 1000; ; timeout *= 4) {
    await rm(pids, { force: true });
    const result = await runTool(sh(body, { env: { PIDS: pids }, timeout }));
    const family = linesOf(pids).map(Number);
    if (family.length >= count) return { result, family, ended: `no end after ${timeout / 1000} s` };
  }
}

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("runTool", () => {
  it("returns stdout as bytes and stderr as text", async () => {
    const result = await runTool(sh("printf '\\377\\000\\n'; echo warning >&2"));
    expect(result).toEqual({
      ok: true,
      value: { stdout: new Uint8Array([255, 0, 10]), stderr: "warning\n" },
    });
  });

  it("passes input, environment and working folder", async () => {
    const cwd = await temporaryFolder();
    const result = await runTool(
      sh('cat; echo "$GREETING"; pwd', { cwd, input: "in\n", env: { GREETING: "hi" } }),
    );
    expect(result.ok && new TextDecoder().decode(result.value.stdout)).toBe(`in\nhi\n${cwd}\n`);
  });

  it("gives an empty stdin where there is no input", async () => {
    const result = await runTool(sh("wc -c"));
    expect(result.ok && new TextDecoder().decode(result.value.stdout).trim()).toBe("0");
  });

  it("does not mind a tool that leaves its input unread", async () => {
    expect(await runTool(sh("exit 0", { input: new Uint8Array(4_000_000) }))).toMatchObject({ ok: true });
  });

  it("writes stdout straight to a file and replaces what was there", async () => {
    const stdoutFile = join(await temporaryFolder(), "out");
    await writeFile(stdoutFile, "something longer that was there before");
    const result = await runTool(sh("echo new; echo log >&2", { stdoutFile }));
    expect(result).toEqual({ ok: true, value: { stdout: new Uint8Array(), stderr: "log\n" } });
    expect(await readFile(stdoutFile, "utf8")).toBe("new\n");
  });

  it("removes a half-written file and keeps the data out of the log", async () => {
    const stdoutFile = join(await temporaryFolder(), "out");
    const result = await runTool(sh("echo half; exit 1", { stdoutFile }));
    expect(result).toMatchObject({ failure: { ended: "exit status 1", log: "" } });
    await expect(readFile(stdoutFile)).rejects.toThrow("ENOENT");
  });

  it("names the folder that stdout cannot be written to", async () => {
    expect(await runTool(sh("true", { stdoutFile: "/nonesuch/out" }))).toEqual({
      ok: false,
      failure: { reason: "file-failed", operation: "open", file: "/nonesuch/out", code: "ENOENT" },
    });
  });

  it("tells how a tool failed, with a command to paste and the full log", async () => {
    expect(await runTool(sh("echo first >&2; echo last >&2; exit 3"))).toEqual({
      ok: false,
      failure: {
        reason: "tool-failed",
        tool: "sh",
        command: "/bin/sh -c 'echo first >&2; echo last >&2; exit 3'",
        ended: "exit status 3",
        log: "first\nlast\n",
      },
    });
  });

  it("takes stdout for the log of a tool that complains there", async () => {
    expect(await runTool(sh(`echo '{"error":"no"}'; exit 1`))).toMatchObject({
      failure: { log: '{"error":"no"}\n' },
    });
  });

  it("names the signal that a tool died of", async () => {
    expect(await runTool(sh("kill -SEGV $$"))).toMatchObject({ failure: { ended: "signal SIGSEGV" } });
  });

  it.each(["/nonesuch/tool", "kexec-bpf-nonesuch-tool"])("reports %s as missing", async (file) => {
    expect(await runTool({ tool: "tool", file, args: [] })).toEqual({
      ok: false,
      failure: { reason: "tool-missing", tool: "tool", tried: [file] },
    });
  });

  it("tells a missing folder, a missing interpreter and a missing permission from a missing tool", async () => {
    const folder = await temporaryFolder();
    const odd = await script(join(folder, "odd"), "");
    await writeFile(odd, "#!/nonesuch/interpreter\n");
    const plain = join(folder, "plain");
    await writeFile(plain, "");
    const run = (file: string, cwd?: string) =>
      runTool(cwd === undefined ? { tool: "t", file, args: [] } : { tool: "t", file, args: [], cwd });
    expect(await run("/bin/true", "/nonesuch")).toMatchObject({
      failure: {
        reason: "tool-failed",
        ended: "not started: no such file or folder (ENOENT)",
        log: "there is no folder /nonesuch",
      },
    });
    expect(await run(odd)).toMatchObject({
      failure: { reason: "tool-failed", ended: "not started: no such file or folder (ENOENT)" },
    });
    expect(await run(plain)).toMatchObject({
      failure: { reason: "tool-failed", ended: "not started: not permitted by its permissions (EACCES)" },
    });
  });
});

describe("a tool's limits", () => {
  it.each(["&1", "&2"])("of output on %s: it is ended, and told by words", async (stream) => {
    const result = await runTool(sh(`cat /dev/zero >${stream}`));
    expect(result).toMatchObject({
      failure: { reason: "tool-failed", ended: "more than 4000000 bytes of output", limit: "output" },
    });
    expect(!result.ok && JSON.stringify(result.failure).length).toBeLessThan(20_000);
  });

  it("of output into a file: it is ended, and the file goes away", async () => {
    const stdoutFile = join(await temporaryFolder(), "out");
    expect(await runTool(sh("cat /dev/zero", { stdoutFile }))).toMatchObject({
      failure: { ended: "more than 100000000 bytes of output", limit: "output" },
    });
    await expect(readFile(stdoutFile)).rejects.toThrow("ENOENT");
  });

  it("of files that it writes by itself, however fast it ends", async () => {
    const file = join(await temporaryFolder(), "out");
    const fileLimits = [{ file, bytes: 10 }];
    expect(await runTool(sh(`printf 0123456789 > ${file}`, { fileLimits }))).toMatchObject({ ok: true });
    const over = { failure: { ended: "more than 10 bytes of output", limit: "output" } };
    expect(await runTool(sh(`printf 01234567890 > ${file}`, { fileLimits }))).toMatchObject(over);
    expect(await runTool(sh(`printf 01234567890 > ${file}; sleep 300`, { fileLimits }))).toMatchObject(over);
  });

  it("of time are what the environment says, and the failure says so", async () => {
    vi.stubEnv("KEXEC_BPF_TOOL_TIMEOUT", "1");
    const result = await runTool(sh("sleep 300"));
    expect(result).toMatchObject({ failure: { ended: "no end after 1 s", limit: "time" } });
    expect(!result.ok && failureText(result.failure)).toBe(
      "sh failed (no end after 1 s): /bin/sh -c 'sleep 300'\n  KEXEC_BPF_TOOL_TIMEOUT=SECONDS allows another time",
    );
  });

  it.each(["0", "-1", "1.5", "soon", "604801"])("of time cannot be %s", async (value) => {
    vi.stubEnv("KEXEC_BPF_TOOL_TIMEOUT", value);
    expect(await runTool(sh("true"))).toEqual({
      ok: false,
      failure: {
        reason: "usage",
        detail: `KEXEC_BPF_TOOL_TIMEOUT=${value}: seconds from 1 to 604800 are expected`,
      },
    });
  });
});

describe("the process group of a tool", () => {
  it("ends as a whole on timeout, a member that ignores SIGTERM included", async () => {
    const pids = join(await temporaryFolder(), "pids");
    const { result, family, ended } = await outOfTime(FAMILY, pids, 3);
    expect(result).toMatchObject({ failure: { ended, limit: "time" } });
    await allGone(family);
  });

  it("ends as a whole on abort, which is told by the signal's reason", async () => {
    const pids = join(await temporaryFolder(), "pids");
    const controller = new AbortController();
    const running = runTool(sh(FAMILY, { env: { PIDS: pids }, signal: controller.signal }));
    const family = await pidsIn(pids, 3);
    controller.abort("SIGINT");
    expect(await running).toEqual({ ok: false, failure: { reason: "cancelled", signal: "SIGINT" } });
    await allGone(family);
  });

  it("has time to tidy up between SIGTERM and SIGKILL", async () => {
    const folder = await temporaryFolder();
    const [ready, tidy] = [join(folder, "ready"), join(folder, "tidy")];
    const controller = new AbortController();
    const body = `trap 'sleep 0.2; echo done > "$TIDY"; exit' TERM; echo > "$READY"; while :; do sleep 0.05; done`;
    const running = runTool(sh(body, { env: { READY: ready, TIDY: tidy }, signal: controller.signal }));
    await until("the tool runs", () => existsSync(ready));
    controller.abort();
    expect(await running).toMatchObject({ failure: { reason: "cancelled" } });
    expect(await readFile(tidy, "utf8")).toBe("done\n");
  });

  it("does not start after an abort", async () => {
    const signal = AbortSignal.abort();
    const file = join(await temporaryFolder(), "started");
    expect(await runTool(sh(`touch ${file}`, { signal }))).toEqual({
      ok: false,
      failure: { reason: "cancelled", signal: "abort" },
    });
    await expect(readFile(file)).rejects.toThrow("ENOENT");
  });

  it("leaves nothing behind after success, and is not kept waiting by a forgotten grandchild", async () => {
    const pids = join(await temporaryFolder(), "pids");
    const result = await runTool(
      sh(`sleep infinity & echo $! > "$PIDS"; echo done`, { env: { PIDS: pids } }),
    );
    expect(result.ok && new TextDecoder().decode(result.value.stdout)).toBe("done\n");
    const [forgotten = 0] = await pidsIn(pids, 1);
    await allGone([forgotten]);
  });

  it("does not wait past the timeout for a daemon that left the group with the pipes", async () => {
    const pids = join(await temporaryFolder(), "pids");
    const body = `setsid sh -c 'echo $$ > "$PIDS"; exec sleep infinity' & until [ -s "$PIDS" ]; do sleep 0.1; done`;
    const { result, family, ended } = await outOfTime(body, pids, 1);
    expect(result).toMatchObject({ failure: { ended } });
    const [daemon = 0] = family;
    process.kill(daemon, "SIGKILL");
  });

  it.each([
    { signal: "SIGINT", handled: false, ends: { code: null, signal: "SIGINT" } },
    { signal: "SIGTERM", handled: false, ends: { code: null, signal: "SIGTERM" } },
    { signal: "SIGTERM", handled: true, ends: { code: 7, signal: null } },
    { signal: "SIGKILL", handled: false, ends: { code: null, signal: "SIGKILL" } },
    { signal: undefined, handled: false, ends: { code: 9, signal: null } },
  ] as const)(
    "ends with this process: $signal, handled by others: $handled",
    async ({ signal, handled, ends }) => {
      const folder = await temporaryFolder();
      const pids = join(folder, "pids");
      const program = await bundledProgram(folder, handled, signal === undefined);
      const child = spawn(process.execPath, [program, pids, FAMILY], { stdio: "ignore" });
      const ended = new Promise((resolve) => child.on("exit", (code, by) => resolve({ code, signal: by })));
      const family = await pidsIn(pids, 3);
      if (signal !== undefined) child.kill(signal);
      expect(await ended).toEqual(ends);
      await allGone(family);
    },
  );
});

/** A program of its own that runs the family: a test must not end its runner's process. */
async function bundledProgram(folder: string, handled: boolean, exits: boolean): Promise<string> {
  const { build } = await import("esbuild");
  const main = `
    import { existsSync, readFileSync } from "node:fs";
    import { runTool } from "#toolchain/process.ts";
    const [pids, body] = process.argv.slice(2);
    const controller = new AbortController();
    if (${handled}) process.on("SIGTERM", () => controller.abort("SIGTERM"));
    const started = () => existsSync(pids) && readFileSync(pids, "utf8").split("\\n").length > 3;
    if (${exits}) setInterval(() => started() && process.exit(9), 20);
    const signal = controller.signal;
    const result = await runTool({ tool: "sh", file: "/bin/sh", args: ["-c", body], env: { PIDS: pids }, signal });
    if (${handled}) process.exit(result.failure?.signal === "SIGTERM" ? 7 : 1);
    // Unless it is ended by the signal that was passed on, the program says so by its exit status.
    setTimeout(() => process.exit(1), 60_000);
  `;
  const outfile = join(folder, "program.mjs");
  await build({
    stdin: { contents: main, resolveDir: fileURLToPath(new URL("../..", import.meta.url)), loader: "ts" },
    bundle: true,
    format: "esm",
    platform: "node",
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    outfile,
    logLevel: "silent",
  });
  return outfile;
}
