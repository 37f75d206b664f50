import { execFileSync } from "node:child_process";
import { chmod, readdir, readFile, symlink, utimes, writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { binaryIdentity, openProbeCache } from "#toolchain/probe-cache.ts";
import { cacheFolder } from "#toolchain/settings.ts";
import { file, temporaryFolder } from "./temporary-folder.ts";

describe("the cache of what tools say about themselves", () => {
  it("remembers across programs, in one file and without leftovers", async () => {
    const folder = join(await temporaryFolder(), "not", "yet", "there");
    const first = await openProbeCache(folder);
    first.set("a", { version: "1" });
    await first.save();
    expect((await openProbeCache(folder)).get("a")).toEqual({ version: "1" });
    expect(await readdir(folder)).toEqual(["tools.json"]);
  });

  it.each(["", "{", "[]", "null", '{"schema":0,"tools":{"a":1}}', '{"schema":1,"tools":[]}'])(
    "starts anew from %j",
    async (content) => {
      const folder = await temporaryFolder();
      await writeFile(join(folder, "tools.json"), content);
      const cache = await openProbeCache(folder);
      expect(cache.get("a")).toBeUndefined();
      cache.set("a", 1);
      await cache.save();
      expect((await openProbeCache(folder)).get("a")).toBe(1);
    },
  );

  it("is not written when nothing was learnt", async () => {
    const folder = await temporaryFolder();
    await (await openProbeCache(folder)).save();
    expect(await readdir(folder)).toEqual([]);
  });

  it("does without where it cannot be written", async () => {
    const cache = await openProbeCache(join(await file(join(await temporaryFolder(), "plain"), ""), "below"));
    cache.set("a", 1);
    await expect(cache.save()).resolves.toBeUndefined();
  });

  it("keeps the newest 64 entries", async () => {
    const folder = await temporaryFolder();
    const cache = await openProbeCache(folder);
    for (let index = 0; index < 70; index++) cache.set(`tool ${index}`, index);
    await cache.save();
    const { tools } = JSON.parse(await readFile(join(folder, "tools.json"), "utf8"));
    expect(Object.keys(tools)).toHaveLength(64);
    expect(tools["tool 69"]).toBe(69);
  });
});

describe("a binary's identity", () => {
  it("changes with its content although size and time are kept", async () => {
    const path = join(await temporaryFolder(), "tool");
    await writeFile(path, "one");
    await utimes(path, 1000, 1000);
    const before = await binaryIdentity(path);
    await writeFile(path, "two");
    await utimes(path, 1000, 1000);
    expect(await binaryIdentity(path)).not.toBe(before);
  });

  it("changes with its content's size, its time and the name it goes by", async () => {
    const folder = await temporaryFolder();
    const path = await file(join(folder, "tool"), "one");
    const link = join(folder, "other-name");
    await symlink(path, link);
    const seen = [await binaryIdentity(path), await binaryIdentity(link)];
    await utimes(path, 1, 1);
    seen.push(await binaryIdentity(path));
    await writeFile(path, "longer");
    await utimes(path, 1, 1);
    seen.push(await binaryIdentity(path));
    expect(new Set(seen).size).toBe(4);
    await chmod(path, 0o755);
    expect(await binaryIdentity(path)).toBe(seen[3]);
  });

  it("is undefined for a file that is not there", async () => {
    expect(await binaryIdentity("/nonesuch")).toBeUndefined();
  });
});

describe("the cache folder", () => {
  const home = userInfo().homedir;
  it.each([
    { env: { KEXEC_BPF_CACHE: "/own", XDG_CACHE_HOME: "/xdg", HOME: "/home/u" }, folder: "/own" },
    { env: { KEXEC_BPF_CACHE: "own of mine" }, folder: resolve("own of mine") },
    { env: { XDG_CACHE_HOME: "/xdg", HOME: "/home/u" }, folder: "/xdg/kexec-bpf" },
    { env: { XDG_CACHE_HOME: "relative", HOME: "/home/u" }, folder: "/home/u/.cache/kexec-bpf" },
    { env: { KEXEC_BPF_CACHE: "", HOME: "/home/a user" }, folder: "/home/a user/.cache/kexec-bpf" },
    { env: { HOME: "/" }, folder: "/.cache/kexec-bpf" },
    { env: { HOME: "" }, folder: join(home, ".cache/kexec-bpf") },
    { env: {}, folder: join(home, ".cache/kexec-bpf") },
  ])("is $folder for $env, to the program and to its scripts", ({ env, folder }) => {
    const words = ["--norc", "-euc", '. scripts/lib.sh; printf %s "$cache"'];
    const scripts = execFileSync("bash", words, {
      env: { PATH: process.env["PATH"], ...env },
      encoding: "utf8",
    });
    expect({ program: resolve(cacheFolder(env)), scripts }).toEqual({ program: folder, scripts: folder });
  });
});
