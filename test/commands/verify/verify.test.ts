import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { run } from "#cli/run.ts";
import type { Verification } from "#core/verification.ts";
import { digest } from "#files/digest.ts";
import type { Io } from "#report/io.ts";
import { progressLine } from "#report/progress-line.ts";
import { visible } from "#report/visible.ts";
import { IMAGES } from "../../fixtures/wrong-parsers/images.ts";
import { cli, cliOk, ENVIRONMENT, programFile, runProgram } from "../../support/cli.ts";
import { newFolder, write } from "../../support/kernel-tree.ts";
import { amd64Kernel, arm64Image } from "../../support/real-inputs.ts";

let built: string;
let headers: string;
beforeAll(async () => {
  built = newFolder("built");
  headers = join(built, ".kexec-bpf");
  const from = ["--image", arm64Image(), "--vmlinux", amd64Kernel().vmlinux];
  const sizes = ["--max-kernel", "100000", "--max-initrd", "4096", "--max-cmdline", "2048"];
  await cliOk(["build", ...from, ...sizes, "-o", built], { cwd: built });
});

/** A folder with some of the build's files, and an image. */
function folderWith(...files: readonly string[]): string {
  const cwd = newFolder();
  for (const file of files) copyFileSync(join(built, file), join(cwd, file));
  write(join(cwd, "zboot.img"), IMAGES.zboot);
  return cwd;
}

async function verification(argv: readonly string[], cwd: string): Promise<Verification> {
  return JSON.parse((await cliOk(["verify", ...argv, "--json"], { cwd })).stdout) as Verification;
}

describe("verify refuses, as a matter of usage,", () => {
  it.each([
    ["no parser", ["--image", "zboot.img"], "a parser is needed"],
    ["an unknown reference", ["zboot.bpf", "--image", "zboot.img", "--reference", "pe"], "reference"],
    [
      "a limit that is not a size",
      ["zboot.bpf", "--image", "zboot.img", "--max-kernel", "much"],
      "--max-kernel much: from 1 to",
    ],
  ])("%s", async (_what, argv, words) => {
    const { status, stdout, stderr } = await cli(["verify", ...argv], { cwd: folderWith("zboot.bpf") });
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain(words);
  });

  it("a parser whose formats its name does not tell", async () => {
    const cwd = folderWith();
    copyFileSync(join(headers, "zboot_parser_bpf.c"), join(cwd, "mine.c"));
    const { status, stderr } = await cli(["verify", "mine.c", "--image", "zboot.img", "-I", headers], {
      cwd,
    });
    expect(status).toBe(2);
    expect(stderr).toContain("say --reference");
  });
});

describe("verify fails for", () => {
  it.each([
    [
      "an image that is not there",
      ["zboot.bpf", "--image", "none.img"],
      /none\.img: cannot read: no such file or folder \(ENOENT\)/,
    ],
    [
      "a parser that is not there",
      ["none.bpf", "--image", "zboot.img"],
      /none\.bpf: cannot read: no such file or folder \(ENOENT\)/,
    ],
    [
      "a parser that is none",
      ["zboot.img", "--image", "zboot.img"],
      /zboot\.img: ELF file header, offset 0x0/,
    ],
    ["C that does not compile", ["--parser", "bad.c", "--image", "zboot.img"], /clang failed .*\n.*bad\.c:1/],
  ])("%s", async (_what, argv, words) => {
    const cwd = folderWith("zboot.bpf");
    write(join(cwd, "bad.c"), "int main(\n");
    const { status, stdout, stderr } = await cli(["verify", ...argv], { cwd });
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(words);
  });

  it("a folder without an image", async () => {
    const cwd = folderWith("zboot.bpf");
    write(join(cwd, "corpus/case.json"), "{}");
    const { status, stderr } = await cli(["verify", "zboot.bpf", "--image", "corpus"], { cwd });
    expect(status).toBe(1);
    expect(stderr).toContain("image not found: give it by --image FILE or FOLDER");
  });
});

