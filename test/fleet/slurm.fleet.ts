import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { FleetReport } from "#fleet/report.ts";
import { cliOk, programFile, runProgram } from "../support/cli.ts";
import { fleetOutputs, writeFleet } from "../support/fleet.ts";

const cwd = mkdtempSync(join(tmpdir(), "fleet-slurm-"));
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

beforeAll(async () => {
  writeFleet(cwd);
  expect(await runProgram(["fleet", "run", "FLEET.json", "-o", "plain"], { cwd })).toMatchObject({
    status: 0,
  });
});

it("Slurm's array job builds a fleet in shards, whose reports become one", async () => {
  const job = join(cwd, "job.sh");
  writeFileSync(
    job,
    `#!/bin/sh
exec ${process.execPath} ${programFile()} fleet run FLEET.json -o "shard-$SLURM_ARRAY_TASK_ID" --shard auto
`,
  );
  const slurm = join(cwd, "slurm");
  execFileSync("mkdir", [slurm]);
  const submit = ["sbatch", "--wait", "--array=0-1", `--chdir=${cwd}`, `--output=${cwd}/job-%a.log`, job];
  execFileSync(resolve("test/support/one-node-slurm"), [slurm, ...submit], { cwd, stdio: "inherit" });
  const { stdout } = await cliOk(["fleet", "merge", "shard-0", "shard-1", "-o", "merged", "--json"], { cwd });
  const report = JSON.parse(stdout) as FleetReport;
  expect(report.counts).toEqual({ built: 3, failed: 0, left: 0 });
  const shards = ["shard-0", "shard-1"].flatMap((out) => [...fleetOutputs(join(cwd, out))]);
  const plain = fleetOutputs(join(cwd, "plain"));
  expect(new Map(shards)).toEqual(plain);
  // No kernel in both.
  expect(shards).toHaveLength(plain.size);
});
