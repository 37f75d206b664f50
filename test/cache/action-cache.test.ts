import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { ActionCache, type CacheMode } from "#cache/action-cache.ts";
import { directoryStore } from "#cache/directory-store.ts";
import { httpStore } from "#cache/http-store.ts";
import { digest } from "#files/digest.ts";
import { encodeActionResult } from "#formats/action-result/action-result.ts";
import { type Behaviour, type CacheServer, cacheServer, GOOD } from "../support/cache-server.ts";

const folder = mkdtempSync(join(tmpdir(), "cache-"));
afterAll(() => rmSync(folder, { recursive: true }));

const key = "1".repeat(64);
const outputs = [
  { name: "a.o", bytes: Buffer.from("an object") },
  { name: "empty", bytes: Buffer.alloc(0) },
];
const checked = outputs.map((output) => ({ ...output, sha256: digest(output.bytes) }));
const names = outputs.map(({ name }) => name);
const sha256 = (bytes: string | Buffer) => createHash("sha256").update(bytes).digest("hex");

let warnings: string[];
const warn = (text: string) => void warnings.push(text);
beforeEach(() => {
  warnings = [];
});

describe("a cache in a folder", () => {
  const open = (place: string, mode: CacheMode = "both") =>
    new ActionCache(directoryStore(join(folder, place)), mode, warn);

  it("gives back what was stored, to any run", async () => {
    const first = open("plain");
    expect(await first.fetch(key, names)).toBeUndefined();
    await first.store(key, outputs);
    expect(await first.close()).toMatchObject({ hits: 0, misses: 1, stored: 1, sent: expect.any(Number) });
    const second = open("plain");
    expect(await second.fetch(key, names)).toEqual(checked);
    expect(await second.close()).toMatchObject({ hits: 1, misses: 0, stored: 0, troubles: [] });
    expect(readdirSync(join(folder, "plain", "cas")).sort()).toEqual(
      [sha256("an object"), sha256("")].sort(),
    );
    expect(warnings).toEqual([]);
  });

  it("is not asked where it is for writing, and gets nothing where it is for reading", async () => {
    const writing = open("modes", "write");
    await writing.store(key, outputs);
    await writing.close();
    expect(await open("modes", "write").fetch(key, names)).toBeUndefined();
    const reading = open("modes", "read");
    await reading.store("2".repeat(64), outputs);
    await reading.close();
    expect(readdirSync(join(folder, "modes", "ac"))).toEqual([key]);
    expect(await reading.fetch(key, names)).toEqual(checked);
  });

  it("whose files are damaged, is told of and passed over", async () => {
    const one = open("damaged");
    await one.store(key, outputs);
    await one.close();
    writeFileSync(join(folder, "damaged", "cas", sha256("an object")), "an obiect");
    expect(await open("damaged").fetch(key, names)).toBeUndefined();
    expect(warnings.join()).toContain("other bytes than its name says");
  });

  it("that cannot be written is told of once, and done without", async () => {
    writeFileSync(join(folder, "file"), "");
    const one = open("file");
    await one.store(key, outputs);
    await one.store("2".repeat(64), outputs);
    expect(await one.close()).toMatchObject({ stored: 0, sent: 0 });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain("this run does without it");
    expect(readFileSync(join(folder, "file"), "utf8")).toBe("");
  });
});