describe("verify --github", () => {
  const wrong = ["verify", "zboot.bpf", "--image", "zboot.img", "--expect", "refused", "--github"];
  const annotation =
    "::error file=sub/zboot.img,title=UNEXPECTED::zboot.img is accepted, and was to be refused\n";
  const around = (cwd: string) => ({
    cwd,
    env: { GITHUB_WORKSPACE: join(cwd, ".."), GITHUB_STEP_SUMMARY: join(cwd, "summary.md") },
  });
  const folder = () => {
    const cwd = join(newFolder(), "sub");
    mkdirSync(cwd);
    copyFileSync(join(built, "zboot.bpf"), join(cwd, "zboot.bpf"));
    write(join(cwd, "zboot.img"), IMAGES.zboot);
    return cwd;
  };

  it("annotates, tells the runner to take nothing else for a command, and adds to the step's summary", async () => {
    const cwd = folder();
    write(join(cwd, "summary.md"), "# before\n");
    const { status, stdout, stderr } = await cli(wrong, around(cwd));
    expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
    const [, token, text, rest] = /^::stop-commands::(\S+)\n(.+)\n::\1::\n(.*)$/s.exec(stdout) ?? [];
    expect(token).toMatch(/^[\w-]{36}$/);
    expect(text).toContain("zboot.img  ok");
    expect(rest).toBe(annotation);
    const summary = readFileSync(join(cwd, "summary.md"), "utf8");
    expect(summary).toMatch(/^# before\n## kexec-bpf verify: not passed\n/);
    expect(summary).toContain("- zboot.img is accepted, and was to be refused\n");
  });

  it("leaves stdout to JSON", async () => {
    const { stdout, stderr } = await cli([...wrong, "--json"], around(folder()));
    expect(JSON.parse(stdout)).toMatchObject({ schema: 1, shortfalls: [{ kind: "unexpected" }] });
    expect(stderr.endsWith(annotation)).toBe(true);
  });

  it("says nothing of a run without fault but that", async () => {
    const cwd = folder();
    const outcome = await cli(["verify", "zboot.bpf", "--image", "zboot.img", "--github"], { cwd });
    expect(outcome.status).toBe(0);
    expect(outcome.stdout).not.toContain("::error");
    expect(readdirSync(cwd).toSorted()).toEqual(["zboot.bpf", "zboot.img"]);
  });

  it("fails where the summary cannot be written", async () => {
    const cwd = folder();
    const env = { GITHUB_STEP_SUMMARY: cwd };
    const { status, stderr } = await cli(["verify", "zboot.bpf", "--image", "zboot.img", "--github"], {
      cwd,
      env,
    });
    expect(status).toBe(1);
    expect(stderr).toContain(`${cwd}: cannot write: `);
  });
});

describe("verify takes a parser as", () => {
  it.each([
    ["container", "zboot.bpf", "container"],
    ["bytecode object", "zboot_bytecode.o", "bytecode object"],
    ["light skeleton", "zboot_parser_bpf.lskel.h", "light skeleton"],
    ["BPF object", "zboot_parser_bpf.o", "BPF object"],
    ["C source", "zboot_parser_bpf.c", "BPF object"],
  ])("%s", async (_what, file, form) => {
    const cwd = folderWith(file);
    const { parsers, verdicts } = await verification([file, "--image", "zboot.img", "-I", headers], cwd);
    expect(parsers).toMatchObject([{ name: file, form, reference: "zboot", revision: "v7" }]);
    const commands = [
      { title: "DECOMPRESS/KERNEL", size: 3000 },
      { title: "DONE", size: 0 },
    ];
    expect(verdicts).toMatchObject([{ ok: true, commands, findings: [] }]);
  });
});

describe("the revision of a parser", () => {
  let old: string;
  beforeAll(async () => {
    old = newFolder("v6");
    const from = ["--image", arm64Image(), "--max-kernel", "100000", "--max-initrd", "4096", "--abi", "v6"];
    await cliOk(["build", "zboot", ...from, "-o", old], { cwd: old });
    write(join(old, "zboot.img"), IMAGES.zboot);
  });

  it.each(["zboot.bpf", "zboot_parser_bpf.o"])("is told by the types in %s", async (file) => {
    const cwd = folderWith(file);
    copyFileSync(join(old, file), join(cwd, `old-${file}`));
    const { parsers, verdicts } = await verification(
      [file, `old-${file}`, "--reference", "zboot", "--image", "zboot.img"],
      cwd,
    );
    expect(parsers.map(({ name, revision }) => [name, revision])).toEqual([
      [file, "v7"],
      [`old-${file}`, "v6"],
    ]);
    expect(verdicts.map(({ ok, commands }) => [ok, commands.length])).toEqual([
      [true, 2],
      [true, 1],
    ]);
  });

  it("is that of --abi before all others", async () => {
    const { stdout } = await cli(["verify", "zboot.bpf", "--abi", "v7", "--image", "zboot.img", "--json"], {
      cwd: old,
    });
    expect(JSON.parse(stdout).parsers).toMatchObject([{ revision: "v7" }]);
  });
});

describe("the limits of a parser's records", () => {
  const limits = { kernel: 100_000, initrd: 4096, cmdline: 2048 };

  it("are those of image_size.h beside it", async () => {
    const { parsers } = await verification(
      ["zboot.bpf", "--image", "zboot.img"],
      folderWith("zboot.bpf", "image_size.h"),
    );
    expect(parsers).toMatchObject([{ limits, limitsFrom: "image_size.h" }]);
  });

  it("are what the rings have room for where there is no such header", async () => {
    const { parsers } = await verification(["zboot.bpf", "--image", "zboot.img"], folderWith("zboot.bpf"));
    // Rings of 128 KiB and 64 KiB; a record's header has 8 bytes, cmd_hdr 10, and the last byte stays free.
    expect(parsers).toMatchObject([
      { limits: { kernel: 131_046, initrd: 65_510, cmdline: 65_510 }, limitsFrom: "ring buffers" },
    ]);
  });

  it("are those of the options before all others", async () => {
    const { parsers } = await verification(
      ["zboot.bpf", "--image", "zboot.img", "--max-initrd", "4K", "--max-kernel", "100000"],
      folderWith("zboot.bpf", "image_size.h"),
    );
    expect(parsers).toMatchObject([{ limits, limitsFrom: "options, image_size.h" }]);
  });
});

describe("a corpus folder", () => {
  function corpus(): string {
    const cwd = folderWith("zboot.bpf", "uki.bpf", "image_size.h");
    const put = (name: string, image: keyof typeof IMAGES, description?: object) => {
      write(join(cwd, `corpus/${name}.img`), IMAGES[image]);
      if (description !== undefined) write(join(cwd, `corpus/${name}.json`), JSON.stringify(description));
    };
    const common = { schema: 1, revision: "v7", why: "for a test" };
    put("deep/plain", "uki");
    put("b", "uki", { ...common, reference: "uki", injection: { failProbeCall: 2 } });
    put("a", "an envelope", { ...common, reference: "envelope" });
    put("old", "zboot", { ...common, reference: "zboot", revision: "v6" });
    write(join(cwd, "corpus/.hidden"), "hidden");
    return cwd;
  }

  it("is every file below it in order, cases only for the parsers that they are for", async () => {
    const { stdout, stderr } = await cliOk(
      ["verify", "zboot.bpf", "uki.bpf", "--image", "corpus", "--json"],
      {
        cwd: corpus(),
      },
    );
    const { verdicts, images } = JSON.parse(stdout) as Verification;
    expect(verdicts.map(({ parser, image }) => `${parser} on ${image}`)).toEqual([
      "zboot.bpf on corpus/a.img",
      "uki.bpf .bpf.nested/.bpf.1 on corpus/a.img",
      "uki.bpf on corpus/b.img",
      "zboot.bpf on corpus/deep/plain.img",
      "uki.bpf on corpus/deep/plain.img",
      "uki.bpf .bpf.nested/.bpf.1 on corpus/deep/plain.img",
      "uki.bpf .bpf.nested/.bpf.2 on corpus/deep/plain.img",
    ]);
    expect(images.map(({ file, why }) => [file, why])).toEqual([
      ["corpus/a.img", "for a test"],
      ["corpus/b.img", "for a test"],
      ["corpus/deep/plain.img", null],
    ]);
    expect(images[0]?.sha256).toBe(digest(IMAGES["an envelope"]));
    expect(stderr).toContain("1 of 4 cases are for other parsers or revisions");
  });

  it("has a run of its own for a case's injection, with fault paths or without", async () => {
    const cwd = corpus();
    const runs = async (...more: readonly string[]) =>
      (await verification(["uki.bpf", "--image", "corpus/b.img", ...more], cwd)).verdicts[0]?.faultPaths.run;
    expect(await runs("--no-fault-paths")).toBe(1);
    expect(await runs()).toBe(1 + ((await plainRuns(cwd)) ?? 0));
  });

  const plainRuns = async (cwd: string) =>
    (await verification(["uki.bpf", "--image", "corpus/deep/plain.img"], cwd)).verdicts[0]?.faultPaths.run;

  it("with a description that cannot be read fails, naming the file and the member", async () => {
    const cwd = corpus();
    write(join(cwd, "corpus/b.json"), JSON.stringify({ schema: 1, reference: "uki", revision: "v9" }));
    const { status, stderr } = await cli(["verify", "uki.bpf", "--image", "corpus"], { cwd });
    expect(status).toBe(1);
    expect(stderr).toMatch(/corpus\/b\.json: corpus case revision, offset 0x0: must be one of v6, v7/);
  });
});

describe("what verify shows", () => {
  /** A good zboot image, and files that are none. */
  function folder(): string {
    const cwd = folderWith("zboot.bpf");
    write(join(cwd, "sources/a.c"), "int a;\n");
    write(join(cwd, "sources/deep/b.c"), "int b;\n");
    return cwd;
  }
  const counted = async (cwd: string, ...words: readonly string[]) => {
    const { status, stdout } = await cli(["verify", "zboot.bpf", ...words, "--json"], { cwd });
    const { counts, shortfalls, expect: expected } = JSON.parse(stdout) as Verification;
    return { status, counts, expected, shortfalls: shortfalls.map(({ kind }) => kind) };
  };

  it("is nothing where no image was accepted, and nothing says that none should be", async () => {
    const { status, stdout } = await cli(["verify", "zboot.bpf", "--image", "sources"], { cwd: folder() });
    expect(status).toBe(1);
    expect(stdout).toContain(
      "2 images judged (0 accepted, 2 refused)\nno image was accepted: say --expect refused",
    );
    expect(stdout).not.toContain("nothing wrong");
  });

  it.each([
    ["zboot.img", [], 0, [1, 1, 0], []],
    ["zboot.img", ["--expect", "accepted"], 0, [1, 1, 0], []],
    ["zboot.img", ["--expect", "refused"], 1, [1, 1, 0], ["unexpected"]],
    ["sources", [], 1, [2, 0, 2], ["nothing-accepted"]],
    ["sources", ["--expect", "accepted"], 1, [2, 0, 2], ["unexpected", "unexpected"]],
    ["sources", ["--expect", "refused"], 0, [2, 0, 2], []],
    [".", [], 0, [4, 1, 3], []],
    [".", ["--expect", "accepted"], 1, [4, 1, 3], ["unexpected", "unexpected", "unexpected"]],
  ])("on %s with %j is exit status %i", async (image, words, status, [judged, accepted, refused], kinds) => {
    expect(await counted(folder(), "--image", image, ...words)).toEqual({
      status,
      counts: { judged, accepted, refused },
      expected: words[1] ?? null,
      shortfalls: kinds,
    });
  });

  it("is nothing where nothing was judged: nothing judged is nothing proven", async () => {
    const cwd = folder();
    write(join(cwd, "c/a.img"), "MZ");
    write(join(cwd, "c/a.json"), JSON.stringify({ schema: 1, reference: "uki", revision: "v7", why: "-" }));
    expect(await counted(cwd, "--image", "c")).toMatchObject({ status: 1, shortfalls: ["nothing-judged"] });
    const { status, stdout } = await cli(["verify", "zboot.bpf", "--image", "c"], { cwd });
    expect(status).toBe(1);
    expect(stdout).toContain("nothing was judged, so nothing is proven: the cases (1) are for other parsers");
    expect(stdout).not.toContain("nothing wrong");
  });

  it("is as it should be where a case's own description says what it is for", async () => {
    const cwd = folder();
    write(join(cwd, "c/a.img"), "MZ");
    write(join(cwd, "c/a.json"), JSON.stringify({ schema: 1, reference: "zboot", revision: "v7", why: "-" }));
    expect(await counted(cwd, "--image", "c")).toMatchObject({ status: 0, shortfalls: [] });
  });

  it("of a parser of the next layer does not count: no kernel shows it a file", async () => {
    const cwd = folderWith("uki.bpf");
    const words = ["verify", "uki.bpf", "--image", "zboot.img", "--json"];
    const { status, stdout } = await cli(words, { cwd });
    expect(JSON.parse(stdout)).toMatchObject({ shortfalls: [{ kind: "nothing-accepted", images: 1 }] });
    expect(status).toBe(1);
  });

  it.each(["fuzz", "kernel-test"])("is no question to ask of %s", async (command) => {
    const words = [command, "zboot.bpf", "--image", "zboot.img", "--expect", "accepted"];
    const { status, stderr } = await cli(words, { cwd: folder() });
    expect(status).toBe(2);
    expect(stderr).toContain("expect");
  });
});

it("verify says what is not modelled here as that, and not as a fault of the parser's", async () => {
  const cwd = folderWith("zboot_parser_bpf.c");
  const source = readFileSync(join(cwd, "zboot_parser_bpf.c"), "utf8");
  const call = "bpf_get_parser_context(parser_id);\n";
  expect(source.split(call)).toHaveLength(2);
  // A helper that kernels have and parsers do not need.
  write(join(cwd, "zboot_parser_bpf.c"), source.replace(call, `${call}\tbpf_jiffies64();\n`));
  const argv = ["verify", "zboot_parser_bpf.c", "--image", "zboot.img", "-I", headers, "--no-fault-paths"];
  const { status, stdout } = await cli(argv, { cwd });
  expect(status).toBe(1);
  expect(stdout).toMatch(/^zboot_parser_bpf\.c +zboot\.img +NOT MODELLED /m);
  expect(stdout).toContain("bpf_jiffies64 is not modelled here");
  expect(stdout).not.toContain("FAULT");
  const { verdicts } = JSON.parse((await cli([...argv, "--json"], { cwd })).stdout) as Verification;
  expect(verdicts[0]?.findings.map(({ kind }) => kind)).toEqual(["not-modelled"]);
});

describe("the reports of verify", () => {
  const reports = ["--junit", "j.xml", "--sarif", "s.sarif"];
  const written = (cwd: string) => ({
    junit: readFileSync(join(cwd, "j.xml"), "utf8"),
    sarif: JSON.parse(readFileSync(join(cwd, "s.sarif"), "utf8")),
  });

  it("tell of a parser and an image that cannot be loaded, and of the others all the same", async () => {
    const cwd = folderWith("zboot.bpf");
    write(join(cwd, "bad.bpf"), "no ELF");
    const words = [
      "bad.bpf",
      "zboot.bpf",
      "--image",
      "none.img",
      "--image",
      "zboot.img",
      "--json",
      ...reports,
    ];
    const { status, stdout, stderr } = await cli(["verify", ...words], { cwd });
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /bad\.bpf: ELF file header.*\n.*none\.img: cannot read: no such file or folder \(ENOENT\)/,
    );
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 1,
      error: { reason: "malformed", format: "ELF", message: expect.stringContaining("bad.bpf") },
      verdicts: [{ parser: "zboot.bpf", image: "zboot.img", ok: true }],
      errors: [
        { what: "parser", name: "bad.bpf", failure: { reason: "malformed" } },
        { what: "image", name: "none.img", failure: { reason: "file-failed", code: "ENOENT" } },
      ],
    });
    const { junit, sarif } = written(cwd);
    expect(junit).toContain('tests="3" failures="0" errors="2"');
    expect(junit).toContain('<testcase name="bad.bpf" classname="parsers not judged"');
    const [run] = sarif.runs;
    expect(run.results.map(({ ruleId }: { ruleId: string }) => ruleId)).toEqual(["not-judged", "not-judged"]);
    expect(run.invocations).toEqual([{ executionSuccessful: false }]);
  });

  it.each([
    ["a kernel that cannot be read", ["--btf", "none"], 1],
    ["an image folder that is empty", ["--image", "empty"], 1],
  ])("tell of %s", async (_what, words, status) => {
    const cwd = folderWith("zboot.bpf");
    mkdirSync(join(cwd, "empty"));
    const images = words.includes("--image") ? [] : ["--image", "zboot.img"];
    const outcome = await cli(["verify", "zboot.bpf", ...images, ...words, ...reports], { cwd });
    expect(outcome.status).toBe(status);
    expect(written(cwd).junit).toContain('errors="1"');
    expect(written(cwd).sarif.runs[0].results).toHaveLength(1);
  });

  it("never stay from an earlier run", async () => {
    const cwd = folderWith("zboot.bpf");
    write(join(cwd, "j.xml"), "old");
    write(join(cwd, "s.sarif"), "old");
    const interrupt = new AbortController();
    interrupt.abort("SIGINT");
    const argv = ["verify", "zboot.bpf", "--image", "zboot.img", ...reports];
    expect(await run(argv, quietIo(cwd, interrupt.signal))).toBe(130);
    expect(readdirSync(cwd).sort()).toEqual(["zboot.bpf", "zboot.img"]);
  });

  it.each([
    ["an image", ["--junit", "zboot.img"]],
    ["another report", ["--junit", "j.xml", "--sarif", "./j.xml"]],
  ])("are not written over %s", async (_what, words) => {
    const cwd = folderWith("zboot.bpf");
    const { status, stderr } = await cli(["verify", "zboot.bpf", "--image", "zboot.img", ...words], { cwd });
    expect(status).toBe(2);
    expect(stderr).toContain("a report needs a file of its own");
    expect(readFileSync(join(cwd, "zboot.img")).equals(IMAGES.zboot)).toBe(true);
  });
});

