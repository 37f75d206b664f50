import { chmodSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ToolVersion } from "#api/tool-versions.ts";
import { cliOk, type Environment } from "../support/cli.ts";
import { newFolder, write } from "../support/kernel-tree.ts";

async function asked(env?: Environment) {
  const { stdout, stderr } = await cliOk(["--version", "--json"], { cwd: newFolder(), ...(env && { env }) });
  const said = JSON.parse(stdout) as { version: string; node: string; tools: readonly ToolVersion[] };
  return { ...said, stderr, of: (name: string) => said.tools.find((tool) => tool.name === name) };
}

/** A program that says this, and ends so. */
function program(folder: string, name: string, says: string, status = 0): void {
  chmodSync(write(join(folder, name), `#!/bin/sh\necho '${says}'\nexit ${status}\n`), 0o755);
}

describe("--version --json", () => {
  it("has the versions of the program, of Node, and of the tools, npm's solver among them", async () => {
    const { version, node, of, stderr } = await asked();
    expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    expect([node, stderr]).toEqual([process.versions.node, ""]);
    const found = (more: object = {}) => ({
      ...{ state: "found", version: expect.stringMatching(/^\d+\./), path: expect.stringMatching(/^\//) },
      ...more,
    });
    expect(of("clang")).toMatchObject(found());
    expect(of("bpftool")).toMatchObject(found({ libbpf: expect.stringMatching(/^\d+\./) }));
    expect(of("z3-solver")).toMatchObject(found());
  });

  it("says of each tool that is not there that it is missing, and nothing else", async () => {
    const env = { PATH: newFolder(), BPFTOOL: "/nonesuch", KEXEC_BPF_CACHE: newFolder() };
    const { tools } = await asked(env);
    const missing = tools.filter(({ state }) => state === "missing");
    expect(missing.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["clang", "bpftool", "openssl", "make", "pahole", "gcc", "cvc5", "bsdtar"]),
    );
    expect(missing.every(({ version, path }) => version === null && path === null)).toBe(true);
    expect(tools.find(({ name }) => name === "bpftool")?.libbpf).toBeNull();
  });

  it("takes the version from what a tool says, and null where it says none", async () => {
    const folder = newFolder();
    program(folder, "cvc5", "This is cvc5 version 1.2.3 [git 4f5]");
    program(folder, "make", "GNU Make 4.3");
    program(folder, "pahole", "v1.24");
    program(folder, "z3", "no idea");
    program(folder, "bsdtar", "bsdtar 3.6.2", 1);
    const { of } = await asked({ PATH: folder, KEXEC_BPF_CACHE: newFolder() });
    expect(["cvc5", "make", "pahole", "z3", "bsdtar"].map((name) => of(name))).toMatchObject([
      { state: "found", version: "1.2.3", path: join(folder, "cvc5") },
      { state: "found", version: "4.3" },
      { state: "found", version: "1.24" },
      { state: "found", version: null, path: join(folder, "z3") },
      { state: "found", version: null },
    ]);
  });
});
