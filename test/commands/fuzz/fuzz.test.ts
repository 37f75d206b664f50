import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { loadParser } from "#bpf-vm/load-parser.ts";
import { profileBtf } from "#bpf-vm/target/profile-btf.ts";
import { findingKey } from "#fuzz/engine/finding-key.ts";
import { judge } from "#verify/judge.ts";
import { goodFiles } from "#verify/mutations/good-files.ts";
import { parsersUnderTest } from "#verify/subject.ts";
import { cli, cliOk, start } from "../../support/cli.ts";
import { expectValue } from "../../support/expect-value.ts";
import { newFolder } from "../../support/kernel-tree.ts";
import { arm64Image } from "../../support/real-inputs.ts";
import { llvmTool } from "../../support/tools.ts";

const LIMITS = { kernel: 1 << 20, initrd: 1 << 20, cmdline: 1 << 15 };

/** Where `uki_parser_bpf.o` and what it was compiled from are. */
let out: string;
beforeAll(async () => {
  out = newFolder("out");
  const sizes = ["--max-kernel", "1M", "--max-initrd", "1M"];
  const image = ["--image", arm64Image(), "--abi", "v7"];
  await cliOk(["build", "uki_parser_bpf.o", ...image, ...sizes, "-o", out], { cwd: out });
});

/** A folder with `parser.o`: the UKI parser with a line of its C replaced. */
function planted(line: string, wrong: string): string {
  const cwd = newFolder();
  const sources = join(out, ".kexec-bpf");
  const good = readFileSync(join(sources, "uki_parser_bpf.c"), "utf8");
  expect(good.split(line)).toHaveLength(2);
  writeFileSync(join(cwd, "uki_parser_bpf.c"), good.replace(line, wrong));
  const options = ["-g", "-O2", "-std=gnu11", "--target=bpfel", "-mcpu=v3", "-I", sources];
  execFileSync(llvmTool("clang"), [...options, "-c", "uki_parser_bpf.c", "-o", "parser.o"], {
    cwd,
    stdio: "pipe",
  });
  return cwd;
}

/** A folder with the parser as it is. */
function sound(): string {
  const cwd = newFolder();
  writeFileSync(join(cwd, "parser.o"), readFileSync(join(out, "uki_parser_bpf.o")));
  return cwd;
}

const fuzz = (cwd: string, ...options: string[]) =>
  cli(["fuzz", "parser.o", "--workers", "1", "--corpus", "corpus", "--json", ...options], { cwd });

/** A saved case: its image and its description. */
function saved(cwd: string, file: string) {
  const path = join(cwd, "corpus", file);
  return {
    image: Uint8Array.from(readFileSync(`${path}.img`)),
    description: JSON.parse(readFileSync(`${path}.json`, "utf8")),
  };
}

/** All files of a corpus, by name. */
function files(cwd: string): ReadonlyMap<string, string> {
  const corpus = join(cwd, "corpus");
  const names = readdirSync(corpus, { recursive: true, encoding: "utf8" }).filter((name) =>
    /\.\w+$/.test(name),
  );
  return new Map(names.sort().map((name) => [name, readFileSync(join(corpus, name), "latin1")]));
}

function keysShown(cwd: string, image: Uint8Array, injection: object | undefined): readonly string[] {
  const loaded = expectValue(
    loadParser(Uint8Array.from(readFileSync(join(cwd, "parser.o"))), {
      target: profileBtf("v7"),
    }),
  );
  const subjects = parsersUnderTest(loaded, { name: "parser", revision: "v7", limits: LIMITS });
  const [subject] = subjects.ok ? subjects.value : [];
  if (subject === undefined) throw new Error("no subject");
  return judge(subject, image, { injection }).findings.map(findingKey);
}

/** How many bytes of an image are not those of the good file that it comes from. */
function changedBytes(image: Uint8Array, origin: string): number {
  const good = goodFiles("v7").find(({ name }) => name === origin)?.image ?? new Uint8Array(0);
  return image.reduce((count, byte, at) => count + (byte === (good[at] ?? 0) ? 0 : 1), 0);
}

