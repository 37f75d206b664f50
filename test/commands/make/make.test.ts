import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { MAKE_VARIABLES } from "#build/make-variables.ts";
import { VARIABLES } from "#commands/request-key.ts";
import { because, CLANGS, installed, noClang } from "../../build/judges.ts";
import { cli, cliOk, runProgram } from "../../support/cli.ts";
import { kernelTree, newFolder, script, write } from "../../support/kernel-tree.ts";

const CLANG = CLANGS.find(installed) ?? "clang";

const published = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name !== ".kexec-bpf")
    .sort();

/** The command lines that V=1 shows, by their first word's last part. */
const commands = (stdout: string, tool: RegExp): string[] =>
  stdout.split("\n").filter((line) => tool.test(line));

describe("what make prints", () => {
  it("is one quiet line a rule, on stdout, as the kernel's build has it", async () => {
    const { kexec } = kernelTree();
    const { stdout } = await cliOk(["make", "zboot", "ARCH=arm64"], { cwd: kexec });
    expect(stdout.split("\n").sort()).toEqual(
      [
        "",
        "  BPF      zboot.bpf",
        "  CLANG    zboot_parser_bpf.o",
        "  COPY     .kexec-bpf/bpf/bpf_helpers.h",
        "  ELF      zboot_bytecode.o",
        "  GEN      .kexec-bpf/vmlinux.h",
        "  GEN      bpf_helper_defs.h",
        "  GEN      image_size.h",
        "  GEN      vmlinux.h",
        "  GEN      zboot.manifest.json",
        "  GEN      zboot_bytecode.c",
        "  HBS      zboot_parser_bpf.c",
        "  LSKEL    zboot_parser_bpf.lskel.h",
      ].sort(),
    );
  });

  it("is the commands with V=1, which make the same when pasted into a shell", async () => {
    const { kexec } = kernelTree();
    const { stdout } = await cliOk(["make", "zboot", "ARCH=arm64", "V=1"], { cwd: kexec });
    expect(stdout).not.toMatch(/^ {2}CLANG/m);
    const [compile] = commands(stdout, /clang\S* .* -c zboot_parser_bpf\.c/);
    const [skeleton] = commands(stdout, /bpftool gen skeleton -L/);
    const object = join(kexec, "zboot_parser_bpf.o");
    const header = join(kexec, "zboot_parser_bpf.lskel.h");
    const before = [readFileSync(object), readFileSync(header)];
    const { execFileSync } = await import("node:child_process");
    write(object, "");
    execFileSync("sh", ["-c", compile ?? "false"], { cwd: kexec });
    write(header, "");
    execFileSync("sh", ["-c", skeleton ?? "false"], { cwd: kexec });
    expect(readFileSync(object).equals(before[0] ?? Buffer.alloc(0))).toBe(true);
    expect(readFileSync(header).equals(before[1] ?? Buffer.alloc(0))).toBe(true);
  });

  it("is nothing with -s", async () => {
    const { kexec } = kernelTree();
    expect((await cliOk(["make", "-s", "image_size.h", "ARCH=arm64"], { cwd: kexec })).stdout).toBe("");
    expect((await cliOk(["make", "-s", "clean"], { cwd: kexec })).stdout).toBe("");
  });
});

describe("goals of make", () => {
  it.each(["vmlinux.h", "image_size.h", "bpf_helper_defs.h", "uki_parser_bpf.c"])(
    "may be a single file: %s, and then that alone is made",
    async (goal) => {
      const { kexec } = kernelTree();
      await cliOk(["make", goal, "ARCH=arm64"], { cwd: kexec });
      expect(published(kexec)).toEqual([goal]);
    },
  );

  it("are all targets where none is given", async () => {
    const { kexec } = kernelTree();
    await cliOk(["make", "ARCH=arm64"], { cwd: kexec });
    expect(published(kexec)).toEqual(expect.arrayContaining(["uki.bpf", "zboot.bpf"]));
  });

  it("that are unknown end with exit status 2 and the known ones", async () => {
    const { kexec } = kernelTree();
    const { status, stderr, stdout } = await cli(["make", "zbot", "ARCH=arm64"], { cwd: kexec });
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain(
      "kexec-bpf: no rule to make 'zbot'\n  known: plain uki zboot all zboot_image.elf vmlinux.h ",
    );
    expect(stderr).toContain(" zboot_parser_bpf.lskel.h ");
    expect(stderr).not.toContain(".kexec-bpf/vmlinux.h");
  });
});

