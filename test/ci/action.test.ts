import { chmodSync, copyFileSync, existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { IMAGES } from "../fixtures/wrong-parsers/images.ts";
import { programFile } from "../support/cli.ts";
import { newFolder, write } from "../support/kernel-tree.ts";
import { amd64Kernel, arm64Image } from "../support/real-inputs.ts";
import { type Action, type Ended, runAction } from "./support/steps.ts";

const ACTION = parse(readFileSync("action.yml", "utf8")) as Action;

/** Steps of all but the setting up, which is tried by itself. */
function proven(inputs: Readonly<Record<string, string>>, cwd: string): Ended {
  const env = { GITHUB_ACTION_PATH: dirname(dirname(programFile())), GITHUB_WORKSPACE: cwd };
  return runAction(ACTION, { setup: "false", ...inputs }, { cwd, env });
}

let built: string;
let ended: Ended;
beforeAll(() => {
  built = newFolder("with blanks");
  write(join(built, "good images/zboot.img"), IMAGES.zboot);
  const options = [
    `--image=${arm64Image()}`,
    "",
    `--vmlinux=${amd64Kernel().vmlinux}`,
    ...["--max-kernel=100000", "--max-initrd=4096", "--max-cmdline=2048"],
  ];
  ended = proven(
    {
      goals: "zboot plain",
      "build-options": `${options.join("\n")}\n`,
      images: "good images\n",
      output: "the output",
    },
    built,
  );
});

describe("the action", () => {
  it("builds parsers and proves them", () => {
    expect(ended).toMatchObject({ status: 0, stderr: expect.not.stringContaining("error") });
    expect(ended.ran).toEqual(["Build parsers", "Choose parsers", "Verify", "Keep parsers and reports"]);
    expect(ended.outputs).toEqual({
      parsers: "the output/plain.bpf\nthe output/zboot.bpf",
      junit: "the output/junit.xml",
      sarif: "the output/kexec-bpf.sarif",
    });
    expect(readFileSync(join(built, "the output/junit.xml"), "utf8")).toContain(
      'name="kexec-bpf verify" tests="2"',
    );
    const sarif = JSON.parse(readFileSync(join(built, "the output/kexec-bpf.sarif"), "utf8"));
    expect(sarif.runs[0].results).toEqual([]);
    expect(ended.summary).toMatch(/^## kexec-bpf verify: nothing wrong was found\n/);
    expect(ended.summary).toContain("| the output/zboot.bpf | good images/zboot.img | ok |");
  });

  it("takes parsers, annotates what is wrong with them, and keeps the reports", () => {
    const cwd = newFolder();
    copyFileSync(join(built, "the output/zboot.bpf"), join(cwd, "mine.bpf"));
    write(join(cwd, "zboot.img"), IMAGES.zboot);
    const inputs = { parsers: "mine.bpf\n", images: "zboot.img", "verify-options": "--expect=refused\n" };
    const failed = proven({ ...inputs, "code-scanning": "true" }, cwd);
    expect(failed.status).toBe(1);
    expect(failed.ran).toEqual(["Choose parsers", "Verify", "Code scanning", "Keep parsers and reports"]);
    expect(failed.stdout).toContain("\n::error file=zboot.img,title=UNEXPECTED::zboot.img is accepted");
    expect(failed.summary).toMatch(/^## kexec-bpf verify: not passed\n/);
    expect(
      [failed.outputs["junit"], failed.outputs["sarif"]].map((file = "") => existsSync(join(cwd, file))),
    ).toEqual([true, true]);
  });

  it("proves nothing where the build fails", () => {
    const failed = proven({ "build-options": "--image=none" }, newFolder());
    expect(failed.status).toBe(1);
    expect(failed.ran).toEqual(["Build parsers", "Keep parsers and reports"]);
    expect(failed.outputs).toEqual({ parsers: "", junit: "", sarif: "" });
  });

  it.each([
    ["root", "0", "setup\n"],
    ["another user", "1000", "sudo env PATH=$PATH setup\n"],
  ])("is set up by %s", (_who, user, words) => {
    const cwd = newFolder();
    const script = (file: string, text: string) =>
      chmodSync(write(join(cwd, file), `#!/bin/bash\n${text}\n`), 0o755);
    script("bin/id", `echo ${user}`);
    script("bin/sudo", 'echo "sudo $*"');
    script("scripts/setup", "echo setup");
    const PATH = `${join(cwd, "bin")}:${process.env["PATH"]}`;
    const { stdout, status } = runAction(
      { ...ACTION, runs: { ...ACTION.runs, steps: ACTION.runs.steps.slice(0, 1) } },
      {},
      { cwd, env: { PATH, GITHUB_ACTION_PATH: cwd } },
    );
    expect(status).toBe(0);
    expect(stdout.replaceAll(PATH, "$PATH").replaceAll(`${cwd}/scripts/`, "")).toBe(words);
  });

  it("hands nothing to a script but by variables", () => {
    for (const { run = "", shell, uses } of ACTION.runs.steps) {
      expect(run).not.toContain("${{");
      expect(uses === undefined ? shell : "bash").toBe("bash");
    }
  });

  it("is told of in docs/ci: each input with its default, each output", () => {
    const told = readFileSync("docs/ci/README.md", "utf8");
    for (const [name, { default: word }] of Object.entries(ACTION.inputs))
      expect(told).toContain(`| \`${name}\` | ${word === "" ? "" : `\`${word}\` `}| `);
    for (const name of Object.keys(ACTION.outputs))
      expect(told).toMatch(new RegExp(`^\\| .*\`${name}\`.* \\|`, "m"));
  });
});
