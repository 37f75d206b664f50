import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { Digests } from "#build/digests.ts";
import { recall, type Seen } from "#build/facts.ts";
import type { State } from "#build/state/state.ts";
import { err, ok } from "#core/result.ts";
import { stampOf } from "#files/stamp.ts";
import { expectValue } from "../support/expect-value.ts";
import { until } from "../support/until.ts";

const out = mkdtempSync(join(tmpdir(), "digests-"));
afterAll(() => rmSync(out, { recursive: true }));

let state: State;
beforeEach(() => {
  state = { rules: {}, digests: {}, facts: {}, requests: {} };
});

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const digests = (seen?: Seen) => new Digests(out, state, new AbortController().signal, seen);
const changing = (file: string) => ({
  ok: false,
  failure: {
    reason: "unsupported",
    what: "a file that changes while it is read",
    detail: "something has written to it",
    file,
  },
});

function written(name: string, text: string): string {
  const file = join(out, name);
  writeFileSync(file, text);
  return file;
}

/** The same, so long ago that a change from now on shows. */
async function settled(name: string, text: string): Promise<string> {
  const file = written(name, text);
  const now = Date.now();
  await until("its time is over", () => Date.now() > now + 100);
  return file;
}

describe("the digest of a file", () => {
  it("of a file from outside is the same throughout a run; one from inside is what it is now", async () => {
    const [outside, inside] = [written("once-outside", "1"), written("once-inside", "1")];
    const run = digests();
    expect(await run.all([outside, "once-inside"])).toEqual(
      ok({ [outside]: sha256("1"), "once-inside": sha256("1") }),
    );
    for (const file of [outside, inside]) writeFileSync(file, "22");
    expect(await run.all([outside, "once-inside"])).toEqual(
      ok({ [outside]: sha256("1"), "once-inside": sha256("22") }),
    );
  });

  it("is known to other builds of the process where the file is from outside", async () => {
    const outside = await settled("shared-outside", "1");
    const inside = await settled("shared-inside", "2");
    const others = new Map();
    const signal = new AbortController().signal;
    const nested = join(out, "nested");
    const one = new Digests(nested, state, signal, new Map(), others);
    expect(await one.all([outside])).toEqual(ok({ [outside]: sha256("1") }));
    expect([...others.keys()]).toEqual([outside]);
    const another = { rules: {}, digests: {}, facts: {}, requests: {} };
    others.set(outside, { stamp: stampOf(outside), digest: "of another build" });
    const two = new Digests(nested, another, signal, new Map(), others);
    expect(await two.all([outside])).toEqual(ok({ [outside]: "of another build" }));
    expect(Object.keys(another.digests)).toEqual([outside]);
    const own = new Digests(out, state, signal, new Map(), others);
    expectValue(await own.all(["shared-inside"]));
    expect(state.digests[inside]).toMatchObject({ digest: sha256("2") });
    expect([...others.keys()]).toEqual([outside]);
  });

  it("is kept under the path that was asked for, relative ones from the output folder on", async () => {
    const outside = written("outside", "2");
    written("a", "1");
    expect(await digests().all(["a", outside])).toEqual(ok({ a: sha256("1"), [outside]: sha256("2") }));
    expect(Object.keys(state.digests).sort()).toEqual([join(out, "a"), outside].sort());
  });

  it("is not made again while the stamp holds", async () => {
    const file = await settled("kept", "1");
    state.digests[file] = { stamp: stampOf(file), digest: "remembered" };
    expect(await digests().all(["kept"])).toEqual(ok({ kept: "remembered" }));
    utimesSync(file, 5, 5);
    expect(await digests().all(["kept"])).toEqual(ok({ kept: sha256("1") }));
  });

  it("of a file too young to show a change is made again", async () => {
    const file = await settled("young", "1");
    state.digests[file] = { stamp: stampOf(file), digest: "remembered", young: true };
    expect(await digests().all(["young"])).toEqual(ok({ young: sha256("1") }));
    expect(state.digests[file]).toEqual({ stamp: stampOf(file), digest: sha256("1") });
    written("young", "2");
    expectValue(await digests().all(["young"]));
    expect(state.digests[file]).toEqual({ stamp: stampOf(file), digest: sha256("2"), young: true });
  });

  it("of a file that is not there is a failure", async () => {
    const missing = { ok: false, failure: { reason: "file-failed", code: "ENOENT" } };
    expect(await digests().all(["none"])).toMatchObject(missing);
    state.digests[join(out, "none")] = { stamp: null, digest: "remembered" };
    expect(await digests().all(["none"])).toMatchObject(missing);
  });

  it("of one from outside stays what it was first throughout a run, of an output it does not", async () => {
    const outside = written("steady", "1");
    written("made", "1");
    const run = digests();
    expectValue(await run.all([outside, "made"]));
    written("steady", "2");
    written("made", "2");
    expect(await run.all([outside, "made"])).toEqual(ok({ [outside]: sha256("1"), made: sha256("2") }));
    expect(await digests().all([outside])).toEqual(ok({ [outside]: sha256("2") }));
  });

  it("is refused where the file is another than the one that was read before the run", async () => {
    const file = written("seen", "1");
    expect(await digests(new Map([[file, stampOf(file)]])).all([file])).toMatchObject({ ok: true });
    expect(await digests(new Map([[file, "another"]])).all([file])).toEqual(changing(file));
  });
});

