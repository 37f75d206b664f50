import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { CampaignRequest, CampaignSummary } from "#fuzz/campaign-request.ts";
import { readCampaignState, readCases } from "#fuzz/corpus-folder.ts";
import { Campaign } from "#fuzz/engine/campaign.ts";
import { Journal } from "#fuzz/journal.ts";
import type { Resumed } from "#fuzz/resume.ts";
import { runCampaign } from "#fuzz/run-campaign.ts";
import { goodFiles } from "#verify/mutations/good-files.ts";
import { mutationsOf } from "#verify/mutations/mutations.ts";
import { expectValue } from "../support/expect-value.ts";
import { silentParser } from "./simple-subject.ts";

const seeds = goodFiles("v7").filter(({ format }) => format === "zboot");
const [seed] = seeds;
if (seed === undefined) throw new Error("no good zboot file");
const planned = 1 + mutationsOf(seed).length;
const LIMIT = seed.image.length;
const KEY = "difference in command";

const silent = silentParser("v7", LIMIT);
const campaign = (more: object = {}) => new Campaign({ subject: silent, seeds, seed: 1, ...more });

describe("a campaign's cases", () => {
  it("are the good files first, then their hostile mutations, then mutants, numbered", () => {
    const one = campaign();
    const first = one.step();
    expect(first.entry).toEqual({ image: seed.image, injection: undefined, origin: 0 });
    expect(first.discoveries.map(({ key, index, origin }) => [key, index, origin])).toEqual([[KEY, 0, 0]]);
    // Cut as short as it goes.
    const shorter = first.discoveries[0]?.image.length ?? 0;
    expect(shorter).toBeLessThan(seed.image.length);
    expect(first.discoveries[0]?.changes).toBe(`zboot with ${shorter} bytes instead of ${seed.image.length}`);
    // A defect is told once.
    for (let index = 1; index < planned + 200; index++) expect(one.step().discoveries).toEqual([]);
    expect(one.next).toBe(planned + 200);
  });

  it("join the queue where they go a new way, and nothing else does", () => {
    const one = campaign();
    const joined: number[] = [];
    for (let index = 0; index < planned + 300; index++)
      if (one.step().entry !== undefined) joined.push(index);
    expect(joined).toHaveLength(2);
    expect(one.queue).toHaveLength(2);
    expect(joined[0]).toBe(0);
    expect(one.queue[1]?.image.length).toBeGreaterThan(LIMIT);
  });

  it("are the same for the same seed, others for another, and are shared by strides", () => {
    const images = (options: object, count: number) => {
      const one = campaign({ first: planned, ...options });
      const seen: string[] = [];
      const judged: Uint8Array[] = [];
      one.adopt({ image: seed.image, injection: undefined, origin: 0 });
      for (let index = 0; index < count; index++) {
        const { entry } = one.step();
        if (entry !== undefined) judged.push(entry.image);
        seen.push(`${one.next}`);
      }
      return { seen, queue: one.queue.map(({ image }) => Buffer.from(image).toString("base64")), judged };
    };
    expect(images({}, 50)).toEqual(images({}, 50));
    expect(images({}, 50).queue).not.toEqual(images({ seed: 2 }, 50).queue);
    expect(images({ stride: 3 }, 3).seen).toEqual([3, 6, 9].map((more) => `${planned + more}`));
  });

  it("show nothing of what is known", () => {
    const one = campaign({ known: [KEY] });
    expect(one.step().discoveries).toEqual([]);
  });

  it("that are adopted count as seen", () => {
    const one = campaign();
    one.adopt({ image: seed.image, injection: undefined, origin: 0 });
    expect(one.queue).toHaveLength(1);
    expect(one.step().entry).toBeUndefined();
  });

  it("of which the image is much longer than every good file are not made", () => {
    const one = campaign({ first: planned });
    for (let index = 0; index < 300; index++) one.step();
    for (const { image } of one.queue) expect(image.length).toBeLessThanOrEqual(seed.image.length + 8192);
  });
});

