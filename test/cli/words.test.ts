import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { actionsOf } from "#cli/command.ts";
import { COMMANDS } from "#cli/table.ts";
import { version } from "#package.json";
import { cli, runProgram } from "../support/cli.ts";
import { newFolder } from "../support/kernel-tree.ts";

const cwd = newFolder();

/** A usage error: the words are told on stderr, and nothing is left behind. */
async function refused(argv: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await cli(argv, { cwd });
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(readdirSync(cwd)).toEqual([]);
  return stderr;
}

describe("an option that is given twice is a usage error", () => {
  it.each([
    ["build --image a --image b", "image"],
    ["build -o a --output b", "output"],
    ["build --max-kernel 1M --maxKernel=2M", "max-kernel"],
    ["build zboot -j2 --jobs 3", "jobs"],
    ["inspect a --hashes --no-hashes", "hashes"],
    ["extract a -o b -o c", "output"],
    ["decompose a b -o c -o d", "output"],
    ["stream diff a b --effect --effect", "effect"],
    ["disasm a --abi v6 --abi v7", "abi"],
    ["verify a --image b --sarif c --sarif d", "sarif"],
    ["fuzz a --seed 1 --seed 2", "seed"],
    ["kernel-test a --image b --timeout 1 --timeout 2", "timeout"],
    ["boot-test a b --expect c --expect d", "expect"],
    ["sign a --key b --cert c --key d", "key"],
    ["verify-signature a --cert b --cert c", "cert"],
    ["check a --inputs --inputs", "inputs"],
    ["corpus -o a -o b", "output"],
    ["pack envelope a b c -o d -o e", "output"],
    ["pack pe a b -o c --replace --replace", "replace"],
    ["unpack a -o b -o c", "output"],
  ])("%s", async (words, name) => {
    expect(await refused(words.split(" "))).toContain(`kexec-bpf: --${name} is given more than once\n`);
  });

  it("but where it may be repeated", async () => {
    const { stderr } = await cli(["verify", "a", "--image", "b", "--image", "c", "--parser", "d"], { cwd });
    expect(stderr).toContain("cannot read: no such file or folder (ENOENT)");
  });

  it("as a process, in the commands that have a script of their own, too", async () => {
    const { status, stderr } = await runProgram(["extract", "a", "-o", "b", "-o", "c"], { cwd });
    expect([status, stderr]).toEqual([2, expect.stringContaining("--output is given more than once")]);
  });
});

describe("an empty word is a usage error", () => {
  it.each([
    [["build", "-o", ""], "--output is empty"],
    [["build", "--output="], "--output is empty"],
    [["extract", "a", "-o", ""], "--output is empty"],
    [["inspect", ""], "file is empty"],
    [["verify", "a", "--image", ""], "--image is empty"],
    [["pack", "pe", "a", "b", "-o", ""], "--output is empty"],
    [["pack", "envelope", "", "b", "c"], "kernel is empty"],
    [["unpack", "a", "-o", ""], "--output is empty"],
    [["unpack", "", "-o", "a"], "file is empty"],
  ])("%j", async (argv, says) => {
    expect(await refused(argv)).toContain(says);
  });
});

