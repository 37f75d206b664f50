import { join } from "node:path";
import { expect, it } from "vitest";
import { REVISIONS } from "#abi/revisions.ts";
import type { ProofRecord } from "#core/proof-record.ts";
import { cliOk } from "../support/cli.ts";
import { buildAndroidBoot, EXAMPLE } from "./support/android-boot.ts";

it.each(REVISIONS)("the example's parser is safe for every image: %s", async (revision) => {
  const cwd = await buildAndroidBoot(EXAMPLE, revision);
  const { stdout } = await cliOk(["prove", join(cwd, "android_boot.bpf"), "--json"], { cwd });
  const { programs, errors }: ProofRecord = JSON.parse(stdout);
  expect(errors).toEqual([]);
  expect(programs).toMatchObject([{ proven: true, theorem: "safety", gaps: [], open: [] }]);
});