describe("fuzz", () => {
  it("finds nothing wrong with the UKI parser", async () => {
    const { status, stdout } = await fuzz(sound(), "--runs", "4000");
    expect({ status, ...JSON.parse(stdout) }).toMatchObject({
      status: 0,
      schema: 1,
      reference: "uki",
      cases: 4000,
      first: 0,
      next: 4000,
      findings: [],
    });
  });

  it("finds a name compared over seven bytes, and saves the least that shows it with its command line", async () => {
    const cwd = planted(
      'section->name == WORD(".profile")',
      '(section->name << 8) == (WORD(".profile") << 8)',
    );
    const { status, stdout } = await fuzz(cwd, "--runs", "8000");
    const [finding] = JSON.parse(stdout).findings;
    expect({ status, key: finding?.key }).toEqual({
      status: 1,
      key: expect.stringMatching(/^difference in \w+ at uki_parser_bpf\.c:\d+$/),
    });
    const name = finding.file.replace(/^.*\/(findings\/.*)\.img$/, "$1");
    const { image, description } = saved(cwd, name);
    expect(description).toMatchObject({
      schema: 1,
      reference: "uki",
      revision: "v7",
      command: `kexec-bpf verify parser.o --image corpus/${name}.img --abi v7`,
    });
    expect(description).not.toHaveProperty("injection");
    expect(changedBytes(image, description.origin)).toBeLessThan(64);
    expect(keysShown(cwd, image, undefined)).toContain(finding.key);
  });

  it("finds a record that leaks where a reserve fails, and what has to be denied for it", async () => {
    const cwd = planted(
      "if (initrd)\n\t\tbpf_ringbuf_discard(initrd",
      "if (initrd && cmdline)\n\t\tbpf_ringbuf_discard(initrd",
    );
    const { status, stdout } = await fuzz(cwd, "--runs", "8000");
    const { findings } = JSON.parse(stdout);
    expect(status).toBe(1);
    expect(findings).toMatchObject([
      { key: expect.stringMatching(/^leak at uki/), injection: { failReserve: 4 } },
    ]);
    const { image, description } = saved(cwd, findings[0].file.replace(/^.*\/(findings\/.*)\.img$/, "$1"));
    expect(changedBytes(image, description.origin)).toBe(0);
    expect(keysShown(cwd, image, description.injection)).toContain(findings[0].key);
  });

  it("finds a limit that is not the parser's", async () => {
    const { status, stdout } = await fuzz(sound(), "--runs", "10", "--max-kernel", "39");
    expect(status).toBe(1);
    expect(JSON.parse(stdout).findings).toMatchObject([
      { key: expect.stringMatching(/^difference in command at /) },
    ]);
  });

  it("does the same for the same seed, in one run or in two, and another thing for another", async () => {
    const [once, twice, other] = [sound(), sound(), sound()];
    await fuzz(once, "--runs", "3500", "--seed", "7");
    await fuzz(twice, "--runs", "1500", "--seed", "7");
    const { stdout } = await fuzz(twice, "--runs", "2000");
    expect(JSON.parse(stdout)).toMatchObject({ seed: 7, first: 1500, next: 3500 });
    expect(files(twice)).toEqual(files(once));
    await fuzz(other, "--runs", "3500", "--seed", "8");
    expect(files(other)).not.toEqual(files(once));
  });

  it("begins anew with the queue it has where the parser is another, and says which findings are gone", async () => {
    const cwd = sound();
    const wrong = await fuzz(cwd, "--runs", "1000", "--max-kernel", "39");
    expect(wrong.status).toBe(1);
    const right = await fuzz(cwd, "--runs", "10");
    expect(right.status).toBe(0);
    expect(right.stderr).toContain("it begins with the first case\n");
    expect(right.stderr).toContain("is found no more\n");
    expect(JSON.parse(right.stdout)).toMatchObject({ first: 0, next: 10, findings: [] });
  });

  it("with two workers stops at SIGINT and leaves a folder that it goes on with", async () => {
    const cwd = sound();
    const options = ["fuzz", "parser.o", "--corpus", "corpus", "--workers", "2", "--json"];
    const running = start(options, { cwd });
    let over = false;
    const ended = running.ended.finally(() => {
      over = true;
    });
    // However slow the machine: the case that makes an entry is run before the entry is written.
    const entries = () => (readdirSync(cwd).includes("corpus") ? files(cwd).size / 2 : 0);
    while (entries() <= 10 && !over) await sleep(20);
    running.kill("SIGINT");
    const { stdout, stderr, ...exit } = await ended;
    expect(exit).toEqual({ status: 0, signal: null });
    // A line of progress every ten seconds, and nothing else.
    expect(stderr).toMatch(/^(?:[\d,]+ cases, .* findings 0\n)*$/);
    const { next, cases } = JSON.parse(stdout);
    expect(cases).toBeGreaterThan(10);
    const again = await start([...options, "--runs", "100"], { cwd }).ended;
    expect(again.status).toBe(0);
    expect(JSON.parse(again.stdout)).toMatchObject({ first: next, cases: 100, findings: [] });
  });

  it("says how to keep its folder elsewhere where it cannot be made beside the parser", async () => {
    const cwd = sound();
    writeFileSync(join(cwd, "parser.o.fuzz"), "in the way");
    const words = ["fuzz", "parser.o", "--workers", "1", "--runs", "1"];
    const { status, stderr } = await cli(words, { cwd });
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /parser\.o\.fuzz.*: cannot .*\(E[A-Z]+\)\n {2}--corpus FOLDER keeps queue and findings elsewhere\n$/,
    );
    expect((await cli([...words, "--corpus", "elsewhere"], { cwd })).status).toBe(0);
  });

  it.each([
    [["--runs", "0"], 2, "--runs 0: from 1 to 9007199254740991 is possible"],
    [
      ["--time", "soon"],
      2,
      "--time soon: from 0 to 31536000 is possible (seconds, or a number with s, m or h)",
    ],
    [["--image", "parser.o"], 1, "parser.o: UKI DOS header, offset 0x0: no MZ magic"],
    [["--reference", "zboot", "--image", "nowhere"], 1, "nowhere: cannot read"],
  ])("refuses %j and makes no folder", async (options, status, words) => {
    const cwd = sound();
    const ended = await fuzz(cwd, ...options);
    expect(ended).toMatchObject({ status, stderr: expect.stringContaining(words) });
    expect(JSON.parse(ended.stdout)).toMatchObject({ error: { message: expect.stringContaining(words) } });
    expect(readdirSync(cwd)).toEqual(["parser.o"]);
  });
});