describe("verify", () => {
  it("writes what is asked for and says ok by its status", async () => {
    const cwd = folderWith("zboot.bpf");
    const argv = ["verify", "zboot.bpf", "--image", "zboot.img", "--junit", "j.xml", "--sarif", "s.sarif"];
    const { stdout } = await cliOk(argv, { cwd });
    expect(stdout).toMatch(/^zboot\.bpf +zboot\.img +ok +11\/11 +DECOMPRESS\/KERNEL \(3000\), DONE$/m);
    expect(readFileSync(join(cwd, "j.xml"), "utf8")).toContain('<testcase name="zboot.img"');
    expect(JSON.parse(readFileSync(join(cwd, "s.sarif"), "utf8")).runs[0].results).toEqual([]);
  });

  it("writes a report to stdout, and then says the rest on stderr", async () => {
    const cwd = folderWith("zboot.bpf");
    const argv = ["verify", "zboot.bpf", "--image", "zboot.img", "--sarif", "-"];
    const { status, stdout, stderr } = await runProgram(argv, { cwd });
    expect([status, stderr]).toEqual([0, expect.stringContaining("nothing wrong was found")]);
    expect(JSON.parse(stdout).runs[0].results).toEqual([]);
    expect(await cli([...argv, "--json"], { cwd })).toMatchObject({ status: 2 });
    const log = join(cwd, "log.sarif");
    const descriptor = openSync(log, "w");
    const file = ["ignore", descriptor, "ignore"] as const;
    execFileSync(process.execPath, [programFile(), ...argv], { cwd, env: ENVIRONMENT, stdio: [...file] });
    closeSync(descriptor);
    expect(JSON.parse(readFileSync(log, "utf8")).runs[0].results).toEqual([]);
  });

  it("tells a kernel without the interface from one with it", async () => {
    const cwd = folderWith("zboot.bpf");
    const { vmlinux } = amd64Kernel();
    const { stderr } = await cliOk(["verify", "zboot.bpf", "--image", "zboot.img", "--btf", vmlinux], {
      cwd,
    });
    expect(stderr).toContain("has no kexec image parser interface: the built-in v7 is used");
  });

  it("ends with 130 when it is interrupted", async () => {
    const interrupt = new AbortController();
    interrupt.abort("SIGINT");
    const cwd = folderWith("zboot.bpf");
    const told = { stdout: "" };
    const status = await run(["verify", "zboot.bpf", "--image", "zboot.img"], {
      ...quietIo(cwd, interrupt.signal),
      stdout: (text) => {
        told.stdout += text;
      },
    });
    expect([status, told.stdout]).toEqual([130, ""]);
  });
});