describe("make clean", () => {
  it("removes all that was made, of whatever revision, and nothing else", async () => {
    const { kexec } = kernelTree();
    const mine = ["Makefile", "zboot_parser_bpf.c.orig", "zboot.efi", "notes/bytecode.c"];
    for (const name of mine) write(join(kexec, name), name);
    await cliOk(["make", "ARCH=arm64", "ABI=v6"], { cwd: kexec });
    expect(published(kexec)).toHaveLength(mine.length + 3 + 2 * 7 + 2);
    const { status, stdout } = await cli(["make", "clean"], { cwd: kexec });
    expect({ status, stdout }).toEqual({ status: 0, stdout: `  CLEAN    ${kexec}\n` });
    expect(readdirSync(kexec).sort()).toEqual(["Makefile", "notes", "zboot.efi", "zboot_parser_bpf.c.orig"]);
    for (const name of mine) expect(readFileSync(join(kexec, name), "utf8")).toBe(name);
  });

  it("removes what the user's own targets made, in O", async () => {
    const targets = newFolder("targets");
    const parts = { kernel: "COPY" };
    const description = {
      description: "own",
      body: { v6: "own", v7: "own" },
      parts: { v6: parts, v7: parts },
    };
    write(join(targets, "own.json"), JSON.stringify(description));
    write(join(targets, "own.hbs"), "");
    const { kexec } = kernelTree();
    const out = newFolder();
    await cliOk(["make", "own_parser_bpf.c", `TARGETS=${targets}`, `O=${out}`, "ARCH=arm64"], { cwd: kexec });
    expect(published(out)).toEqual(["own_parser_bpf.c"]);
    await cliOk(["make", "clean", `TARGETS=${targets}`, `O=${out}`], { cwd: kexec });
    expect(readdirSync(out)).toEqual([]);
  });

  it("needs neither a kernel nor a tool, and may be repeated", async () => {
    const cwd = newFolder();
    const env = { PATH: "/nonesuch", BPFTOOL: "/nonesuch/bpftool" };
    expect(await cli(["make", "clean"], { cwd, env })).toMatchObject({ status: 0, stderr: "" });
    expect(await cli(["make", "clean"], { cwd, env })).toMatchObject({ status: 0, stderr: "" });
  });

  it("beside other goals comes first, each time it is asked for", async () => {
    const { kexec } = kernelTree();
    const make = () => runProgram(["make", "clean", "image_size.h", "ARCH=arm64"], { cwd: kexec });
    for (let times = 0; times < 2; times += 1) {
      write(join(kexec, "uki.bpf"), "of an earlier run");
      expect((await make()).stdout).toBe(`  CLEAN    ${kexec}\n  GEN      image_size.h\n`);
      expect(published(kexec)).toEqual(["image_size.h"]);
    }
  });

  it.each([
    ["vmlinux.h", "VMLINUX_H=./vmlinux.h"],
    ["vmlinux.h", "VMLINUX_H=link.h"],
    ["zboot_image.elf", "INITRAMFS=zboot_image.elf"],
    ["zboot.bpf", "VMLINUX_BTF=../kexec/zboot.bpf"],
    ["uki.bpf", "KERNEL_IMAGE=uki.bpf"],
    ["uki.bpf", "EFI_IMAGE=uki.bpf"],
    ["bpf_helper_defs.h", "LIBBPF_HEADERS=../kexec"],
    [".kexec-bpf/vmlinux.btf", "VMLINUX_BTF=.kexec-bpf/vmlinux.btf"],
  ])("leaves %s where it is given as %s, and says so", async (name, variable) => {
    const { kexec } = kernelTree();
    write(join(kexec, name), "the user's own");
    write(join(kexec, "zboot_bytecode.c"), "");
    symlinkSync("vmlinux.h", join(kexec, "link.h"));
    const { stderr } = await cliOk(["make", "clean", variable], { cwd: kexec });
    const kept = join(kexec, name.split("/")[0] ?? "");
    expect(stderr).toBe(`kexec-bpf: ${kept} stays: it is given as an input\n`);
    expect(readFileSync(join(kexec, name), "utf8")).toBe("the user's own");
    expect(existsSync(join(kexec, "zboot_bytecode.c"))).toBe(false);
    await cliOk(["make", "clean"], { cwd: kexec });
    expect(existsSync(join(kexec, name))).toBe(false);
  });

  it("says which file it cannot remove", async () => {
    const { kexec } = kernelTree();
    write(join(kexec, "uki.bpf/file"), "");
    const { status, stderr } = await cli(["make", "clean"], { cwd: kexec });
    expect(status).toBe(1);
    expect(stderr).toMatch(new RegExp(`^kexec-bpf: ${join(kexec, "uki.bpf")}: cannot remove: \\w+\n$`));
  });
});