describe("files still have the contents of their digests", () => {
  it("or the first that has not is named", async () => {
    written("x", "1");
    written("y", "1");
    const run = digests();
    expect(await run.hold({ x: sha256("1"), y: sha256("1") })).toBe(true);
    expect(await run.changed({ x: sha256("1"), y: sha256("2") })).toBe(join(out, "y"));
    expect(await run.hold({ x: sha256("1"), y: sha256("2") })).toBe(false);
    expect(await run.changed({ gone: sha256("1") })).toBe(join(out, "gone"));
  });
});

describe("a fact about files", () => {
  const find = (value: string) => async () => ok(value);
  const never = () => expect.fail("it is known already");

  it("is found once while the files are the same", async () => {
    const from = await settled("from", "1");
    const made = written("made-of-it", "1");
    const seen: Seen = new Map();
    const context = { state, seen };
    expect(await recall(context, "fact", { from, made }, find("first"))).toEqual(ok("first"));
    expect(seen.get(from)).toBe(stampOf(from));
    expect(await recall(context, "fact", { from, made }, never)).toEqual(ok("first"));
    expect(await recall(context, "other", { from }, find("other"))).toEqual(ok("other"));
    expect(await recall(context, "other", { from }, never)).toEqual(ok("other"));
    written("made-of-it", "changed");
    expect(await recall(context, "fact", { from, made }, find("second"))).toEqual(ok("second"));
    written("from", "changed");
    expect(await recall(context, "fact", { from, made }, find("third"))).toEqual(ok("third"));
    expect(seen.get(from)).not.toBe(stampOf(from));
  });

  it("about a file that is too young is not kept", async () => {
    const from = written("young-fact", "1");
    state.facts["fact"] = { stamp: "another", value: "old" };
    expect(await recall({ state, seen: new Map() }, "fact", { from }, find("new"))).toEqual(ok("new"));
    expect(state.facts).toEqual({});
  });

  it("is none where the file changes meanwhile, and a failure stays what it is", async () => {
    const from = await settled("changing", "1");
    const context = { state, seen: new Map() };
    const change = async () => {
      written("changing", "another");
      return ok("x");
    };
    expect(await recall(context, "fact", { from }, change)).toEqual(changing(from));
    const failure = { reason: "unsupported", what: "this", detail: "so" } as const;
    const failing = async () => {
      written("changing", "yet another");
      return err(failure);
    };
    expect(await recall(context, "fact", { from }, failing)).toEqual(err(failure));
    expect(await recall(context, "fact", { from }, async () => err(failure))).toEqual(err(failure));
    expect(state.facts).toEqual({});
  });
});