describe("a number out of range is a usage error that tells the range", () => {
  const sizes = ["0", "-1", "536870912", "1G", "1e99", "NaN", "99999999999999999999"];
  it.each([
    ...["build", "verify a --image b", "fuzz a", "kernel-test a --image b"].map(
      (command) => [command, "--max-kernel", ["0", "1e99"], "from 1 to 536870911"] as const,
    ),
    ["build", "--max-initrd", sizes, "from 1 to 536870911"],
    ["build", "--max-cmdline", sizes, "from 1 to 536870911"],
    ["inspect a", "--limit", sizes, "from 1 to 536870911"],
    ["decompose a b -o c --reference", "--limit", sizes, "from 1 to 536870911"],
    ["build", "--jobs", ["0", "-1", "1025", "1.5", "1e99", "NaN"], "from 1 to 1024"],
    ["fuzz a", "--workers", ["0", "-1", "100000", "1e99", "NaN"], "from 1 to"],
    ["fuzz a", "--runs", ["0", "-1", "1e99", "0x10"], "from 1 to 9007199254740991"],
    ["fuzz a", "--seed", ["-1", "1e99", "9007199254740993"], "from 0 to 9007199254740991"],
    ["fuzz a", "--time", ["-1", "999999h", "NaN"], "from 0 to 31536000"],
    ["kernel-test a --image b", "--timeout", ["0", "-1", "1e99"], "from 1 to 86400"],
    ["boot-test a b", "--timeout", ["0", "1.5", "Infinity"], "from 1 to 86400"],
    ["kernel-test a --image b", "--log-level", ["8", "-1", "x"], "from 0 to 7"],
  ] as const)("%s %s", async (command, option, values, says) => {
    for (const value of values) {
      expect(await refused([...command.split(" "), `${option}=${value}`])).toContain(
        `${option} ${value}: ${says}`,
      );
    }
  });

  it.each([
    [["MAX_KERNEL=0"], "MAX_KERNEL=0: from 1 to 536870911"],
    [["MAX_INITRD=1G"], "MAX_INITRD=1G: from 1 to 536870911"],
    [["-j0"], "-j 0: from 1 to 1024"],
    [["-j", "100000"], "-j 100000: from 1 to 1024"],
  ])("make %j", async (words, says) => {
    expect(await refused(["make", ...words])).toContain(says);
  });
});

describe("all commands answer alike:", () => {
  it.each([["--version"], ["pack --version"], ["sign --version"]])("%s", async (words) => {
    expect(await cli(words.split(" "), { cwd })).toMatchObject({ status: 0, stdout: `${version}\n` });
    expect(await runProgram(words.split(" "), { cwd })).toMatchObject({ status: 0, stdout: `${version}\n` });
  });

  it("a flag that can be left out can be asked for, and not both", async () => {
    const words = ["pack", "pe", "a", "b", "-o", "c", "--manifest"];
    expect((await cli(words, { cwd })).stderr).toContain("a: cannot read: no such file or folder (ENOENT)");
    expect(await refused([...words, "--no-manifest"])).toContain("--manifest is given more than once");
  });

  it.each([["pack pe a b -o c --bogus"], ["inspect a --bogus"], ["unpack a -o b --bogus"]])(
    "%s",
    async (words) => {
      expect(await refused(words.split(" "))).toBe(
        "kexec-bpf: Unknown argument: bogus\nkexec-bpf --help shows what there is\n",
      );
    },
  );
});

describe("help TOPIC", () => {
  it.each([
    ...Object.keys(COMMANDS).map((name) => [name]),
    ...Object.entries(COMMANDS).flatMap(([name, entry]) =>
      Object.keys(actionsOf(entry)).map((action) => [name, action]),
    ),
  ])("%s %s shows what --help does", async (...topic) => {
    const words = topic.filter((word) => word !== undefined);
    const asked = await cli(["help", ...words], { cwd });
    expect(asked).toEqual(await cli([...words, "--help"], { cwd }));
    expect(asked.status).toBe(0);
    expect(asked.stdout.startsWith(`kexec-bpf ${words.join(" ")}`)).toBe(true);
  });

  it("without a topic shows the commands, itself among them", async () => {
    const { status, stdout } = await cli(["help"], { cwd });
    expect([status, stdout]).toEqual([0, expect.stringMatching(/kexec-bpf help \[topic\.\.\]/)]);
    for (const name of Object.keys(COMMANDS)) expect(stdout).toContain(`kexec-bpf ${name}`);
  });

  it.each([
    [["help", "biuld"], "Did you mean build?"],
    [["help", "pack", "frob"], "help pack frob: envelope, pe, container, zboot, uki are known"],
    [["help", "fuzz", "frob"], "help fuzz frob: merge are known"],
    [["help", "build", "zboot"], "help build zboot: build has no topics"],
    [["help", "constructor"], "Unknown command: constructor"],
  ])("%j is a usage error with a word about what there is", async (argv, says) => {
    expect(await refused(argv)).toContain(says);
  });
});