describe("make's options", () => {
  it("-C goes to another folder, several times as make does, while O counts from where one stands", async () => {
    const { root, kexec } = kernelTree();
    await cliOk(["make", "-C", "tools", "-C", "kexec", "image_size.h", "ARCH=arm64"], { cwd: root });
    expect(published(kexec)).toEqual(["image_size.h"]);
    await cliOk(["make", "-C", "tools/kexec", "O=out", "image_size.h", "ARCH=arm64"], { cwd: root });
    expect(published(join(root, "out"))).toEqual(["image_size.h"]);
  });

  it("-C decides what other relative paths count from: tools, headers and kernels", async () => {
    const { root, kexec, vmlinux } = kernelTree();
    script(join(kexec, "my-clang"), `exec ${CLANG} "$@"`);
    copyFileSync(vmlinux, join(kexec, "my-vmlinux"));
    const words = ["CLANG=./my-clang", "VMLINUX_BTF=my-vmlinux", "V=1", "ARCH=arm64"];
    const { stdout, stderr } = await cliOk(["make", "-C", "tools/kexec", "zboot_parser_bpf.o", ...words], {
      cwd: root,
    });
    expect(commands(stdout, /my-clang/)).toHaveLength(1);
    expect(stdout).toContain(`${kexec}/my-clang -g`);
    expect(stderr).toContain(`BTF of ${join(kexec, "my-vmlinux")} `);
  });

  it.each([["-j2"], ["-j", "2"], ["-j"], ["-j1"]])(
    "%s %s are taken for jobs, not for goals",
    async (...jobs) => {
      const { kexec } = kernelTree();
      await cliOk(["make", ...jobs, "image_size.h", "ARCH=arm64"], { cwd: kexec });
      expect(published(kexec)).toEqual(["image_size.h"]);
    },
  );

  it.each([
    { words: ["-x"], says: "unknown option -x" },
    { words: ["-f", "Makefile"], says: "-f: there is no makefile to choose" },
    { words: ["--makefile=Makefile"], says: "--makefile: there is no makefile to choose" },
    { words: ["-kt"], says: "-t: nothing is marked as made that was not" },
    { words: ["--dry-run=no"], says: "--dry-run takes no value" },
    { words: ["--jobs=none"], says: "--jobs none: from 1 to 1024 is possible" },
    { words: ["INITRD_ESTIMATE_SIZE=lots"], says: "INITRD_ESTIMATE_SIZE=lots: from 1 to 536870911" },
    { words: ["-C"], says: "-C needs a folder" },
    { words: ["ARCH=foo"], says: "ARCH=foo: arm64, riscv, loongarch, x86 are known" },
    { words: ["ABI=v8"], says: "ABI=v8: auto, v6, v7 are known" },
    { words: ["MAX_INITRD=lots"], says: "MAX_INITRD=lots: from 1 to 536870911 is possible" },
    { words: ["MAX_KERNEL=-1"], says: "MAX_KERNEL=-1: from 1 to 536870911 is possible" },
  ])("$words is a usage error", async ({ words, says }) => {
    const { kexec } = kernelTree();
    const { status, stdout, stderr } = await cli(["make", "zboot", ...words], { cwd: kexec });
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain(`kexec-bpf: ${says}`);
  });

  it("a variable that means nothing is warned of and does no harm", async () => {
    const { kexec } = kernelTree();
    const { stderr } = await cliOk(["make", "image_size.h", "ARCH=arm64", "VMLINUX=x"], { cwd: kexec });
    expect(stderr).toContain("kexec-bpf: warning: variable VMLINUX means nothing here\n");
  });
});

