import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { inheritedFlags } from "#api/make/make-flags.ts";
import { parseMakeWords } from "#api/make/words.ts";
import { cli, cliOk, programFile, runProgram } from "../../support/cli.ts";
import { kernelTree, newFolder, script, write } from "../../support/kernel-tree.ts";

const published = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name !== ".kexec-bpf")
    .sort();

const initrdSize = (folder: string): string | undefined =>
  /^#define INITRD_SIZE (\d+)$/m.exec(readFileSync(join(folder, "image_size.h"), "utf8"))?.[1];

describe("make -n", () => {
  it("says what would be run, as commands that make the same, and leaves nothing", async () => {
    const { root, kexec } = kernelTree();
    const out = join(root, "out");
    const { stdout } = await cliOk(["make", "-n", "zboot", "ARCH=arm64", `O=${out}`], { cwd: kexec });
    expect(existsSync(out)).toBe(false);
    expect(stdout).toMatch(/^\(cd \.kexec-bpf && \S*clang.* -c zboot_parser_bpf\.c -o \S+\)$/m);
    expect(stdout).toMatch(/^\S*bpftool gen skeleton -L zboot_parser_bpf\.o > zboot_parser_bpf\.lskel\.h$/m);
    expect(stdout).toMatch(/^# GEN image_size\.h: sizes of the kernel image$/m);
    await cliOk(["make", "zboot", "ARCH=arm64", `O=${out}`], { cwd: kexec });
    const made = readFileSync(join(out, "zboot_parser_bpf.lskel.h"));
    write(join(out, "zboot_parser_bpf.lskel.h"), "");
    execFileSync("sh", ["-e"], { input: stdout, cwd: kexec });
    expect(readFileSync(join(out, "zboot_parser_bpf.lskel.h")).equals(made)).toBe(true);
  });

  it.each(["-n", "--dry-run", "--just-print", "--recon", "-sn", "-kn", "-nB"])(
    "%s is understood, and cleans nothing",
    async (option) => {
      const { kexec } = kernelTree();
      await cliOk(["make", "image_size.h", "ARCH=arm64"], { cwd: kexec });
      const { stdout } = await cliOk(["make", option, "clean"], { cwd: kexec });
      expect(stdout).toMatch(new RegExp(`^rm -rf .*${kexec}/image_size\\.h .*${kexec}/\\.kexec-bpf\n$`));
      expect(published(kexec)).toEqual(["image_size.h"]);
    },
  );

  it("says nothing where nothing would be done, and of what changed all that comes of it", async () => {
    const { kexec } = kernelTree();
    const make = async (...words: string[]) =>
      (await runProgram(["make", ...words, "zboot_parser_bpf.c", "ARCH=arm64"], { cwd: kexec })).stdout;
    await make();
    expect(await make("-n")).toBe("");
    expect(await make("-nB")).toMatch(/^# HBS zboot_parser_bpf\.c: /m);
    write(join(kexec, "zboot_parser_bpf.c"), "touched");
    expect(await make("-n")).toMatch(/^# HBS zboot_parser_bpf\.c: /m);
    expect(readFileSync(join(kexec, "zboot_parser_bpf.c"), "utf8")).toBe("touched");
  });
});

describe("make -q", () => {
  it("tells by its exit status whether there is anything to do: 1, 0; 2 where it cannot tell", async () => {
    const { kexec } = kernelTree();
    const ask = (...words: string[]) =>
      cli(["make", "-q", "image_size.h", "ARCH=arm64", ...words], { cwd: kexec });
    const silent = { stdout: "", stderr: "" };
    expect(await ask()).toEqual({ status: 1, ...silent });
    expect(readdirSync(kexec)).toEqual([]);
    await cliOk(["make", "image_size.h", "ARCH=arm64"], { cwd: kexec });
    expect(await ask()).toEqual({ status: 0, ...silent });
    expect(await ask("MAX_INITRD=1M")).toEqual({ status: 1, ...silent });
    expect(await ask("clean")).toEqual({ status: 1, ...silent });
    expect((await ask("KERNEL_IMAGE=/nonesuch")).status).toBe(2);
  });
});

describe("make -B and -k", () => {
  it("-B makes again what is up to date, each time", async () => {
    const { kexec } = kernelTree();
    const make = async (...words: string[]) =>
      (await runProgram(["make", ...words, "image_size.h", "ARCH=arm64"], { cwd: kexec })).stdout;
    const made = "  GEN      image_size.h\n";
    expect(await make()).toBe(made);
    expect(await make("-B")).toBe(made);
    expect(await make("--always-make")).toBe(made);
    expect(await make()).toContain("nothing to be done");
  });

  it("-k makes what does not need what failed, tells each failure, and fails", async () => {
    const { kexec } = kernelTree();
    const clang = script(
      join(newFolder(), "clang"),
      `case "$*" in *" -c "*) echo "no $*" >&2; exit 1 ;; esac; exec clang "$@"`,
    );
    const goals = ["uki_parser_bpf.o", "zboot_parser_bpf.o", "vmlinux.h"];
    const make = (...words: string[]) =>
      cli(["make", ...words, ...goals, "ARCH=arm64", "-j1", `CLANG=${clang}`], { cwd: kexec });
    const { status, stderr } = await make("-k");
    expect(status).toBe(1);
    expect(stderr.match(/-c (uki|zboot)_parser_bpf\.c/g)).toEqual(
      expect.arrayContaining(["-c uki_parser_bpf.c", "-c zboot_parser_bpf.c"]),
    );
    expect(published(kexec)).toContain("vmlinux.h");
    const stopped = await make();
    expect(stopped.stderr).toContain("-c uki_parser_bpf.c");
    expect(stopped.stderr).not.toContain("-c zboot_parser_bpf.c");
  });
});

describe("make -s", () => {
  it("says nothing of what is done, and still warns", async () => {
    const { kexec } = kernelTree();
    const made = await cli(["make", "-s", "image_size.h", "ARCH=arm64", "NONE=1"], { cwd: kexec });
    expect(made).toMatchObject({ status: 0, stdout: "" });
    expect(made.stderr).toContain("variable NONE means nothing here");
    expect(made.stderr).toMatch(/^(kexec-bpf: warning: .*\n)+$/);
  });
});

describe("a make that runs this one", () => {
  it("hands down -n, -s, -q and -k by MAKEFLAGS", async () => {
    const { kexec } = kernelTree();
    const make = (flags: string, ...words: string[]) =>
      cli(["make", "image_size.h", "ARCH=arm64", ...words], { cwd: kexec, env: { MAKEFLAGS: flags } });
    expect((await make("n")).stdout).toMatch(/^# GEN image_size\.h/m);
    expect((await make("q -j4")).status).toBe(1);
    expect(readdirSync(kexec)).toEqual([]);
    expect(await make("rRs --no-print-directory -- ARCH=x")).toMatchObject({ status: 0, stdout: "" });
    expect(published(kexec)).toEqual(["image_size.h"]);
  });

  it("is GNU make itself: under its -n nothing is made, under -s nothing is said, and its job server is no hindrance", () => {
    const { kexec } = kernelTree();
    const program = programFile();
    write(
      join(kexec, "Makefile"),
      `zboot: ; +@${process.execPath} ${program} make image_size.h ARCH=arm64\n`,
    );
    const make = (...words: string[]) =>
      execFileSync("make", [...words, "zboot"], { cwd: kexec, encoding: "utf8", stdio: "pipe" });
    expect(make("-n")).toContain("# GEN image_size.h");
    expect(published(kexec)).toEqual(["Makefile"]);
    expect(make("-s", "-j3")).toBe("");
    expect(published(kexec)).toEqual(["Makefile", "image_size.h"]);
    expect(make("-j3", "--no-print-directory")).toContain("nothing to be done");
  });

  it.each([
    ["", {}, undefined],
    ["kB", { keepGoing: true, always: true }, undefined],
    [" -j4", {}, 4],
    [" -j4 --jobserver-auth=fifo:/tmp/GMfifo1", {}, 1],
    ["w -j --jobserver-fds=3,4", {}, 1],
    ["-n", { dryRun: true }, undefined],
    [" -Oline -Iscripts -lnone", {}, undefined],
    ["O=none", {}, undefined],
    [" -- V=n -n", {}, undefined],
  ])("MAKEFLAGS `%s`", (flags, switches, jobs) => {
    const none = { dryRun: false, keepGoing: false, always: false, question: false, silent: false };
    expect(inheritedFlags({ MAKEFLAGS: flags })).toEqual({ switches: { ...none, ...switches }, jobs });
  });
});

describe("make's words", () => {
  it.each([
    [["--jobs=2"], { jobs: 2 }],
    [["-kj3", "zboot"], { jobs: 3, goals: ["zboot"], switches: { keepGoing: true } }],
    [["-j", "3", "zboot"], { jobs: 3, goals: ["zboot"] }],
    [["-j3k"], { jobs: 3, switches: { keepGoing: true } }],
    [["--directory=a", "-Cb", "-sC", "c"], { folders: ["a", "b", "c"], switches: { silent: true } }],
    [
      ["-w", "--no-print-directory", "-rR", "-l2", "-l", "2.5", "-Otarget", "--output-sync=line"],
      { goals: [] },
    ],
    [["-k", "-S"], { switches: { keepGoing: false } }],
    [["--", "-n"], { goals: ["-n"] }],
  ])("%j", (words, expected) => {
    const parsed = parseMakeWords(words);
    expect(parsed.ok && { ...parsed.value }).toMatchObject(expected);
  });

  it("INITRD_ESTIMATE_SIZE is the largest initrd, from the environment too, and MAX_INITRD wins", async () => {
    const { kexec } = kernelTree();
    const size = async (...words: string[]) => {
      await cliOk(["make", "image_size.h", "ARCH=arm64", ...words], { cwd: kexec });
      return initrdSize(kexec);
    };
    expect(await size("INITRD_ESTIMATE_SIZE=12345678")).toBe("12345678");
    expect(await size("INITRD_ESTIMATE_SIZE=12345678", "MAX_INITRD=1M")).toBe(String(1 << 20));
    const env = { INITRD_ESTIMATE_SIZE: "7654321" };
    await cliOk(["make", "image_size.h", "ARCH=arm64"], { cwd: kexec, env });
    expect(initrdSize(kexec)).toBe("7654321");
  });

  it.each(["build_zboot_envelop", "build_zboot_image"])("goal %s has nothing to build", async (goal) => {
    const { kexec } = kernelTree();
    const { stdout, stderr } = await cliOk(["make", goal, "HOSTCC=gcc"], { cwd: kexec });
    expect({ stdout, stderr }).toEqual({
      stdout: `kexec-bpf: nothing to be done for '${goal}' in ${kexec}\n`,
      stderr: "",
    });
    await cliOk(["make", goal, "image_size.h", "ARCH=arm64"], { cwd: kexec });
    expect(published(kexec)).toEqual(["image_size.h"]);
  });

  it("a variable that nothing reads is told once, on stderr", async () => {
    const { kexec } = kernelTree();
    const words = ["make", "image_size.h", "ARCH=arm64", "VMLINUX=x", "VMLINUX=y", "toString=z"];
    const { stderr } = await cliOk(words, { cwd: kexec });
    expect(stderr.match(/variable \w+ means nothing here/g)).toEqual([
      "variable VMLINUX means nothing here",
      "variable toString means nothing here",
    ]);
  });

  it("O of a kernel's build is where the kernel is: its image, its vmlinux, its sources", async () => {
    const { root, vmlinux } = kernelTree();
    const built = newFolder("built");
    symlinkSync(vmlinux, join(built, "vmlinux"));
    symlinkSync(root, join(built, "source"));
    const image = join(root, "arch/arm64/boot/Image");
    write(join(built, "arch/arm64/boot/Image"), readFileSync(image).subarray(0, 3 << 20));
    const words = ["make", "image_size.h", "bpf_helper_defs.h", `O=${built}`, "ARCH=arm64", "V=1"];
    const { stdout } = await cliOk(words, { cwd: newFolder() });
    expect(readFileSync(join(built, "image_size.h"), "utf8")).toContain(`#define IMAGE_SIZE ${3 << 20}\n`);
    expect(stdout).toContain("source/scripts/bpf_doc.py --header");
    expect(statSync(join(built, "bpf_helper_defs.h")).size).toBeGreaterThan(0);
  });
});
