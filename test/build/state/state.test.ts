import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { STATE_VERSION, stateText } from "#build/state/state.ts";
import { cliOk } from "../../support/cli.ts";
import { type KernelTree, kernelTree } from "../../support/kernel-tree.ts";

let tree: KernelTree;
let file: string;
/** The state of one good run. */
let good: string;

const one = () => cliOk(["make", "image_size.h", "ARCH=arm64"], { cwd: tree.kexec });

beforeAll(async () => {
  tree = kernelTree();
  file = join(tree.kexec, ".kexec-bpf/state.json");
  await one();
  good = readFileSync(file, "utf8");
});

type Content = { [name: string]: Record<string, unknown> };

/** A state with a checksum that holds, and a content of another shape. */
const shape = (change: (content: Content) => unknown): string => {
  const content = JSON.parse(good).content as Content;
  return stateText((change(content) ?? content) as Parameters<typeof stateText>[0]);
};
const first = (record: Record<string, unknown> | undefined): string => Object.keys(record ?? {})[0] ?? "";
const half = () => good.slice(0, good.length / 2);
const flipped = (at: number): string => {
  const place = Math.floor(good.length * at);
  return `${good.slice(0, place)}${String.fromCharCode(good.charCodeAt(place) ^ 1)}${good.slice(place + 1)}`;
};

const DAMAGES: Readonly<Record<string, () => string>> = {
  empty: () => "",
  "null instead of all": () => "null",
  "a number": () => "3",
  "a list": () => "[]",
  "a text": () => '"state"',
  "an empty object": () => "{}",
  "zero bytes": () => "\0".repeat(4096),
  "cut in half": half,
  "without its last byte": () => good.slice(0, -1),
  "a byte too long": () => `${good}}`,
  twice: () => good + good,
  "a bit flipped at the beginning": () => flipped(0.05),
  "a bit flipped in the middle": () => flipped(0.5),
  "a bit flipped near the end": () => flipped(0.95),
  "a digest changed": () =>
    good.replace(/("digest":")([0-9a-f])/, (_, key, digit) => `${key}${digit === "0" ? "1" : "0"}`),
  "a size in a stamp changed": () => good.replace(/"stamp":"\d/, '"stamp":"'),
  "another checksum": () => good.replace(/"checksum":"........"/, '"checksum":"00000000"'),
  "no checksum": () => good.replace(/"checksum":"........",/, ""),
  "this version in the old form": () =>
    JSON.stringify({ version: STATE_VERSION, ...JSON.parse(good).content }),
  "an old version with nothing in it": () => '{"version":1}',
  "a version that is a text": () =>
    good.replace(`"version":${STATE_VERSION}`, `"version":"${STATE_VERSION}"`),
  "a nesting of 100,000 levels": () => "[".repeat(100_000),
  "a nesting of 100,000 levels behind a good head": () => good.slice(0, 60) + "[".repeat(100_000),
  "rules that are null": () => shape((content) => ({ ...content, rules: null })),
  "rules that are a list": () => shape((content) => ({ ...content, rules: [] })),
  "a rule that is a number": () => shape((content) => ({ ...content, rules: { "image_size.h": 1 } })),
  "a rule without outputs": () =>
    shape((content) => ({ ...content, rules: { "image_size.h": { fingerprint: "", found: {} } } })),
  "an output's digest that is an object": () =>
    shape((content) => ({
      ...content,
      rules: { "image_size.h": { fingerprint: "", found: {}, outputs: { a: {} } } },
    })),
  "digests that are missing": () => shape(({ digests: _, ...content }) => content),
  "a digest that is null": () =>
    shape((content) => ({ ...content, digests: { [first(content["digests"])]: null } })),
  "facts that are a text": () => shape((content) => ({ ...content, facts: "facts" })),
  "a fact whose stamp is a number": () =>
    shape((content) => ({ ...content, facts: { x: { stamp: 1, value: 2 } } })),
  "a request without stamps": () =>
    shape((content) => ({ ...content, requests: { [first(content["requests"])]: { summary: "fine" } } })),
  "a request whose summary is a list": () =>
    shape((content) => ({
      ...content,
      requests: { [first(content["requests"])]: { stamps: {}, summary: [] } },
    })),
};

it.each(Object.keys(DAMAGES))("a damaged state is thrown away with a word, once: %s", async (damage) => {
  const text = DAMAGES[damage]?.() ?? "";
  expect(text).not.toBe(good);
  writeFileSync(file, text);
  const { stdout, stderr } = await one();
  expect(stderr.split("\n").filter((line) => line.includes("damaged"))).toEqual([
    `kexec-bpf: warning: ${file} is damaged and was thrown away: everything is looked at anew`,
  ]);
  expect(stdout).toBe("  GEN      image_size.h\n");
  expect((await one()).stderr).not.toContain("damaged");
});

it("the state of an older version is passed over without a word", async () => {
  writeFileSync(file, '{"version":2,"rules":{},"digests":{},"facts":{},"requests":{}}');
  expect((await one()).stderr).not.toContain("damaged");
  expect(existsSync(file)).toBe(true);
});
