import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect } from "vitest";
import { runProgram, start } from "../../support/cli.ts";
import { fleetOutputs, writeFleet } from "../../support/fleet.ts";

/** Runs go on where a killed one ended; after so many kills in one folder, the rest is built in one go, and a fresh one is taken. */
const KILLS_A_FOLDER = 5;

const words = (out: string) => `fleet run FLEET.json -o ${out} -j 2 --cache ${out}-cache`.split(" ");

/**
 * Kills fleet runs at moments of a sequence. What has its name is then whole, and the next run ends with what one that nothing
 * disturbs leaves.
 */
export async function killRuns(kills: number): Promise<void> {
  const cwd = mkdtempSync(join(tmpdir(), "fleet-kill-"));
  try {
    writeFleet(cwd);
    const began = performance.now();
    await buildAll(cwd, "whole");
    const milliseconds = performance.now() - began;
    const whole = fleetOutputs(join(cwd, "whole"));
    const moment = moments(7);
    for (let killed = 0, folder = 0; killed < kills; folder += 1) {
      const most = Math.min(KILLS_A_FOLDER, kills - killed);
      killed += await killIn(cwd, `killed${folder}`, { most, milliseconds, moment, whole });
    }
  } finally {
    rmSync(cwd, { recursive: true });
  }
}

type Killing = {
  /** Kills in this folder. */
  readonly most: number;
  /** What a whole run takes. */
  readonly milliseconds: number;
  readonly moment: Iterator<number, never>;
  readonly whole: ReadonlyMap<string, string>;
};

/** Kills runs into one folder until so many are killed, or one ends first; then the folder has to be as it should. */
async function killIn(cwd: string, out: string, { most, milliseconds, moment, whole }: Killing) {
  const folder = join(cwd, out);
  let killed = 0;
  for (let left = milliseconds; killed < most; ) {
    const run = start(words(out), { cwd });
    const after = moment.next().value * left;
    await setTimeout(after);
    run.kill("SIGKILL");
    if ((await run.ended).signal !== "SIGKILL") break;
    killed += 1;
    left = Math.max(left - after, milliseconds / 4);
    for (const [name, content] of fleetOutputs(folder)) {
      expect(content, `${out}/${name} after ${killed} kills`).toBe(whole.get(name));
    }
  }
  await buildAll(cwd, out);
  expect(fleetOutputs(folder)).toEqual(whole);
  for (const cache of [`${folder}-cache`, join(folder, ".fleet/cache")]) expect(damaged(cache)).toEqual([]);
  rmSync(folder, { recursive: true });
  return killed;
}

async function buildAll(cwd: string, out: string): Promise<void> {
  expect(await runProgram(words(out), { cwd })).toMatchObject({ status: 0 });
}

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
