import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, statSync, truncateSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { programFile, start } from "../support/cli.ts";
import { Workplace, zbootFor } from "./samples.ts";

const MIB = 1024 * 1024;
const TEMPORARY = /^\.out\.\d+-\d+\.kexec-bpf$/;
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** A generator of numbers from 0 to 1 that gives the same ones every time (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Two initrds, and the envelopes that come of them. */
async function workplace(initrdSize: number) {
  const place = new Workplace();
  place.file("kernel", await zbootFor("arm64"));
  place.file("initrd-1", Buffer.alloc(initrdSize, "the first initrd "));
  place.file("initrd-2", Buffer.alloc(initrdSize, "another initrd "));
  const words = (initrd: string, out = "out") => ["pack", "envelope", "kernel", initrd, "quiet", "-o", out];
  await place.ok(...words("initrd-1", "one"));
  await place.ok(...words("initrd-2", "two"));
  const [one, two] = [sha256(place.read("one")), sha256(place.read("two"))];
  const pack = (initrd: string) => start(words(initrd), { cwd: place.folder });
  const temporaries = () => readdirSync(place.folder).filter((name) => TEMPORARY.test(name));
  return { place, words, one, two, pack, temporaries };
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

describe("an output while packing is killed", () => {
  test("is the old or the new one, and the next run takes away what was left", async () => {
    const { place, one, two, words, pack, temporaries } = await workplace(96 * MIB);
    const random = seeded(20260322);
    await place.ok(...words("initrd-1"));
    let interrupted = 0;
    for (let round = 0; round < 6; round += 1) {
      const running = pack("initrd-2");
      const moment = random() * 96 * MIB;
      let over = false;
      const ended = running.ended.finally(() => {
        over = true;
      });
      // The temporary files of rounds before are gone as soon as this one has begun to write.
      while (!over && !temporaries().some((name) => sizeOf(place.path(name)) >= moment)) await sleep(1);
      running.kill("SIGKILL");
      const { signal } = await ended;
      const found = sha256(place.read("out"));
      expect([one, two]).toContain(found);
      if (signal === "SIGKILL" && found === one) interrupted += 1;
      if (found === two) await place.ok(...words("initrd-1"));
    }
    expect(interrupted).toBeGreaterThan(0);
    await place.ok(...words("initrd-2"));
    expect(sha256(place.read("out"))).toBe(two);
    expect(temporaries()).toEqual([]);
  });

  test("is the old one after SIGTERM, which ends the program by its own status and leaves nothing", async () => {
    const { place, pack, temporaries } = await workplace(MIB);
    place.file("out", "old");
    // A hole: more than any machine copies before the signal arrives.
    truncateSync(place.path("initrd-2"), 8192 * MIB);
    const running = pack("initrd-2");
    let over = false;
    const ended = running.ended.finally(() => {
      over = true;
    });
    while (!over && temporaries().length === 0) await sleep(1);
    running.kill("SIGTERM");
    const { status, stderr } = await ended;
    expect({ status, stderr }).toEqual({ status: 143, stderr: "kexec-bpf: cancelled (SIGTERM)\n" });
    expect(place.read("out").toString()).toBe("old");
    expect(temporaries()).toEqual([]);
  });
});

test("two processes at once leave the one's output or the other's, never a mixture, and no temporary", async () => {
  const { place, one, two, pack, temporaries } = await workplace(40 * MIB);
  for (let round = 0; round < 4; round += 1) {
    const both = [pack("initrd-1"), pack("initrd-2")];
    for (const { ended } of both) expect(await ended).toMatchObject({ status: 0, stderr: "" });
    expect([one, two]).toContain(sha256(place.read("out")));
    expect(temporaries()).toEqual([]);
  }
});

/** Why nobody may mount here; undefined if one may, in a namespace of one's own. */
function noMounts(): string | undefined {
  const { status } = inNamespace("mount -t tmpfs tmpfs /mnt", []);
  return status === 0 ? undefined : "no mounts in a namespace of one's own";
}

/** Runs a script of the shell where mounts are its own and end with it. */
function inNamespace(script: string, words: readonly string[], cwd = "/") {
  const user = process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"];
  return spawnSync("unshare", [...user, "--mount", "sh", "-euc", script, "sh", ...words], {
    cwd,
    encoding: "utf8",
  });
}

const cause = noMounts();
describe.skipIf(cause !== undefined)(`an output that cannot be written${cause ? ` (${cause})` : ""}`, () => {
  /** Mounts, puts an old output there, does `before`, packs, and shows what is there then. */
  function packOn(mount: string, before: string, place: Workplace) {
    const script = [
      'mkdir -p mounted && mount -t tmpfs $1 tmpfs mounted && printf old > mounted/out && eval "$2"',
      'status=0; "$3" "$4" pack envelope kernel initrd quiet -o mounted/out || status=$?',
      'ls -A mounted; sha256sum < mounted/out; exit "$status"',
    ].join("\n");
    return inNamespace(script, [mount, before, process.execPath, programFile()], place.folder);
  }

  async function place(): Promise<Workplace> {
    const made = new Workplace();
    made.file("kernel", await zbootFor("arm64"));
    made.file("initrd", Buffer.alloc(8 * MIB, "an initrd "));
    return made;
  }

  test("for a full disk stays the old one, with no temporary beside it", async () => {
    const { status, stdout, stderr } = packOn("-osize=4m", ":", await place());
    expect({ status, stdout }).toEqual({ status: 1, stdout: `out\n${sha256(Buffer.from("old"))}  -\n` });
    expect(stderr).toMatch(/^kexec-bpf: .*\/mounted\/out: cannot write: no space left \(ENOSPC\)\n$/);
  });

  test("in a read-only folder stays the old one, root or not", async () => {
    const { status, stdout, stderr } = packOn("-osize=64m", "mount -o remount,ro mounted", await place());
    expect({ status, stdout }).toEqual({ status: 1, stdout: `out\n${sha256(Buffer.from("old"))}  -\n` });
    expect(stderr).toMatch(
      /^kexec-bpf: .*\/mounted\/out: cannot write: the file system is read-only \(EROFS\)\n$/,
    );
  });

  test("is written where there is room, by the same script", async () => {
    const made = await place();
    await made.ok("pack", "envelope", "kernel", "initrd", "quiet", "-o", "elsewhere");
    const { status, stdout } = packOn("-osize=64m", ":", made);
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: expect.stringMatching(
        new RegExp(`\nout\nout.manifest.json\n${sha256(made.read("elsewhere"))}  -\n$`),
      ),
    });
  });
});

test("an output in a folder that is not there is refused by its name", async () => {
  const { place, words } = await workplace(MIB);
  const { status, stderr } = await place.run(...words("initrd-1", "none/out"));
  expect([status, stderr]).toEqual([
    1,
    `kexec-bpf: ${place.path("none/out")}: cannot write: no such file or folder (ENOENT)\n`,
  ]);
});
