import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CampaignInput } from "#fuzz/campaign-input.ts";
import { together } from "#fuzz/workers.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "workers-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A stand-in for the worker: a module with `port`, and `data`, what it was started with. */
function workerFile(name: string, body: string): string {
  const file = join(folder, `${name}.mjs`);
  writeFileSync(
    file,
    `import { parentPort as port, workerData as data } from "node:worker_threads";\n${body}`,
  );
  return file;
}

const input = (first: number): CampaignInput => ({
  parser: {
    name: "p",
    bytes: new Uint8Array(),
    revision: "v7",
    limits: { kernel: 1, initrd: 1, cmdline: 1 },
    reference: "zboot",
    arch: undefined,
  },
  seeds: [],
  seed: 1,
  first,
  stride: 1,
  known: [],
  queue: [],
});

/** What each of `workers` is told to run of `cases`. */
async function shares(workers: number, cases: number): Promise<readonly number[]> {
  const told: number[] = [];
  const file = workerFile(
    "shares",
    `port.postMessage({ kind: "progress", cases: data.cases, next: data.input.first });`,
  );
  const inputs = Array.from({ length: workers }, (_, i) => input(i));
  await together(file, inputs, cases, {
    entry: () => expect.fail("no entry"),
    discovery: () => expect.fail("no discovery"),
    progress: (share, first) => {
      told[first] = share;
    },
  }).ended;
  return told;
}

describe("workers share the cases", () => {
  it.each([
    [2, 5, [2, 3]],
    [3, 5, [1, 2, 2]],
    [3, 6, [2, 2, 2]],
    [3, 1, [0, 0, 1]],
    [2, Number.POSITIVE_INFINITY, [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]],
  ])("so that of %i workers and %d cases none is run twice or left out", async (workers, cases, expected) => {
    expect(await shares(workers, cases)).toEqual(expected);
  });
});

describe("of what a worker says", () => {
  it("an entry goes to the others, and not back to it, and all is reported", async () => {
    const file = workerFile(
      "entries",
      `const me = data.input.first;
       port.on("message", (message) => {
         port.postMessage({ kind: "discovery", discovery: { me, heard: message.kind, from: message.entry.from } });
         port.close();
       });
       port.postMessage({ kind: "entry", entry: { from: me }, coverage: [] });`,
    );
    const entries: unknown[] = [];
    const heard: unknown[] = [];
    await together(file, [input(0), input(1)], 1, {
      entry: (entry) => entries.push(entry),
      discovery: (discovery) => heard.push(discovery),
      progress: () => expect.fail("no progress"),
    }).ended;
    expect(entries).toHaveLength(2);
    expect(heard).toHaveLength(2);
    expect(heard).toContainEqual({ me: 0, heard: "adopt", from: 1 });
    expect(heard).toContainEqual({ me: 1, heard: "adopt", from: 0 });
  });

  it("its own failure ends the wait with that", async () => {
    const file = workerFile("failing", `throw new Error("broken");`);
    const { ended } = together(file, [input(0)], 1, {
      entry: () => undefined,
      discovery: () => undefined,
      progress: () => undefined,
    });
    await expect(ended).rejects.toThrow("broken");
  });

  it("nothing is waited for after a stop", async () => {
    const file = workerFile(
      "endless",
      `port.on("message", ({ kind }) => { if (kind === "stop") port.close(); });`,
    );
    const workers = together(file, [input(0), input(1)], Number.POSITIVE_INFINITY, {
      entry: () => undefined,
      discovery: () => undefined,
      progress: () => undefined,
    });
    workers.stop();
    await workers.ended;
  });
});
