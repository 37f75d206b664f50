import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Guest, runGuest } from "#guest/guest.ts";
import { GUEST_ARCHS } from "#guest/guest-arch.ts";
import type { GuestJob } from "#guest/job.ts";
import { expectFailure, expectValue } from "../support/expect-value.ts";
import { newFolder, script, write } from "../support/kernel-tree.ts";
import { begin, buffer, end, FINISH, joined, loaded, START } from "./agent-reports.ts";

const NOTHING = new Uint8Array(0);
const NO_INJECTION = {};

/** One parser, four cases, two images. */
const JOB: GuestJob = {
  revision: "v7",
  containers: [Buffer.from("container")],
  subjects: [{ container: 0, path: ".bpf.1" }],
  images: [Buffer.from("one"), Buffer.from("two")],
  cases: [
    { subject: 0, image: 0, injection: NO_INJECTION },
    { subject: 0, image: 0, injection: { atEnd: true, refuseBuffer: 2 } },
    { subject: 0, image: 1, injection: { noContext: true } },
    { subject: 0, image: 1, injection: { noImage: true, fullRing: 1 } },
  ],
  logLevel: 5,
  mapMemory: 0,
};

type Boot = { readonly reports: Uint8Array; readonly console?: string };

/** Runs the job where the n-th start of QEMU writes what the n-th boot says, and keeps what it was started with. */
async function run(boots: readonly Boot[], tail = "", timeout = 600_000) {
  const folder = newFolder("fake-qemu");
  mkdirSync(join(folder, "started"));
  boots.forEach((boot, index) => {
    write(join(folder, `reports-${index}`), boot.reports);
    write(join(folder, `console-${index}`), boot.console ?? "");
  });
  const qemu = script(
    join(folder, "qemu"),
    [
      `cd ${folder}; boot=$(ls started | wc -l)`,
      `for word; do case $previous in -initrd) cp "$word" started/$boot ;; esac`,
      `  case $word in file,id=console*) cp console-$boot "\${word#*path=}" ;; file,id=reports*) cp reports-$boot "\${word#*path=}" ;; esac`,
      "  previous=$word; done",
      tail,
    ].join("\n"),
  );
  const guest: Guest = {
    qemu: {
      file: qemu,
      version: "10.0",
      env: {},
      args: [],
      confinement: [],
      accelerator: "tcg",
      arch: GUEST_ARCHS.x86,
    },
    kernel: { image: "/boot/vmlinuz", headers: "/nowhere" },
    programs: { agent: Buffer.from("agent"), module: Buffer.from("module") },
    timeout,
  };
  const around = {
    ...{
      sources: "",
      debianPackage: "",
      moduleRoot: "",
      setupScript: "",
      cacheDir: "",
      searchPath: "",
      cwd: "/",
    },
  };
  const result = await runGuest(JOB, guest, around);
  const jobs = readdirSync(join(folder, "started")).map((name) => {
    const text = readFileSync(join(folder, "started", name), "latin1");
    return text.slice(text.indexOf("module /testbed.ko"), text.lastIndexOf("case ") + 12).split("\n");
  });
  return { result, jobs };
}

const cases = (...ids: readonly number[]) => joined(...ids.map((id) => joined(begin(id), end(id))));

describe("a guest", () => {
  it("gets every image and case in one boot", async () => {
    const whole = joined(START, loaded(0), cases(0, 1, 2, 3), FINISH);
    const { result, jobs } = await run([{ reports: whole, console: "[ 0.1] fine\n" }]);
    const ran = expectValue(result);
    expect([...ran.outcomes.keys()]).toEqual([0, 1, 2, 3]);
    expect(ran).toMatchObject({ release: "6.12.0-test", boots: 1, crashes: [], trouble: [] });
    expect(jobs).toHaveLength(1);
    expect(jobs[0]?.slice(0, 8)).toEqual([
      "module /testbed.ko",
      "log 5",
      "subject 0 /container/0 .bpf.1",
      "image /image/0",
      "case 0 0 0 -1",
      "case 1 1 2 -1",
      "image /image/1",
      "case 2 2 0 -1",
    ]);
  });

  it("that falls in a case goes on behind it in another boot, and the crash stays", async () => {
    const fallen = joined(START, loaded(0), cases(0), begin(1), buffer(1, NOTHING));
    const rest = joined(START, loaded(0), cases(2, 3), FINISH);
    const oops = "[ 2.0] BUG: unable to handle page fault\n";
    const { result, jobs } = await run([{ reports: fallen, console: oops }, { reports: rest }]);
    const ran = expectValue(result);
    expect([...ran.outcomes.keys()]).toEqual([0, 2, 3]);
    expect(ran.boots).toBe(2);
    expect(ran.crashes).toMatchObject([{ boot: 1, subject: 0, case: 1, console: oops }]);
    expect(ran.trouble).toEqual([oops.trim()]);
    expect(jobs[1]?.filter((line) => line.startsWith("case"))).toEqual(["case 2 2 0 -1", "case 3 4 0 1"]);
  });

  it("that falls over a parser leaves it out of the next boot", async () => {
    const { result, jobs } = await run([{ reports: START }, { reports: joined(START, FINISH) }]);
    const ran = expectValue(result);
    expect(ran.crashes).toMatchObject([{ boot: 1, subject: 0, case: undefined }]);
    expect(ran.loads.size).toBe(0);
    expect(jobs[1]?.some((line) => line.startsWith("subject"))).toBe(false);
  });

  it("that falls before the agent starts is booted again, and that is counted", async () => {
    const whole = joined(START, loaded(0), cases(0, 1, 2, 3), FINISH);
    const { result } = await run([{ reports: NOTHING, console: "double fault\n" }, { reports: whole }]);
    const ran = expectValue(result);
    expect(ran.boots).toBe(2);
    expect(ran.crashes).toMatchObject([{ boot: 1, subject: undefined, case: undefined }]);
  });

  it("that never comes up is a failure with its console", async () => {
    const dead = { reports: NOTHING, console: "no root\n" };
    const { result } = await run([dead, dead, dead, dead]);
    expect(result).toMatchObject({
      ok: false,
      failure: { reason: "guest-failed", console: "no root\n".repeat(4) },
    });
  });

  it("that writes to its console without end is ended, and what is kept of that is bounded", async () => {
    const talks = { reports: joined(START, loaded(0), begin(0)) };
    const forEver = `for word; do case $word in file,id=console*) yes talk > "\${word#*path=}" ;; esac; done`;
    const { result } = await run([talks, talks, talks, talks], forEver);
    const failure = expectFailure(result);
    if (failure.reason !== "guest-failed") throw new Error(failure.reason);
    expect(failure.detail).toBe("4 boots without an end: more than 16777216 bytes of output");
    expect(failure.console.length).toBe(4 * 16 * 1024 * 1024);
  });

  it("that hangs is ended, and told of as having no end", async () => {
    const hung = { reports: joined(START, loaded(0), begin(0)) };
    const { result } = await run([hung, hung, hung, hung], "sleep 600", 500);
    expect(result).toMatchObject({
      ok: false,
      failure: { detail: "4 boots without an end: no end after 0.5 s" },
    });
  });

  it("whose agent gives up is a failure with the agent's words", async () => {
    const trouble = joined(START, Uint8Array.from([9, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0]), Buffer.from("oh ."));
    expect((await run([{ reports: trouble }])).result).toMatchObject({
      ok: false,
      failure: { reason: "guest-failed", detail: "oh ." },
    });
  });
});
