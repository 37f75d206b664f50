import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { ThreadReader } from "#fleet/reading/in-thread.ts";
import { expectFailure } from "../support/expect-value.ts";

const folder = mkdtempSync(join(tmpdir(), "reading-thread-"));
afterAll(() => rmSync(folder, { recursive: true }));

function worker(name: string, text: string): string {
  const file = join(folder, `${name}.mjs`);
  writeFileSync(file, `import { parentPort } from "node:worker_threads";\n${text}`);
  return file;
}

it("gives each question its own answer, in whatever order they come", async () => {
  const file = worker(
    "backwards",
    `const asked = [];
parentPort.on("message", ({ id, file }) => {
  asked.unshift({ id, kind: "digest", result: { ok: true, value: file } });
  if (asked.length === 2) for (const answer of asked) parentPort.postMessage(answer);
});`,
  );
  const reader = new ThreadReader(file, new AbortController().signal);
  const answers = await Promise.all(["a", "b"].map((name) => reader.digest(name)));
  await reader.close();
  expect(answers).toEqual([
    { ok: true, value: "a" },
    { ok: true, value: "b" },
  ]);
});

it("does not wait for a thread once the signal has come, nor starts one", async () => {
  const controller = new AbortController();
  const reader = new ThreadReader(worker("silent", 'parentPort.on("message", () => {});'), controller.signal);
  const asked = [reader.btf("a"), reader.measure("b"), reader.digest("c")];
  controller.abort("SIGINT");
  const cancelled = { reason: "cancelled", signal: "SIGINT" };
  for (const answer of asked) expect(expectFailure(await answer)).toEqual(cancelled);
  expect(expectFailure(await reader.measure("d"))).toEqual(cancelled);
  await reader.close();
});

it("fails as its thread does", async () => {
  const reader = new ThreadReader(
    worker("broken", 'parentPort.on("message", () => { throw new Error("out of order"); });'),
    new AbortController().signal,
  );
  await expect(reader.digest("a")).rejects.toThrow("out of order");
  await reader.close();
});
