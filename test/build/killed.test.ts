import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { digest } from "#files/digest.ts";
import { Random } from "#fuzz/engine/random.ts";
import { start } from "../support/cli.ts";
import { extent } from "../support/extent.ts";
import { kernelTree, newFolder } from "../support/kernel-tree.ts";
import { CLANGS, installed } from "./judges.ts";

const CLANG = CLANGS.find(installed) ?? "clang";

/** Some by default; `KEXEC_BPF_KILLS=50` for more. */
const KILLS = Number(process.env["KEXEC_BPF_KILLS"] ?? extent(3, 20));

const published = (folder: string): ReadonlyMap<string, string> =>
  new Map(
    readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.startsWith("."))
      .map(({ name }) => [name, digest(readFileSync(join(folder, name)))]),
  );

it(`a build that is killed leaves every output old or new, ${KILLS} times`, async () => {
  const { kexec } = kernelTree();
  const words = (limit: string, out: string) => [
    ...["make", "zboot", "ARCH=arm64", `CLANG=${CLANG}`, `MAX_INITRD=${limit}`, `O=${out}`],
  ];
  const build = (limit: string, out: string) => start(words(limit, out), { cwd: kexec });
  const wanted = new Map<string, ReadonlyMap<string, string>>();
  const random = new Random(1, 0);
  let longest = 0;
  for (const limit of ["16M", "32M"]) {
    const out = newFolder();
    const began = performance.now();
    expect((await build(limit, out).ended).status).toBe(0);
    longest = Math.max(longest, performance.now() - began);
    // A manifest names its folder's inputs by their way from there: those of one folder are compared.
    wanted.set(limit, new Map([...published(out)].filter(([name]) => !name.endsWith(".manifest.json"))));
  }
  const out = newFolder();
  mkdirSync(out, { recursive: true });
  for (let kill = 0; kill < KILLS; kill += 1) {
    const running = build(kill % 2 === 0 ? "16M" : "32M", out);
    await new Promise((resolve) => setTimeout(resolve, (random.below(1000) / 1000) * longest));
    running.kill("SIGKILL");
    await running.ended;
    for (const [name, sha256] of published(out)) {
      if (name.endsWith(".manifest.json")) continue;
      const known = [...wanted.values()].map((files) => files.get(name));
      expect(known, `${name} after kill ${kill}`).toContain(sha256);
    }
  }
  // Whatever was left, the next build ends with what it was asked for.
  expect((await build("16M", out).ended).status).toBe(0);
  const now = published(out);
  for (const [name, sha256] of wanted.get("16M") ?? []) expect(now.get(name), name).toBe(sha256);
});
