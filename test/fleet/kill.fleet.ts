import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runProgram, start } from "../support/cli.ts";
import { fleetOutputs, writeFleet } from "../support/fleet.ts";

const KILLS = 50;
/** After so many kills in one folder, which go on where the last one ended, a fresh one is taken. */
const KILLS_A_FOLDER = 5;

const cwd = mkdtempSync(join(tmpdir(), "fleet-kill-"));
afterAll(() => rmSync(cwd, { recursive: true }));

const words = (out: string) => [
  "fleet",
  "run",
  "FLEET.json",
  "-o",
  out,
  "-j",
  "2",
  "--cache",
  `${out}-cache`,
];
let whole: ReadonlyMap<string, string>;
let milliseconds: number;

beforeAll(async () => {
  writeFleet(cwd);
  const began = performance.now();
  expect(await runProgram(words("whole"), { cwd })).toMatchObject({ status: 0 });
  milliseconds = performance.now() - began;
  whole = fleetOutputs(join(cwd, "whole"));
});

/** A small generator with a seed (mulberry32's constants): every run kills at other moments of the same sequence. */
function* moments(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    yield ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}

/** Files in a cache's folder whose content is not what their name says. */
function damaged(cache: string): readonly string[] {
  const folder = join(cache, "cas");
  return readdirSync(folder).filter((name) => {
    const content = readFileSync(join(folder, name));
    return !name.startsWith(".") && createHash("sha256").update(content).digest("hex") !== name;
  });
}

it(`${KILLS} runs that are killed leave nothing half-written, and the next ends right`, async () => {
  const moment = moments(7);
  let killed = 0;
  for (let kill = 0; kill < KILLS; kill += 1) {
    const out = `killed${Math.floor(kill / KILLS_A_FOLDER)}`;
    const run = start(words(out), { cwd });
    await setTimeout(moment.next().value * milliseconds);
    run.kill("SIGKILL");
    if ((await run.ended).signal === "SIGKILL") killed += 1;
    // What has its name is whole.
    for (const [name, content] of fleetOutputs(join(cwd, out))) {
      expect(content, `${out}/${name} after kill ${kill}`).toBe(whole.get(name));
    }
    if (kill % KILLS_A_FOLDER !== KILLS_A_FOLDER - 1) continue;
    expect(await runProgram(words(out), { cwd })).toMatchObject({ status: 0 });
    expect(fleetOutputs(join(cwd, out))).toEqual(whole);
    for (const cache of [join(cwd, `${out}-cache`), join(cwd, out, ".fleet/cache")]) {
      expect(damaged(cache)).toEqual([]);
    }
    rmSync(join(cwd, out), { recursive: true });
  }
  expect(killed).toBeGreaterThan(KILLS / 2);
});
