import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { ENVIRONMENT, programFile } from "../support/cli.ts";
import { expectValue } from "../support/expect-value.ts";
import { newFolder, write } from "../support/kernel-tree.ts";
import { arm64Image } from "../support/real-inputs.ts";
import { encodeZbootImage } from "../support/zboot-image.ts";

const read = (name: string) => readFileSync(join("docs/ci", name), "utf8");

/** What each system has bash do, or sh, one script after another. */
const SYSTEMS = {
  "gitlab.yml": () => {
    const job = (parse(read("gitlab.yml")) as { parsers: Record<string, readonly string[]> }).parsers;
    return [[...(job["before_script"] ?? []), ...(job["script"] ?? [])].join("\n")];
  },
  "buildkite.yml": () => {
    const { steps } = parse(read("buildkite.yml")) as { steps: readonly { commands: readonly string[] }[] };
    // Its own variables are replaced before a shell sees them, two dollars are one.
    return steps.map(({ commands }) => commands.join("\n").replaceAll("$$", "$"));
  },
  Jenkinsfile: () => [...read("Jenkinsfile").matchAll(/sh '''(.*?)'''/gs)].map(([, script = ""]) => script),
};

let images: string;
beforeAll(async () => {
  images = newFolder();
  const image = readFileSync(arm64Image()).subarray(0, 2 << 20);
  write(
    join(images, "vmlinuz.efi"),
    expectValue(await encodeZbootImage({ image, compression: "gzip", arch: "arm64" })),
  );
});

/** Runs a system's scripts where apt and npm have nothing to do; the program is that of the sources. `seeded`: its parsers are wrong. */
function runScripts(scripts: readonly string[], seeded = false) {
  const cwd = newFolder();
  execFileSync("ln", ["-s", images, join(cwd, "images")]);
  mkdirSync(join(cwd, "bin"));
  const told = join(cwd, "told");
  const tool = (name: string, script: string) => {
    writeFileSync(join(cwd, "bin", name), `#!/bin/bash\n${script}\n`);
    chmodSync(join(cwd, "bin", name), 0o755);
  };
  for (const name of ["apt-get", "npm"]) tool(name, `echo "${name} $*" >>${told}`);
  tool("buildkite-agent", `echo "buildkite-agent $*" >>${told}; cat >>${told}`);
  const program = `exec ${process.execPath} ${programFile()} "$@"`;
  tool(
    "kexec-bpf",
    seeded
      ? `[ "$1" != build ] || set -- "$@" --seed-payload-size
${program}`
      : program,
  );
  const env = { ...ENVIRONMENT, PATH: `${join(cwd, "bin")}:${process.env["PATH"]}`, KEXEC_BPF: "kexec-bpf" };
  const ran = scripts.map((script) => spawnSync("sh", ["-e", "-c", script], { cwd, env, encoding: "utf8" }));
  return {
    cwd,
    told: readFileSync(told, "utf8"),
    statuses: ran.map(({ status }) => status),
    output: ran.map(({ stdout, stderr }) => stdout + stderr).join(""),
  };
}

describe.each(Object.entries(SYSTEMS))("docs/ci/%s", (name, scripts) => {
  it("builds parsers, proves them, and leaves the reports that it names", () => {
    const { cwd, told, statuses, output } = runScripts(scripts());
    expect({ statuses, output }).toMatchObject({ statuses: statuses.map(() => 0) });
    expect(output).toContain("nothing wrong was found");
    expect(told).toContain("npm install --global --no-audit --no-fund kexec-bpf\n");
    for (const [file] of read(name).matchAll(/\b[\w-]+\.(?:xml|sarif)\b/g))
      expect(existsSync(join(cwd, file))).toBe(true);
    if (name === "buildkite.yml")
      expect(told).toContain("--style success\n## kexec-bpf verify: nothing wrong was found\n");
  });
});

describe("docs/ci/buildkite.yml", () => {
  it("fails where a parser is wrong, after it has told", () => {
    const { told, statuses, output } = runScripts(SYSTEMS["buildkite.yml"](), true);
    expect(statuses).toEqual([1]);
    expect(output).toContain("DIFFERS");
    expect(told).toContain("--style error\n## kexec-bpf verify: not passed\n");
  });
});