describe("verify --watch", () => {
  it("verifies again after each change, also one that mends a failure, and ends with Ctrl-C", async () => {
    const cwd = folderWith("zboot_parser_bpf.c");
    const source = join(cwd, "zboot_parser_bpf.c");
    write(join(cwd, "images/deep/zboot.img"), IMAGES.zboot);
    const good = readFileSync(source, "utf8");
    const interrupt = new AbortController();
    let waiting: (() => void) | undefined;
    let told = "";
    let rounds = 0;
    const say = (text: string) => {
      told += text;
      if (!text.includes("watching ")) return;
      rounds += 1;
      waiting?.();
    };
    const settled = () =>
      new Promise<string>((resolve) => {
        waiting = () => {
          resolve(told);
          told = "";
        };
      });
    const first = settled();
    const argv = ["verify", "zboot_parser_bpf.c", "--image", "images", "-I", headers, "--watch"];
    const ended = run([...argv, "--junit", "images/report.xml"], {
      ...quietIo(cwd, interrupt.signal),
      stdout: say,
      stderr: say,
    });
    expect(await first).toContain("nothing wrong was found");

    const second = settled();
    write(source, good.replace('return refuse("zboot payload empty");', "return false;\n\tsize -= 4;"));
    expect(await second).toContain("2996 bytes emitted");

    const third = settled();
    appendFileSync(source, "}\n");
    expect(await third).toContain("clang failed");

    const fourth = settled();
    write(source, good);
    expect(await fourth).toContain("nothing wrong was found");

    const fifth = settled();
    write(join(cwd, "images/deep/another.img"), IMAGES.uki);
    expect(await fifth).toContain("images/deep/another.img  ok");

    // What we write ourselves is no change, wherever it lies.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(rounds).toBe(5);

    interrupt.abort("SIGINT");
    expect(await ended).toBe(0);
  });
});

