import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { takeTurn } from "#build/lock.ts";
import { expectValue } from "../support/expect-value.ts";

const folder = mkdtempSync(join(tmpdir(), "turns-"));
afterAll(() => rmSync(folder, { recursive: true }));

const noSignal = new AbortController().signal;
const nobody = () => expect.fail("nothing is to be waited for");

async function turn(out: string, waiting: () => void, signal = noSignal): Promise<() => void> {
  return expectValue(await takeTurn(out, signal, waiting));
}

describe("builds in one folder", () => {
  it("take turns: the next begins when the one before gives the lock back, and says once that it waits", async () => {
    const out = join(folder, "one");
    const release = await turn(out, nobody);
    const order: string[] = [];
    let says: (word: string) => void = () => undefined;
    const waits = new Promise<string>((resolve) => {
      says = resolve;
    });
    const second = turn(out, () => {
      order.push("second waits");
      says("waits");
    }).then((free) => {
      order.push("second begins");
      free();
    });
    await waits;
    order.push("first ends");
    release();
    await second;
    expect(order).toEqual(["second waits", "first ends", "second begins"]);
    (await turn(out, nobody))();
  });

  it("come one after the other, each told once that it waits", async () => {
    const out = join(folder, "many");
    let inside = 0;
    let most = 0;
    let told = 0;
    const one = async () => {
      const release = await turn(out, () => {
        told += 1;
      });
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setTimeout(resolve, 5));
      inside -= 1;
      release();
    };
    await Promise.all(Array.from({ length: 8 }, one));
    expect({ most, told }).toEqual({ most: 1, told: 7 });
  });

  it("stop waiting when they are interrupted, however long the other one takes", async () => {
    const out = join(folder, "interrupted");
    const release = await turn(out, nobody);
    const controller = new AbortController();
    const stop = () => void setTimeout(() => controller.abort("SIGINT"), 20);
    expect(await takeTurn(out, controller.signal, stop)).toEqual({
      ...{ ok: false, failure: { reason: "cancelled", signal: "SIGINT" } },
    });
    release();
    (await turn(out, nobody))();
  });

  it("are told by the folder and not by its name", async () => {
    mkdirSync(join(folder, "real"));
    symlinkSync("real", join(folder, "link"));
    const release = await turn(join(folder, "real/new"), nobody);
    const controller = new AbortController();
    const other = takeTurn(join(folder, "link/new"), controller.signal, () => controller.abort("SIGINT"));
    expect(await other).toEqual({ ok: false, failure: { reason: "cancelled", signal: "SIGINT" } });
    release();
  });

  it("do not wait for those in other folders", async () => {
    const release = await turn(join(folder, "a"), nobody);
    (await turn(join(folder, "b"), nobody))();
    release();
  });

  it("do not begin after an interrupt", async () => {
    const aborted = AbortSignal.abort("SIGTERM");
    expect(await takeTurn(join(folder, "late"), aborted, nobody)).toEqual({
      ok: false,
      failure: { reason: "cancelled", signal: "SIGTERM" },
    });
    (await turn(join(folder, "late"), nobody))();
  });
});
