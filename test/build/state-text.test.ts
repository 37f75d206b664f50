import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { rememberRequest } from "#build/state/remember.ts";
import { parseState, type State, statePath, stateText } from "#build/state/state.ts";
import { readState } from "#build/state/state-file.ts";
import { upToDate } from "#build/up-to-date.ts";
import { stampOf } from "#files/stamp.ts";
import { expectValue } from "../support/expect-value.ts";
import { until } from "../support/until.ts";

const EMPTY: State = { rules: {}, digests: {}, facts: {}, requests: {} };
const FULL: State = {
  rules: { a: { fingerprint: "f", outputs: { a: "1" }, found: { "/h": "2" } } },
  digests: { "/a": { stamp: null, digest: "d" }, "/b": { stamp: "1:2:3:4", digest: "e", young: true } },
  facts: { "btf /vmlinux": { stamp: "s", value: { steps: ["gzip"] } } },
  requests: { key: { stamps: { "/a": null, "/b": "1:2:3:4" }, summary: "done" } },
};

/** Another state's text than the types allow. */
const textOf = (state: object): string => stateText(Object.assign(structuredClone(EMPTY), state));

describe("the text of a state", () => {
  it("comes back as it went", () => {
    expect(parseState(stateText(EMPTY))).toEqual(EMPTY);
    expect(parseState(stateText(FULL))).toEqual(FULL);
  });

  it("has a checksum that notices each changed character", () => {
    const text = stateText(FULL);
    expect(text.slice(0, 38)).toBe('{"version":4,"checksum":"7b2e4299","co');
    for (let at = text.indexOf('"content"'); at < text.length; at += 1) {
      const changed = `${text.slice(0, at)}~${text.slice(at + 1)}`;
      expect(parseState(changed), `changed at ${at}`).toBe("damaged");
    }
  });

  it("of another version is nobody's fault", () => {
    expect(parseState(stateText(EMPTY).replace('"version":4', '"version":5'))).toBe("other version");
    expect(parseState(stateText(EMPTY).replace('"version":4', '"version":3'))).toBe("other version");
    expect(parseState('{"version":1,"rules":{}}')).toBe("other version");
    expect(parseState('{"version":2,"rules":{}}')).toBe("other version");
    expect(parseState('{"version":4,"rules":{}}')).toBe("damaged");
  });

  it.each([
    ["rules", { a: null }],
    ["rules", []],
    ["rules", { a: { fingerprint: 1, outputs: {}, found: {} } }],
    ["rules", { a: { fingerprint: "f", outputs: { x: 1 }, found: {} } }],
    ["rules", { a: { fingerprint: "f", outputs: {} } }],
    ["digests", { a: { stamp: 1, digest: "d" } }],
    ["digests", { a: { stamp: "s", digest: null } }],
    ["facts", { a: { stamp: null, value: 1 } }],
    ["facts", { a: { stamp: "s" } }],
    ["requests", { a: { stamps: { "/a": 7 }, summary: "s" } }],
    ["requests", { a: { stamps: {}, summary: null } }],
    ["requests", "none"],
  ])("with %s of another shape is damaged, whatever its checksum", (name, value) => {
    expect(parseState(textOf({ [name]: value }))).toBe("damaged");
  });
});

const out = mkdtempSync(join(tmpdir(), "state-text-"));
afterAll(() => rmSync(out, { recursive: true }));
beforeEach(() => {
  rmSync(join(out, ".kexec-bpf"), { recursive: true, force: true });
  mkdirSync(join(out, ".kexec-bpf"));
});

describe("the state of an output folder", () => {
  const warnings: string[] = [];
  const read = async () => {
    warnings.length = 0;
    return readState(out, (event) => warnings.push(event.kind === "warning" ? event.text : event.kind));
  };

  it("is what the last run left, and a fresh one where there was none", async () => {
    expect(await read()).toEqual({ ok: true, value: EMPTY });
    writeFileSync(statePath(out), stateText(FULL));
    expect(await read()).toEqual({ ok: true, value: FULL });
    writeFileSync(statePath(out), '{"version":1,"rules":{}}');
    expect(await read()).toEqual({ ok: true, value: EMPTY });
    expect(warnings).toEqual([]);
  });

  it("is thrown away where it is damaged, and that is said once", async () => {
    writeFileSync(statePath(out), "{}");
    expect(await read()).toEqual({ ok: true, value: EMPTY });
    expect(warnings).toEqual([
      `${statePath(out)} is damaged and was thrown away: everything is looked at anew`,
    ]);
    expect(await read()).toEqual({ ok: true, value: EMPTY });
    expect(warnings).toEqual([]);
  });

  it("that cannot be read is a failure", async () => {
    mkdirSync(statePath(out));
    expect(await read()).toMatchObject({ ok: false, failure: { reason: "file-failed", code: "EISDIR" } });
  });
});

