import { expect, it } from "vitest";
import { toolEnvironment } from "#toolchain/environment.ts";
import { runTool } from "#toolchain/process.ts";
import { expectValue } from "../support/expect-value.ts";

it("a tool sees the listed variables and none of those that clang would read", async () => {
  const strangers = ["CPATH", "C_INCLUDE_PATH", "CCC_OVERRIDE_OPTIONS", "LD_PRELOAD_NOT", "GCC_EXEC_PREFIX"];
  for (const name of strangers) process.env[name] = "/nowhere";
  try {
    const run = expectValue(await runTool({ tool: "env", file: "env", args: [], env: { EXTRA: "own" } }));
    const seen = Buffer.from(run.stdout).toString().split("\n");
    expect(seen).toContain(`PATH=${process.env["PATH"]}`);
    expect(seen).toContain("EXTRA=own");
    expect(seen).toContain("LC_ALL=C.UTF-8");
    for (const name of strangers) expect(seen.filter((line) => line.startsWith(`${name}=`))).toEqual([]);
  } finally {
    for (const name of strangers) delete process.env[name];
  }
});

it("what is not set stays so", () =>
  expect(toolEnvironment({ PATH: "/bin", LANG: "de_DE.UTF-8" })).toEqual({
    PATH: "/bin",
    LC_ALL: "C.UTF-8",
  }));