describe("a cache behind HTTP", () => {
  let server: CacheServer;
  beforeEach(async () => {
    server = await cacheServer();
  });
  afterEach(() => server.close());
  const open = (mode: CacheMode = "both", timeout = 60_000) =>
    new ActionCache(httpStore(server.url, timeout), mode, warn);
  const stored = async () => {
    const one = open();
    await one.store(key, outputs);
    await one.close();
    server.requests.length = 0;
  };

  it("gets blobs by their SHA-256 first, then the action; and gives them back", async () => {
    const one = open();
    await one.store(key, outputs);
    await one.close();
    expect(server.requests).toEqual([
      `PUT /cas/${sha256("an object")}`,
      `PUT /cas/${sha256("")}`,
      `PUT /ac/${key}`,
    ]);
    expect(await open().fetch(key, names)).toEqual(checked);
  });

  it("is told name and password, which messages do not repeat", async () => {
    const url = new URL(server.url);
    url.username = "me";
    url.password = "s%3Acret";
    const one = new ActionCache(httpStore(url, 60_000), "both", warn);
    server.behave = ({ response }) => void response.writeHead(401).end();
    expect(await one.fetch(key, names)).toBeUndefined();
    expect([...server.authorizations]).toEqual([`Basic ${Buffer.from("me:s:cret").toString("base64")}`]);
    expect(warnings).toHaveLength(1);
    expect(warnings.join()).not.toContain("cret");
  });

  const hostile: readonly (readonly [name: string, behaviour: Behaviour])[] = [
    ["answers 500", ({ response }) => void response.writeHead(500).end("no")],
    [
      "gives other bytes of the same length",
      ({ stored: own, response }) => void response.end(own?.map((byte) => byte ^ 1)),
    ],
    ["cuts what it gives", ({ stored: own, response }) => void response.end(own?.subarray(0, -1))],
    [
      "ends the connection early",
      ({ stored: own, response }) => {
        response.writeHead(200, { "content-length": 1000 });
        response.write(own?.subarray(0, 3) ?? "");
        setImmediate(() => response.destroy());
      },
    ],
    ["says nothing", () => undefined],
    [
      "begins, and says no more",
      ({ response }) => void response.writeHead(200, { "content-length": 9 }).write("an"),
    ],
    ["gives more than it says", ({ response }) => void response.end(Buffer.alloc(1_000_000))],
    ["gives a page", ({ response }) => void response.end("<html>Welcome to the hotel</html>")],
  ];

  it.each(hostile)("that %s is told of, and does not stand in for the work", async (_name, behaviour) => {
    await stored();
    server.behave = behaviour;
    const one = open("both", 300);
    expect(await one.fetch(key, names)).toBeUndefined();
    await one.store("2".repeat(64), outputs);
    const { hits, troubles } = await one.close();
    expect(hits).toBe(0);
    expect(troubles.length).toBeGreaterThan(0);
    expect(warnings.length).toBeGreaterThan(0);
  });

  it("that hangs costs one request's time, however often it is asked", async () => {
    await stored();
    server.behave = () => undefined;
    const one = open("both", 200);
    for (let i = 0; i < 50; i += 1) expect(await one.fetch(key, names)).toBeUndefined();
    expect(server.requests).toHaveLength(1);
  });

  it("that is wrong again and again is left alone", async () => {
    await stored();
    server.behave = ({ response }) => void response.writeHead(500).end();
    const one = open();
    for (let i = 0; i < 50; i += 1) await one.fetch(key, names);
    expect(server.requests).toHaveLength(4);
    expect(warnings.at(-1)).toContain("this run does without it");
  });

  it("that is full is asked all the same where it still answers", async () => {
    await stored();
    server.behave = ({ method, response, answer }) => {
      if (method === "PUT") response.writeHead(500).end();
      else answer();
    };
    const one = open();
    await one.store("2".repeat(64), outputs);
    expect(await one.fetch(key, names)).toEqual(checked);
    expect(await one.close()).toMatchObject({ hits: 1, stored: 0 });
  });

  it("that gives another action's entry, whose blobs are right, is not believed", async () => {
    await stored();
    const other = Buffer.from("another object");
    server.shelves.set(`/cas/${sha256(other)}`, other);
    const files = names.map((path) => ({ path, sha256: sha256(other), size: other.length }));
    const entry = encodeActionResult({ files, exitCode: 0, stdout: `kexec-bpf action ${"2".repeat(64)}\n` });
    server.shelves.set(`/ac/${key}`, Buffer.from(entry));
    expect(await open().fetch(key, names)).toBeUndefined();
    expect(warnings.join()).toContain("is of another action");
  });

  it("that has no longer all blobs has nothing, which is no trouble", async () => {
    await stored();
    server.shelves.delete(`/cas/${sha256("an object")}`);
    expect(await open().fetch(key, names)).toBeUndefined();
    expect(warnings).toEqual([]);
  });

  it("that is down is told of once", async () => {
    await server.close();
    const one = open();
    expect(await one.fetch(key, names)).toBeUndefined();
    expect(await one.fetch(key, names)).toBeUndefined();
    expect(warnings).toHaveLength(1);
    server = await cacheServer();
    server.behave = GOOD;
  });
});