function quietIo(cwd: string, signal: AbortSignal): Io {
  return {
    stdout: () => undefined,
    stderr: () => undefined,
    env: ENVIRONMENT,
    cwd,
    terminal: { stdout: false, stderr: false },
    columns: 20,
    signal,
  };
}

describe("the progress line", () => {
  function lines(terminal: boolean): readonly string[] {
    vi.useFakeTimers();
    try {
      const told: string[] = [];
      const io = {
        ...quietIo("/", new AbortController().signal),
        terminal: { stdout: false, stderr: terminal },
      };
      const { show, clear } = progressLine({ ...io, stderr: (text) => told.push(text) });
      for (const text of ["at once", "a line that is longer than the terminal"]) {
        show(text);
        vi.advanceTimersByTime(1000);
      }
      show("the last");
      clear();
      return told.map(visible);
    } finally {
      vi.useRealTimers();
    }
  }

  it("is written over, cut to the terminal, and gone at the end", () => {
    expect(lines(true)).toEqual(["\r\u001b[Ka line that is long", "\r\u001b[Kthe last", "\r\u001b[K"]);
  });

  it("is not there where stderr is no terminal", () => {
    expect(lines(false)).toEqual([]);
  });
});

describe("the coverage of verify", () => {
  it("names the branches that the images did not reach, and grows with the images", async () => {
    const cwd = folderWith("zboot.bpf");
    write(join(cwd, "cut.img"), IMAGES.zboot.subarray(0, 20));
    const reached = async (...images: readonly string[]) => {
      const argv = ["verify", "zboot.bpf", "--coverage", ...images.flatMap((name) => ["--image", name])];
      const { stdout } = await cliOk(argv, { cwd });
      expect(stdout).toMatch(/not reached:\n {2}\d+: if .* @ zboot_parser_bpf\.c:\d+/);
      return Number(/^branches +[\d.]+ % +\((\d+) of/m.exec(stdout)?.[1]);
    };
    const one = await reached("zboot.img");
    expect(one).toBeGreaterThan(0);
    expect(await reached("cut.img", "zboot.img")).toBeGreaterThan(one);
    const json = await cliOk(["verify", "zboot.bpf", "--image", "zboot.img", "--coverage", "--json"], {
      cwd,
    });
    expect(JSON.parse(json.stdout)).toMatchObject({
      schema: 1,
      coverage: [{ program: "zboot.bpf parse_pe" }],
    });
  });
});