/** A file whose stamp says all: it was written well before now. */
async function settled(name: string): Promise<string> {
  const file = join(out, name);
  writeFileSync(file, name);
  const written = Date.now();
  await until("its time is over", () => Date.now() > written + 100);
  return file;
}

describe("a request that was carried out", () => {
  it("is up to date until a file that it depends on changes", async () => {
    const file = await settled("input");
    const state: State = structuredClone(EMPTY);
    const watched = [file, join(out, "absent")];
    expectValue(await rememberRequest(out, state, "key", { watched, since: Date.now() }, "nothing to do"));
    expect(upToDate(out, "key")).toBe("nothing to do");
    expect(upToDate(out, "another key")).toBeUndefined();
    expect(upToDate(out, "toString")).toBeUndefined();
    writeFileSync(join(out, "absent"), "now there");
    expect(upToDate(out, "key")).toBeUndefined();
    rmSync(join(out, "absent"));
    expect(upToDate(out, "key")).toBe("nothing to do");
    writeFileSync(file, "changed");
    expect(upToDate(out, "key")).toBeUndefined();
  });

  it("is not trusted where a file changed after the build began to look", async () => {
    const file = join(out, "young");
    const since = Date.now();
    writeFileSync(file, "new");
    expectValue(await rememberRequest(out, structuredClone(EMPTY), "key", { watched: [file], since }, "x"));
    expect(upToDate(out, "key")).toBeUndefined();
  });

  it("trusts the stamp that a file had when it was read", async () => {
    const file = join(out, "read");
    writeFileSync(file, "read");
    const state: State = { ...structuredClone(EMPTY), digests: { [file]: { stamp: "older", digest: "d" } } };
    expectValue(await rememberRequest(out, state, "key", { watched: [file], since: Date.now() }, "x"));
    expect(state.requests["key"]).toEqual({ stamps: { [file]: "older" }, summary: "x" });
  });

  it("waits until a young output can be trusted, and looks whether it is the same", async () => {
    const [same, other, changed] = ["same", "other", "changed"].map((name) => join(out, name)) as [
      string,
      string,
      string,
    ];
    for (const file of [same, other, changed]) writeFileSync(file, "made");
    const young = true;
    const state = structuredClone(EMPTY);
    const right = createHash("sha256").update("made").digest("hex");
    state.digests[same] = { stamp: stampOf(same), digest: right, young };
    state.digests[other] = { stamp: stampOf(other), digest: "another", young };
    state.digests[changed] = { stamp: "older", digest: right, young };
    const watched = [same, other, changed];
    expectValue(await rememberRequest(out, state, "key", { watched, since: Date.now() }, "x"));
    expect(state.digests[same]).toEqual({ stamp: stampOf(same), digest: right });
    expect(state.requests["key"]?.stamps).toEqual({
      ...{ [same]: stampOf(same), [other]: "unsure", [changed]: "unsure" },
    });
  });

  it("is one of four that are remembered, the latest", async () => {
    const state: State = structuredClone(EMPTY);
    for (const key of ["a", "b", "c", "d", "e", "c"]) {
      expectValue(await rememberRequest(out, state, key, { watched: [], since: 0 }, key));
    }
    expect(Object.keys(state.requests)).toEqual(["b", "d", "e", "c"]);
    expect(parseState(readFileSync(statePath(out), "utf8"))).toEqual(state);
  });

  it("is none where there is no state, or no good one", () => {
    expect(upToDate(out, "key")).toBeUndefined();
    writeFileSync(statePath(out), "{}");
    expect(upToDate(out, "key")).toBeUndefined();
  });
});
