import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { takeTurn } from "#build/lock.ts";
import { run } from "#cli/run.ts";
import { ENVIRONMENT, start } from "../support/cli.ts";
import { expectValue } from "../support/expect-value.ts";
import { kernelTree, newFolder, script, write } from "../support/kernel-tree.ts";

const unstopped = new AbortController().signal;

async function turn(folder: string, waiting: () => void = () => undefined): Promise<() => void> {
  return expectValue(await takeTurn(folder, unstopped, waiting));
}

it("a folder that is not there yet, and one behind a symbolic link, have a lock too", async () => {
  const folder = join(newFolder(), "not/yet");
  const release = await turn(folder);
  const stop = new AbortController();
  const other = takeTurn(join(folder, "../yet"), stop.signal, () => stop.abort("SIGINT"));
  expect(await other).toEqual({ ok: false, failure: { reason: "cancelled", signal: "SIGINT" } });
  release();
  (await turn(folder))();
});

it("a build that is killed leaves no lock", async () => {
  const { kexec } = kernelTree();
  const started = join(newFolder(), "started");
  const bpftool = script(
    join(newFolder("tools"), "bpftool"),
    `case "$*" in *"btf dump"*) touch ${started}; exec sleep 60;; esac\nexec bpftool "$@"`,
  );
  const first = start(["make", "vmlinux.h", "ARCH=arm64", `BPFTOOL=${bpftool}`], { cwd: kexec });
  while (!existsSync(started)) await new Promise((resolve) => setTimeout(resolve, 20));
  (await turn(kexec, () => first.kill("SIGKILL")))();
  expect(await first.ended).toMatchObject({ signal: "SIGKILL" });
});

it.each(["image_size.h", "clean"])(
  "make %s waits for a build in its folder, says so in one line, and goes on when that is done",
  async (goal) => {
    const { kexec } = kernelTree();
    const made = write(join(kexec, "zboot.bpf"), "in the making");
    const release = await turn(kexec);
    let stderr = "";
    let waited = false;
    const status = await run(["make", goal, "ARCH=arm64"], {
      stdout: () => undefined,
      stderr: (text) => {
        stderr += text;
        if (!text.includes("waiting")) return;
        waited = existsSync(made);
        release();
      },
      env: ENVIRONMENT,
      cwd: kexec,
      terminal: { stdout: false, stderr: false },
      columns: 80,
      signal: unstopped,
    });
    expect({ status, waited }).toEqual({ status: 0, waited: true });
    expect(existsSync(made)).toBe(goal !== "clean");
    expect(stderr.split("\n").filter((line) => line.includes("waiting"))).toEqual([
      `kexec-bpf: waiting for another build in ${kexec}`,
    ]);
  },
);