describe("make's variables", () => {
  /** The limits in image_size.h by their names. */
  const limits = (folder: string): Readonly<Record<string, number>> => {
    const text = readFileSync(join(folder, "image_size.h"), "utf8");
    const rows = [...text.matchAll(/^#define (\w+) (\d+)$/gm)];
    return Object.fromEntries(rows.map(([, name, value]) => [name ?? "", Number(value)]));
  };

  it("are taken from the environment, and the command line wins", async () => {
    const { kexec } = kernelTree();
    const env = { ARCH: "arm64", MAX_INITRD: "1M", O: "from-environment" };
    await cliOk(["make", "image_size.h"], { cwd: kexec, env });
    expect(limits(join(kexec, "from-environment"))["INITRD_SIZE"]).toBe(1 << 20);
    await cliOk(["make", "image_size.h", "MAX_INITRD=2M", "O=from-words"], { cwd: kexec, env });
    expect(limits(join(kexec, "from-words"))["INITRD_SIZE"]).toBe(2 << 20);
  });

  it("that are empty are not given", async () => {
    const { root, kexec } = kernelTree();
    const words = ["O=", "CLANG=", "VMLINUX_BTF=", "INITRAMFS=", "CMDLINE=", "ABI=", "MAX_INITRD="];
    await cliOk(["make", "-C", "tools/kexec", "image_size.h", "ARCH=arm64", ...words], { cwd: root });
    expect(published(kexec)).toEqual(["image_size.h"]);
  });

  it("that come from the environment are part of what a run remembers, every one of them", () => {
    expect(
      Object.keys(MAKE_VARIABLES).filter((name) => !(VARIABLES as readonly string[]).includes(name)),
    ).toEqual([]);
  });

  it("that come from the environment are seen when they change", async () => {
    const { kexec } = kernelTree();
    const image = (bytes: number) => {
      const file = join(newFolder(), "Image");
      const content = Buffer.alloc(bytes);
      readFileSync(join(kexec, "../../arch/arm64/boot/Image")).copy(content, 0, 0, 4096);
      return write(file, content);
    };
    const make = (file: string) =>
      runProgram(["make", "image_size.h"], { cwd: kexec, env: { ARCH: "arm64", KERNEL_IMAGE: file } });
    const [small, large] = [image(1 << 20), image(2 << 20)];
    for (const [file, size] of [
      [small, 1 << 20],
      [large, 2 << 20],
      [small, 1 << 20],
    ] as const) {
      expect(await make(file)).toMatchObject({ status: 0 });
      expect(limits(kexec)["IMAGE_SIZE"]).toBe(size);
    }
  });

  it("the kernel Image, INITRAMFS and CMDLINE decide the sizes", async () => {
    const { kexec, root } = kernelTree();
    const initramfs = write(join(newFolder(), "initrd.img"), Buffer.alloc(123_456));
    const words = ["image_size.h", "ARCH=arm64", `INITRAMFS=${initramfs}`, `CMDLINE=${"x".repeat(40_000)}`];
    await cliOk(["make", ...words], { cwd: kexec });
    const { size } = statSync(join(root, "arch/arm64/boot/Image"));
    expect(limits(kexec)).toMatchObject({
      IMAGE_SIZE: size,
      KERNEL_SIZE: size + 64 * 1024,
      INITRD_SIZE: 123_456,
      CMDLINE_SIZE: 40_001,
      INITRD_RING_SIZE: 1 << 17,
      KERNEL_RING_SIZE: 1 << 25,
      MIN_RING_SIZE: 1 << 16,
    });
  });

  it.skipIf(noClang("clang-19") !== undefined)(
    `LLVM=-19 takes clang-19, and CLANG wins over it${because("clang-19")}`,
    async () => {
      const { kexec } = kernelTree();
      const words = ["make", "zboot_parser_bpf.o", "ARCH=arm64", "V=1"];
      const { stdout } = await cliOk([...words, "LLVM=-19"], { cwd: kexec });
      expect(stdout).toMatch(/\/clang-19 -g/);
      const named = await cliOk([...words, "LLVM=-19", `CLANG=${CLANG}`, "O=named"], { cwd: kexec });
      expect(named.stdout).toContain(`/${CLANG} -g`);
    },
  );

  it("KBUILD_OUTPUT is where vmlinux and the Image are looked for before the tree", async () => {
    const { kexec, root, vmlinux } = kernelTree();
    const built = newFolder("built");
    copyFileSync(vmlinux, join(built, "vmlinux"));
    const image = join(root, "arch/arm64/boot/Image");
    write(join(built, "arch/arm64/boot/Image"), readFileSync(image).subarray(0, 3 << 20));
    const { stderr } = await cliOk(
      ["make", "image_size.h", "vmlinux.h", `KBUILD_OUTPUT=${built}`, "ARCH=arm64"],
      {
        cwd: kexec,
      },
    );
    expect(stderr).toContain(`BTF of ${join(built, "vmlinux")} `);
    expect(limits(kexec)["IMAGE_SIZE"]).toBe(3 << 20);
  });

  it("O's own vmlinux comes before all others", async () => {
    const { kexec, vmlinux } = kernelTree();
    const out = newFolder();
    symlinkSync(vmlinux, join(out, "vmlinux"));
    const { stderr } = await cliOk(["make", "image_size.h", `O=${out}`, "ARCH=arm64"], { cwd: kexec });
    expect(stderr).toContain(`BTF of ${join(out, "vmlinux")} `);
  });

  it("VMLINUX_H is copied and compiled with", async () => {
    const { kexec } = kernelTree();
    await cliOk(["make", "vmlinux.h", "ARCH=arm64", "O=from-btf"], { cwd: kexec });
    const text = `${readFileSync(join(kexec, "from-btf/vmlinux.h"), "utf8")}\n#define MY_HEADER 1\n`;
    const header = write(join(newFolder(), "my.h"), text);
    await cliOk(["make", "zboot.bpf", "vmlinux.h", "ARCH=arm64", `VMLINUX_H=${header}`], { cwd: kexec });
    expect(readFileSync(join(kexec, "vmlinux.h"), "utf8") === text).toBe(true);
    expect(readFileSync(join(kexec, ".kexec-bpf/vmlinux.h"), "utf8") === text).toBe(true);

    const broken = write(join(newFolder(), "my.h"), "#error not this one\n");
    const { status, stderr } = await cli(["make", "zboot.bpf", "ARCH=arm64", `VMLINUX_H=${broken}`], {
      cwd: kexec,
    });
    expect(status).toBe(1);
    expect(stderr).toContain("#error not this one");
  });

  it("srctree is taken where it is given, and implied by tools/kexec", async () => {
    const { root, kexec } = kernelTree();
    const elsewhere = newFolder();
    const goals = ["make", "image_size.h", "bpf_helper_defs.h", "ARCH=arm64"];
    await cliOk([...goals, `srctree=${root}`], { cwd: elsewhere });
    await cliOk(goals, { cwd: kexec });
    for (const folder of [elsewhere, kexec]) {
      expect(readFileSync(join(folder, "bpf_helper_defs.h"), "utf8")).toContain("the tree's own bpf_doc.py");
    }
    const lost = await cli(goals, { cwd: newFolder() });
    expect(lost.status).toBe(1);
    expect(lost.stderr).toContain("the kernel image not found");
  });

  it("srctree without bpf_doc.py, whose headers need it, is an error that names what is missing", async () => {
    const { root, kexec } = kernelTree({ libbpf: true });
    const script = join(root, "scripts/bpf_doc.py");
    rmSync(script);
    const { status, stderr } = await cli(["make", "zboot", "ARCH=arm64"], { cwd: kexec });
    expect(status).toBe(1);
    expect(stderr).toContain("kexec-bpf: what makes bpf_helper_defs.h not found: give it by LIBBPF_HEADERS=");
    expect(stderr).toContain(`\n  tried: ${script}\n`);
    await cliOk(["make", "bpf_helper_defs.h", "ARCH=arm64", "LIBBPF_HEADERS=/usr/include"], { cwd: kexec });
    await cliOk(["make", "image_size.h", "ARCH=arm64"], { cwd: kexec });
  });

  it("TARGETS adds a folder, and a target that is new in it is seen", async () => {
    const targets = newFolder("targets");
    const parts = { kernel: "COPY", initrd: "COPY", cmdline: "COPY" };
    const add = (name: string) => {
      const description = {
        description: name,
        body: { v6: name, v7: name },
        parts: { v6: parts, v7: parts },
      };
      write(join(targets, `${name}.hbs`), readFileSync("templates/uki.hbs", "utf8"));
      write(join(targets, `${name}.json`), JSON.stringify(description));
    };
    const { kexec } = kernelTree();
    const make = () => runProgram(["make", "all", `TARGETS=${targets}`, "ARCH=arm64"], { cwd: kexec });
    add("first");
    expect(await make()).toMatchObject({ status: 0 });
    expect(existsSync(join(kexec, "first.bpf"))).toBe(true);
    expect((await make()).stdout).toContain("nothing to be done");
    add("second");
    expect(await make()).toMatchObject({ status: 0 });
    expect(existsSync(join(kexec, "second.bpf"))).toBe(true);
  });
});
