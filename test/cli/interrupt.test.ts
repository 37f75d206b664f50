import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { start } from "../support/cli.ts";
import { kernelTree, newFolder, script } from "../support/kernel-tree.ts";
import { isGone, linesOf, until } from "../support/until.ts";

it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "%s while clang hangs ends the program by its own status, clang's own children too, and leaves no temporaries",
  async (signal) => {
    const { kexec } = kernelTree();
    const tools = newFolder("tools");
    const pids = join(tools, "pids");
    const clang = script(
      join(tools, "clang"),
      `case $* in
  --version) echo "clang version 19.1.7" ;;
  --print-targets) echo "    bpf - BPF" ;;
  *)
    # Half an output, and a grandchild that holds on to the pipe.
    while [ $# -gt 0 ]; do [ "$1" = -o ] && echo half > "$2"; shift; done
    sh -c 'echo $$ >> "$0"; sleep 300' ${pids} &
    echo $$ >> ${pids}
    wait ;;
esac`,
    );
    const running = start(["make", "zboot", "ARCH=arm64", `CLANG=${clang}`], { cwd: kexec });
    const seen = () => linesOf(pids);
    await until("clang and its child have started", () => seen().length === 2);
    running.kill(signal);
    const ended = await running.ended;
    const expected = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }[signal];
    expect(ended).toMatchObject({ status: expected, signal: null });
    expect(ended.stderr).toContain(`kexec-bpf: cancelled (${signal})\n`);
    await until("the family is gone", () => seen().every(isGone));
    const left = readdirSync(kexec, { recursive: true, encoding: "utf8" });
    expect(left.filter((name) => /\.\d+-\d+\.kexec-bpf$/.test(name))).toEqual([]);
    expect(left).not.toContain("zboot_parser_bpf.o");
  },
);

it("SIGKILL while bpftool loops ends bpftool, which minds no other signal, and what it has started", async () => {
  const { kexec } = kernelTree();
  const pids = join(newFolder("tools"), "pids");
  const bpftool = script(
    join(newFolder("tools"), "bpftool"),
    `case $* in
  version*) echo "bpftool v7.5.0"; echo "using libbpf v1.5" ;;
  *)
    trap '' HUP INT TERM
    sh -c 'echo $$ >> "$0"; while :; do :; done' ${pids} &
    echo $$ >> ${pids}
    while :; do :; done ;;
esac`,
  );
  const running = start(["make", "zboot", "ARCH=arm64", `BPFTOOL=${bpftool}`], { cwd: kexec });
  const seen = () => (existsSync(pids) ? readFileSync(pids, "utf8").split("\n").filter(Boolean) : []);
  await until("bpftool and its child have started", () => seen().length >= 2);
  running.kill("SIGKILL");
  expect(await running.ended).toMatchObject({ signal: "SIGKILL" });
  await until("the family is gone", () => seen().every(isGone));
});