describe("a campaign in a corpus folder", () => {
  const folder = mkdtempSync(join(tmpdir(), "campaign-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  const notes: string[] = [];
  const request = (more: Partial<CampaignRequest> = {}): CampaignRequest => ({
    parser: {
      name: silent.name,
      bytes: Uint8Array.of(1),
      revision: silent.revision,
      limits: silent.limits,
      reference: "zboot",
      arch: "arm64",
    },
    subject: silent,
    seeds: [{ name: "seed.img", image: seed.image }],
    seed: undefined,
    cases: 10,
    seconds: Number.POSITIVE_INFINITY,
    workers: 1,
    shard: { index: 1, count: 1 },
    parserFile: "/p/parser.o",
    workerFile: "unused",
    folder,
    commandFor: (image) => `judge ${image}`,
    signal: new AbortController().signal,
    progress: () => undefined,
    note: (text) => void notes.push(text),
    ...more,
  });
  const ran = async (more: Partial<CampaignRequest> = {}): Promise<CampaignSummary> => {
    notes.length = 0;
    return expectValue(await runCampaign(request(more)));
  };
  const finding = {
    key: KEY,
    file: join(folder, "findings/difference-in-command.img"),
    why: `${KEY}: seed.img with 576 bytes instead of ${seed.image.length}`,
    injection: null,
    command: `judge ${join(folder, "findings/difference-in-command.img")}`,
  };

  it("keeps what it finds, and goes on where it ended", async () => {
    expect(await ran()).toMatchObject({
      cases: 10,
      first: 0,
      next: 10,
      seed: 1,
      revision: "v7",
      reference: "zboot",
      findings: 1,
      queue: 1,
      branches: { reached: 1, all: 2 },
      saved: [finding],
    });
    expect(new Uint8Array(readFileSync(finding.file))).toEqual(seed.image.slice(0, 576));
    expect(JSON.parse(readFileSync(finding.file.replace(/img$/, "json"), "utf8"))).toEqual({
      schema: 1,
      reference: "zboot",
      revision: "v7",
      why: finding.why,
      key: KEY,
      command: finding.command,
      origin: "seed.img",
    });
    const queue = await readCases(folder, "queue");
    expect(queue.ok && queue.value.map(({ name, description }) => [name, description.why])).toEqual([
      ["000001", "reaches a branch that none before it reached"],
    ]);
    const second = await ran({ cases: planned + 200 });
    expect(second).toMatchObject({ first: 10, next: planned + 210, queue: 2, findings: 1, saved: [finding] });
    expect(second.branches).toEqual({ reached: 2, all: 2 });
    expect(notes).toEqual([]);
    expect(await ran({ cases: 0 })).toMatchObject({
      first: planned + 210,
      queue: 2,
      branches: { reached: 2 },
    });
  });

  it("begins anew where a seed or the seed's number is another, and says so; what it has stays", async () => {
    const anew = "the parser, a seed or an option is another than last time: it begins with the first case";
    expect(await ran({ seed: 7, cases: 3 })).toMatchObject({
      seed: 7,
      first: 0,
      next: 3,
      queue: 2,
      findings: 1,
    });
    expect(notes).toEqual([anew]);
    // Without a number, that of the last run.
    expect(await ran({ cases: 1 })).toMatchObject({ seed: 7, first: 3, next: 4 });
    expect(notes).toEqual([]);
  });

  it("says what is found no more", async () => {
    const right = { ...silent, programs: [] };
    await ran({ subject: right, seed: 7, cases: 0 });
    writeFileSync(
      join(folder, "findings/gone.json"),
      JSON.stringify({
        schema: 1,
        reference: "zboot",
        revision: "v7",
        why: "w",
        key: "leak",
        origin: "seed.img",
      }),
    );
    writeFileSync(join(folder, "findings/gone.img"), seed.image);
    expect((await ran({ cases: 0 })).saved).toEqual([finding]);
    expect(notes).toEqual(["gone is found no more"]);
    rmSync(join(folder, "findings/gone.img"));
    rmSync(join(folder, "findings/gone.json"));
  });

  it("ends with its time, and when it is told to", async () => {
    expect((await ran({ seconds: 0.01, cases: Number.POSITIVE_INFINITY })).milliseconds).toBeGreaterThan(0);
    const aborted = await ran({ signal: AbortSignal.abort(), cases: 1_000_000 });
    expect(aborted.cases).toBeLessThan(1_000_000);
  });

  it.each([
    ["state.json", "{", "text"],
    ["state.json", '{"schema":2}', "schema must be 1"],
    ["state.json", "null", "schema must be 1"],
    ["queue/000001.json", "{}", "schema must be 1"],
    ["findings/difference-in-command.json", "[]", "schema must be 1"],
  ])("cannot be used where %s has %s in it", async (name, text, detail) => {
    const file = join(folder, name);
    const before = readFileSync(file);
    writeFileSync(file, text);
    const result = await runCampaign(request());
    writeFileSync(file, before);
    expect(result).toMatchObject({ ok: false, failure: { reason: "malformed", format: "corpus", file } });
    if (detail !== "text") expect(result).toMatchObject({ failure: { detail } });
  });

  it("ends with the first file that cannot be written, and says which", async () => {
    const broken = mkdtempSync(join(tmpdir(), "campaign-broken-"));
    const findings = join(broken, "findings");
    const result = await runCampaign(
      request({
        folder: broken,
        cases: 1_000_000_000,
        // The first finding is about to be written: its folder is a file by now.
        commandFor: () => {
          rmSync(findings, { recursive: true });
          writeFileSync(findings, "in the way");
          return "";
        },
      }),
    );
    const again = await runCampaign(request({ folder: broken }));
    rmSync(broken, { recursive: true });
    for (const { ok, ...failed } of [result, again]) {
      expect(ok).toBe(false);
      expect(failed).toMatchObject({ failure: { reason: "file-failed" } });
    }
  });

  it("keeps what was denied with a finding and an entry", async () => {
    const denied = mkdtempSync(join(tmpdir(), "campaign-denied-"));
    const injection = { failReserve: 1 };
    const resumed: Resumed = {
      identity: "",
      input: {
        parser: request().parser,
        seeds: request().seeds,
        seed: 1,
        first: 4,
        stride: 1,
        known: ["leak at a.c:1"],
        queue: [],
      },
      queue: [],
      findings: [],
    };
    for (const part of ["queue", "findings"]) mkdirSync(join(denied, part));
    const journal = new Journal(request({ folder: denied }), resumed);
    const { reports } = journal;
    const entry = { image: seed.image, injection, origin: 0 };
    const discovery = (key: string) => ({
      ...entry,
      key,
      finding: {
        kind: "leak",
        source: undefined,
        reference: { kind: "record", name: "r", acquiredAt: 1 },
      } as const,
      changes: "zboot",
      index: 5,
    });
    reports.entry(entry, [Uint8Array.of(0, 0, 0, 3)]);
    // Two workers find the same, and one what is known.
    for (const key of ["leak at b.c:2", "leak at b.c:2", "leak at a.c:1"]) reports.discovery(discovery(key));
    reports.progress(3, 9);
    reports.progress(2, 7);
    expect(await journal.close()).toBeUndefined();
    expect(journal.findings.map(({ key, injection }) => [key, injection])).toEqual([
      ["leak at b.c:2", injection],
    ]);
    expect(journal.next).toBe(9);
    expect(journal.progress(12.6)).toMatchObject({ cases: 5, milliseconds: 13, queue: 1, findings: 1 });
    const saved = [
      ...expectValue(await readCases(denied, "queue")),
      ...expectValue(await readCases(denied, "findings")),
    ];
    rmSync(denied, { recursive: true });
    expect(saved.map(({ name, injection, description }) => [name, injection, description.origin])).toEqual([
      ["000001", injection, "seed.img"],
      ["leak-at-b-c-2", injection, "seed.img"],
    ]);
  });

  it("cannot be used where a file of a case cannot be read", async () => {
    const file = join(folder, "queue/000001.json");
    const before = readFileSync(file);
    rmSync(file);
    expect(await readCases(folder, "queue")).toMatchObject({
      ok: false,
      failure: { reason: "file-failed", file },
    });
    writeFileSync(file, before);
    expect(await readCases(folder, "nowhere")).toMatchObject({
      ok: false,
      failure: { reason: "file-failed" },
    });
    rmSync(join(folder, "state.json"));
    mkdirSync(join(folder, "state.json"));
    expect(await readCampaignState(folder)).toMatchObject({ ok: false });
    rmSync(join(folder, "state.json"), { recursive: true });
  });

  it("is not begun with a seed that is of none of the formats", async () => {
    const other = [{ name: "odd.img", image: Buffer.from("odd") }];
    const none = join(folder, "none");
    expect(await runCampaign(request({ seeds: other, folder: none }))).toMatchObject({
      ok: false,
      failure: { reason: "unsupported", file: "odd.img" },
    });
    expect(() => readFileSync(none)).toThrow("ENOENT");
  });
});