describe("fuzz in shards", () => {
  it("tries other cases in each, and merges what they found by coverage", async () => {
    const cwd = sound();
    const run = (shard: string, ...more: string[]) =>
      cliOk(["fuzz", "parser.o", "--workers", "1", "--runs", "400", "--json", "--shard", shard, ...more], {
        cwd,
      });
    for (const shard of ["1/2", "2/2"]) await run(shard);
    const states = [1, 2].map((i) =>
      JSON.parse(readFileSync(join(cwd, `parser.o.fuzz-${i}-of-2/state.json`), "utf8")),
    );
    // Every second case, from the first or the second on.
    expect(states.map(({ next }) => next)).toEqual([800, 801]);
    const folders = [1, 2].map((i) => `parser.o.fuzz-${i}-of-2`);
    const { stdout } = await cliOk(["fuzz", "merge", ...folders, "-o", "merged", "--json"], { cwd });
    const merged = JSON.parse(stdout);
    const read = folders.flatMap((folder) => readdirSync(join(cwd, folder, "queue"))).length / 2;
    expect(merged.queue.read).toBe(read);
    expect(merged.queue.kept).toBeLessThan(read);
    expect(readdirSync(join(cwd, "merged/queue"))).toHaveLength(2 * merged.queue.kept);
    // Nothing is lost, and nothing is left to take away.
    const again = await cliOk(
      ["fuzz", "merge", "merged", ...folders, "-o", "again", "--json", "--parser", "parser.o"],
      { cwd },
    );
    expect(JSON.parse(again.stdout)).toMatchObject({
      branches: merged.branches,
      queue: { kept: merged.queue.kept },
    });
  });

  it("has no parser to merge by where no folder says one", async () => {
    const cwd = sound();
    const { status, stderr } = await cli(["fuzz", "merge", cwd, "-o", "merged"], { cwd });
    expect([status, stderr]).toEqual([1, expect.stringContaining("give it by --parser FILE")]);
  });
});