describe("a goal that no build has is told before anything is looked for", () => {
  it.each([
    [["build", "nosuch"]],
    [["make", "frob"]],
    [["build", "nosuch", "--image", "none", "--vmlinux", "none"]],
    [["make", "frob", "EFI_IMAGE=none"]],
  ])("%j", async (argv) => {
    expect(await refused(argv)).toMatch(
      /^kexec-bpf: no rule to make '(?:nosuch|frob)'\n {2}known: plain uki zboot all/,
    );
  });

  it("and a folder of targets that is not there is an error", async () => {
    for (const argv of [
      ["build", "--targets", "none"],
      ["make", "TARGETS=none"],
    ]) {
      const { status, stderr } = await cli(argv, { cwd });
      expect([status, stderr]).toEqual([
        1,
        `kexec-bpf: ${join(cwd, "none")}: cannot read: no such file or folder (ENOENT)\n`,
      ]);
    }
    expect(readdirSync(cwd)).toEqual([]);
  });
});

describe("with --json a failure is JSON on stdout, and words on stderr", () => {
  const folder = newFolder();
  mkdirSync(join(folder, "empty"));
  const MISSING = { reason: "file-failed", code: "ENOENT" };
  const USAGE = { reason: "usage" };

  it.each([
    ["build --vmlinux none --max-kernel 1M -o out", 1, { reason: "input-not-found" }],
    ["build nosuch", 2, { reason: "unknown-goal", goal: "nosuch" }],
    ["build --image", 2, USAGE],
    ["inspect none", 1, MISSING],
    ["extract none -o out", 1, MISSING],
    ["decompose none none -o out", 1, MISSING],
    ["stream show none", 1, MISSING],
    ["stream diff none none", 1, MISSING],
    ["disasm none", 1, MISSING],
    ["verify none --image none", 1, MISSING],
    ["verify none --image empty", 1, MISSING],
    ["verify", 2, USAGE],
    ["corpus -o out --from none", 1, MISSING],
    ["fuzz none", 1, MISSING],
    ["kernel-test none --image none --kernel none", 2, USAGE],
    ["sign none --key none --cert none", 1, {}],
    ["verify-signature none --cert none", 1, {}],
    ["check none", 1, MISSING],
    ["pack pe none none -o out", 1, MISSING],
    ["pack pe", 2, USAGE],
    ["pack frob", 2, USAGE],
    ["unpack none -o out", 1, MISSING],
    ["help pack frob", 2, USAGE],
    ["frob", 2, USAGE],
    ["inspect none --json", 2, { reason: "usage", detail: "--json is given more than once" }],
  ])("%s", async (words, status, error) => {
    const outcome = await cli([...words.split(" "), "--json"], { cwd: folder });
    expect(outcome.status).toBe(status);
    const told = JSON.parse(outcome.stdout);
    expect(told).toMatchObject({ schema: 1, error });
    expect(outcome.stderr).toContain(told.error.message.split("\n")[0]);
    expect((await cli(words.replace(" --json", "").split(" "), { cwd: folder })).stdout).toBe("");
  });

  it.each([["inspect none"], ["extract none -o out"], ["pack pe none none -o out"]])(
    "%s, as a process",
    async (words) => {
      const { status, stdout } = await runProgram([...words.split(" "), "--json"], { cwd: folder });
      expect([status, JSON.parse(stdout)]).toEqual([1, expect.objectContaining({ schema: 1 })]);
    },
  );

  it("but a word behind -- asks for nothing", async () => {
    const { stdout } = await cli(["inspect", "none", "--", "--json"], { cwd: folder });
    expect(stdout).toBe("");
  });
});
