import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type BuildRequest, build } from "#api/build.ts";
import { clean } from "#api/clean.ts";
import type { Context } from "#api/context.ts";
import type { Event } from "#core/events.ts";
import { requestWith } from "../build/prepare/request.ts";
import { ENVIRONMENT } from "../support/cli.ts";
import { kernelTree, newFolder, write } from "../support/kernel-tree.ts";

function request(out: string, changes: Partial<BuildRequest> = {}): BuildRequest {
  const blank = requestWith();
  const kernel = { ...blank.kernel, tree: kernelTree().root };
  return { ...blank, out, goals: ["image_size.h"], arch: "arm64", abi: "v7", kernel, ...changes };
}

function context(signal = new AbortController().signal): { events: Event[]; context: Context } {
  const events: Event[] = [];
  return {
    events,
    context: { env: ENVIRONMENT, cwd: "/", signal, emit: (event) => events.push(event) },
  };
}

describe("a build as a function", () => {
  test("tells its steps as events, and what was made as data", async () => {
    const { events, context: world } = context();
    const out = newFolder();
    const built = await build(request(out), world);
    expect(built).toMatchObject({
      ok: true,
      value: { schema: 1, out, ran: 1, outputs: [{ name: "image_size.h" }] },
    });
    expect(events).toContainEqual(
      expect.objectContaining({ kind: "step", label: "GEN", output: "image_size.h" }),
    );
  });

  test("knows afterwards what is up to date, where nothing is to be remembered of the request, too", async () => {
    const { context: world } = context();
    const asked = request(newFolder());
    expect(await build(asked, world)).toMatchObject({ ok: true });
    expect(await build(asked, world)).toMatchObject({ ok: true, value: { ran: 0 } });
  });

  test("that is cancelled is a failure", async () => {
    const { context: world } = context(AbortSignal.abort("SIGTERM"));
    const failure = { reason: "cancelled", signal: "SIGTERM" };
    expect(await build(request(newFolder()), world)).toEqual({ ok: false, failure });
  });
});

test("clean leaves what the request names, and says so as data", async () => {
  const { context: world } = context();
  const out = newFolder();
  const [given, made] = [write(join(out, "uki.bpf"), "mine"), write(join(out, "zboot.bpf"), "made")];
  const { kernel } = request(out);
  const cleaned = await clean(request(out, { kernel: { ...kernel, image: given } }), world);
  const removed: unknown = expect.toSatisfy(
    (files: readonly string[]) => files.includes(made) && !files.includes(given),
  );
  expect(cleaned).toEqual({ ok: true, value: { kept: [given], removed } });
  expect([existsSync(made), readdirSync(out)]).toEqual([false, ["uki.bpf"]]);
});
