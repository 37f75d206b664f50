import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { REVISIONS } from "#abi/revisions.ts";
import type { ProofRecord } from "#core/proof-record.ts";
import { CLANGS, installed } from "../build/judges.ts";
import { INTERFACES, kernelBtf } from "../build/kernel-with-interface.ts";
import { cliOk } from "../support/cli.ts";
import { newFolder } from "../support/kernel-tree.ts";

const EXAMPLE = fileURLToPath(new URL("../../examples/android-boot", import.meta.url));
const CLANG = CLANGS.find(installed) ?? "clang";

it.each(REVISIONS)("the example's parser is safe for every image: %s", async (revision) => {
  const out = newFolder();
  const kernel = ["--vmlinux", kernelBtf(CLANG, INTERFACES[revision]), "--arch", "arm64"];
  const limits = ["--max-kernel", "64K", "--max-initrd", "64K"];
  await cliOk(["build", "android_boot", "--targets", EXAMPLE, ...kernel, ...limits, "-o", out], { cwd: out });
  const { stdout } = await cliOk(["prove", join(out, "android_boot.bpf"), "--json"], { cwd: out });
  const { programs, errors }: ProofRecord = JSON.parse(stdout);
  expect(errors).toEqual([]);
  expect(programs).toMatchObject([{ proven: true, theorem: "safety", gaps: [], open: [] }]);
});
