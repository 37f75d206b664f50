import { afterEach, expect, test } from "vitest";
import { ok } from "#core/result.ts";
import { standingAside } from "#core/signals.ts";
import { CODECS, decompress } from "#formats/compression/codecs.ts";

const heard: string[] = [];
const handlers = ["SIGINT", "SIGTERM", "SIGHUP"].map((signal) => [signal, () => heard.push(signal)] as const);
const before = counts();

function counts(): readonly number[] {
  return handlers.map(([signal]) => process.listenerCount(signal));
}

afterEach(() => {
  for (const [signal, handler] of handlers) process.off(signal, handler);
});

test("handlers of signals stand aside for a while, on success and on failure, and come back", async () => {
  for (const [signal, handler] of handlers) process.on(signal, handler);
  const hooked = counts();
  expect(await standingAside(async () => counts())).toEqual([0, 0, 0]);
  expect(counts()).toEqual(hooked);
  await expect(standingAside(() => Promise.reject(new Error("a bug")))).rejects.toThrow("a bug");
  expect(counts()).toEqual(hooked);
  process.emit("SIGTERM");
  expect(heard).toEqual(["SIGTERM"]);
});

test("no decoder keeps a signal waiting", async () => {
  for (const [signal, handler] of handlers) process.on(signal, handler);
  let during: readonly number[] = [];
  const [codec] = CODECS;
  if (codec === undefined) throw new Error("there are codecs");
  const load = async () => () => {
    during = counts();
    return ok({ bytes: new Uint8Array(0), trailing: 0 });
  };
  expect(await decompress({ ...codec, load }, new Uint8Array(0))).toMatchObject({ ok: true });
  expect(during).toEqual([0, 0, 0]);
  expect(counts()).toEqual(before.map((count) => count + 1));
});
