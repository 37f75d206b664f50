import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { encodeKbs } from "#abi/kbs.ts";
import { copy, DONE, stream } from "../../abi/stream-samples.ts";
import { cli } from "../../support/cli.ts";
import { newFolder, write } from "../../support/kernel-tree.ts";

describe("stream diff", () => {
  const folder = () => {
    const cwd = newFolder();
    write(join(cwd, "a"), encodeKbs(stream("v7", copy("KERNEL", "kernel"), copy("CMDLINE", "quiet"), DONE)));
    write(join(cwd, "b"), encodeKbs(stream("v7", copy("KERNEL", "kernel"), copy("CMDLINE", "quick"), DONE)));
    return cwd;
  };

  test("has exit status 0 where there is no difference", async () => {
    const { status, stdout } = await cli(["stream", "diff", "a", "a"], { cwd: folder() });
    expect({ status, stdout }).toEqual({ status: 0, stdout: "the streams are the same\n" });
  });

  test("has exit status 1 and names the first difference", async () => {
    const cwd = folder();
    const told = await cli(["stream", "diff", "a", "b"], { cwd });
    expect(told.status).toBe(1);
    expect(told.stdout).toMatch(/^command 1, payload: /);
    expect(told.stdout).toContain("first difference at byte 3\n");

    const json = await cli(["stream", "diff", "a", "b", "--json"], { cwd });
    expect(json.status).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({
      schema: 1,
      same: false,
      difference: { index: 1, field: "payload", bytes: { offset: 3 } },
    });
  });
});
