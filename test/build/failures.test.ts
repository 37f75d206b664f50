import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cli, cliOk } from "../support/cli.ts";
import { kernelTree, newFolder, script, write } from "../support/kernel-tree.ts";
import { CLANGS, installed } from "./judges.ts";

const CLANG = CLANGS.find(installed) ?? "clang";

const digest = (file: string): string => createHash("sha256").update(readFileSync(file)).digest("hex");

/** Every file below a folder, with its content's digest. */
function contents(folder: string): ReadonlyMap<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return new Map(
    files
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((file) => !file.endsWith("state.json"))
      .map((file) => [file, digest(file)]),
  );
}

/** What a run that was stopped on the way may have left lying about. */
const temporaries = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (name) => /\.kexec-bpf$/.test(name) && name !== ".kexec-bpf",
  );

/** A bpftool that writes skeletons in its own way and leaves everything else to `version`. */
const fakeBpftool = (skeleton: string, libbpf = "1.5"): string =>
  script(
    join(newFolder("tools"), "bpftool"),
    `case "$*" in
  *version*) echo '{"version":"7.5.0","libbpf_version":"${libbpf}","features":{}}' ;;
  "gen skeleton"*) printf '%s\\n' '${skeleton}' ;;
  *) echo "struct everything {};" ;;
esac`,
  );

const MAPS = ["ringbuf_1", "ringbuf_2", "ringbuf_3", "ringbuf_4", "rodata", "data", "rodata_str1_1", "bss"];
const skeletonWith = (maps: readonly string[], arrays: readonly string[]): string =>
  [
    `struct p { struct { ${maps.map((map) => `struct bpf_map_desc ${map};`).join(" ")} } maps;`,
    "struct { struct bpf_prog_desc parse_pe; } progs; };",
    ...arrays.map((name) => `static const char ${name}[] = "12345678";`),
  ].join("\n");

describe("a parser body that clang refuses", () => {
  it("fails in clang's own words, leaves nothing half-written and the earlier outputs as they were", async () => {
    const targets = newFolder("targets");
    const parts = { kernel: "COPY" };
    write(
      join(targets, "own.json"),
      JSON.stringify({ description: "own", body: { v6: "own", v7: "own" }, parts: { v6: parts, v7: parts } }),
    );
    const locate = (statement: string): string =>
      `struct scratch { struct parts parts; };
static __always_inline bool locate(const struct image *image, struct scratch *scratch)
{
	${statement}
	return image->size > 0;
}
`;
    write(join(targets, "own.hbs"), locate("scratch->parts.kernel.size = image->size;"));
    const { kexec } = kernelTree();
    const words = ["make", "own.bpf", "zboot.bpf", `TARGETS=${targets}`, "ARCH=arm64", `CLANG=${CLANG}`];
    await cliOk(words, { cwd: kexec });
    const good = contents(kexec);

    write(join(targets, "own.hbs"), locate("scratch->parts.kernel.size = image->length"));
    const { status, stderr } = await cli(words, { cwd: kexec });
    expect(status).toBe(1);
    expect(stderr).toContain("kexec-bpf: clang failed (exit status 1): ");
    expect(stderr).toMatch(/own_parser_bpf\.c:\d+:\d+: error: no member named 'length' in 'struct image'/);
    expect(stderr).toMatch(/error: expected ';' after expression/);
    expect(temporaries(kexec)).toEqual([]);
    for (const [file, content] of good) {
      if (!file.endsWith("own_parser_bpf.c")) expect(digest(file), file).toBe(content);
    }

    write(join(targets, "own.hbs"), locate("scratch->parts.kernel.size = image->size;"));
    await cliOk(words, { cwd: kexec });
    expect(contents(kexec)).toEqual(good);
  });
});

describe("a bpftool", () => {
  const goals = ["make", "zboot", "ARCH=arm64"];

  it.each([
    { lacks: "opts_data", arrays: ["opts_insn"] },
    { lacks: "opts_insn", arrays: ["opts_data"] },
  ])("whose skeleton lacks $lacks though it exits with 0 makes no bytecode", async ({ lacks, arrays }) => {
    const { kexec } = kernelTree();
    const bpftool = fakeBpftool(skeletonWith(MAPS, arrays));
    const { status, stderr } = await cli([...goals, `BPFTOOL=${bpftool}`], { cwd: kexec });
    expect(status).toBe(1);
    expect(stderr).toContain(`kexec-bpf: zboot_parser_bpf.lskel.h: ${lacks}[]: not in the light skeleton`);
    expect(readdirSync(kexec).filter((name) => /bytecode|\.bpf$/.test(name))).toEqual([]);
  });

  it("whose skeleton has the maps in another order is refused with both orders", async () => {
    const { kexec } = kernelTree();
    const other = [...MAPS.slice(0, 6), "bss", "rodata_str1_1"];
    const bpftool = fakeBpftool(skeletonWith(other, ["opts_data", "opts_insn"]));
    const { status, stderr } = await cli([...goals, `BPFTOOL=${bpftool}`], { cwd: kexec });
    expect(status).toBe(1);
    expect(stderr).toContain(`  expected: ${MAPS.join(" ")}\n  found:    ${other.join(" ")}\n`);
    expect(readdirSync(kexec).filter((name) => /bytecode|\.bpf$/.test(name))).toEqual([]);
  });

  it("that fails is quoted, and the light skeleton of before stays", async () => {
    const { kexec } = kernelTree();
    await cliOk(goals, { cwd: kexec });
    const before = readFileSync(join(kexec, "zboot_parser_bpf.lskel.h"));
    const bpftool = script(
      join(newFolder("tools"), "bpftool"),
      `case "$*" in
  *version*) echo '{"version":"7.5.0","libbpf_version":"1.5"}' ;;
  *) echo half; echo "Error: failed to open BPF object file: Bad message" >&2; exit 255 ;;
esac`,
    );
    const { status, stderr } = await cli([...goals, `BPFTOOL=${bpftool}`], { cwd: kexec });
    expect(status).toBe(1);
    expect(stderr).toContain("bpftool failed (exit status 255): ");
    expect(stderr).toContain("  Error: failed to open BPF object file: Bad message\n");
    expect(readFileSync(join(kexec, "zboot_parser_bpf.lskel.h")).equals(before)).toBe(true);
    expect(temporaries(kexec)).toEqual([]);
  });

  it("that is too old is named with what mends it, by exit status 3", async () => {
    const { kexec } = kernelTree();
    const bpftool = fakeBpftool("", "1.1");
    const { status, stderr } = await cli([...goals, `BPFTOOL=${bpftool}`], { cwd: kexec });
    expect(status).toBe(3);
    expect(stderr).toContain(
      `kexec-bpf: bpftool 7.5.0 (libbpf 1.1) (${bpftool}) is too old: bpftool with libbpf 1.2 or newer is needed\n`,
    );
    expect(stderr).toMatch(/^ {2}to mend it: \S/m);
  });

  it("that is not there is named with where it was looked for, by exit status 3", async () => {
    const { kexec } = kernelTree();
    const { status, stderr } = await cli([...goals, "BPFTOOL=/nonesuch/bpftool"], { cwd: kexec });
    expect(status).toBe(3);
    expect(stderr).toContain("kexec-bpf: bpftool not found\n  tried: /nonesuch/bpftool\n");
  });
});

describe("a kernel image that is not there", () => {
  it("is reported with every candidate, in the order of the search", async () => {
    const { kexec, root } = kernelTree();
    const built = newFolder("built");
    const words = ["make", "zboot", "ARCH=riscv", `KBUILD_OUTPUT=${built}`];
    const { status, stderr } = await cli(words, { cwd: kexec });
    expect(status).toBe(1);
    const tried = [...stderr.matchAll(/^ {2}tried: (.*)$/gm)].map(([, path]) => path);
    const names = ["vmlinux.bin", "Image", "vmlinux.efi", "vmlinuz.efi", "Image.gz"];
    expect(tried).toEqual(
      [kexec, built, root].flatMap((folder) => names.map((name) => join(folder, "arch/riscv/boot", name))),
    );
    expect(stderr).toContain("--image FILE");
    expect(stderr).toContain("KERNEL_IMAGE=FILE");
  });
});

describe("a vmlinux", () => {
  it("that is not where VMLINUX_BTF says is reported by that path alone", async () => {
    const { kexec } = kernelTree();
    const { status, stderr } = await cli(["make", "zboot", "ARCH=arm64", "VMLINUX_BTF=../nonesuch"], {
      cwd: kexec,
    });
    expect(status).toBe(1);
    expect(stderr.match(/tried: .*/g)).toEqual([`tried: ${join(kexec, "../nonesuch")}`]);
  });

  it("without BTF is reported with what its kernel was not built with", async () => {
    const { kexec } = kernelTree();
    const { status, stderr } = await cli(["make", "zboot", "ARCH=arm64", "VMLINUX_BTF=/bin/true"], {
      cwd: kexec,
    });
    expect(status).toBe(1);
    expect(stderr).toContain("/bin/true: ");
    expect(stderr).toContain("CONFIG_DEBUG_INFO_BTF");
  });
});

describe("an output folder that cannot be one", () => {
  it.each([
    { what: "a file", out: "file" },
    { what: "below a file", out: "file/out" },
  ])("because it is $what is named, by exit status 1", async ({ out }) => {
    const { kexec } = kernelTree();
    writeFileSync(join(kexec, "file"), "");
    const { status, stderr } = await cli(["make", "zboot", "ARCH=arm64", `O=${out}`], { cwd: kexec });
    expect(status).toBe(1);
    expect(stderr).toMatch(
      new RegExp(
        `^kexec-bpf: ${join(kexec, out)}/\\.kexec-bpf: cannot create folder: .+ \\((ENOTDIR|EEXIST)\\)$`,
        "m",
      ),
    );
  });

  it("because an output's name is a folder's names that output, and leaves no temporary", async () => {
    const { kexec } = kernelTree();
    write(join(kexec, "image_size.h/file"), "");
    const { status, stderr } = await cli(["make", "zboot", "ARCH=arm64"], { cwd: kexec });
    expect(status).toBe(1);
    expect(stderr).toContain(
      `kexec-bpf: ${join(kexec, "image_size.h")}: cannot write: it is a folder (EISDIR)\n`,
    );
    expect(temporaries(kexec)).toEqual([]);
    expect(existsSync(join(kexec, "image_size.h/file"))).toBe(true);
  });
});

describe("a target description of the user's own", () => {
  const good = {
    description: "own",
    body: { v6: "own", v7: "own" },
    parts: { v6: { kernel: "COPY" }, v7: { kernel: "COPY" } },
  };

  it.each([
    { nested: { arm64: "nonesuch" }, names: "nonesuch" },
    { nested: { arm64: "own" }, names: "own" },
  ])("that nests $names fails with its file, not with a stack trace", async ({ nested, names }) => {
    const targets = newFolder("targets");
    const file = write(join(targets, "own.json"), JSON.stringify({ ...good, nested }));
    write(join(targets, "own.hbs"), "");
    const { kexec } = kernelTree();
    const { status, stderr } = await cli(["make", "own", `TARGETS=${targets}`, "ARCH=arm64"], { cwd: kexec });
    expect(status).toBe(1);
    expect(stderr).toContain(`${file}: target own: `);
    expect(stderr).toContain(names);
  });

  it("whose template is missing fails with the template's path", async () => {
    const targets = newFolder("targets");
    write(join(targets, "own.json"), JSON.stringify(good));
    const { kexec } = kernelTree();
    const { status, stderr } = await cli(["make", "own", `TARGETS=${targets}`, "ARCH=arm64"], { cwd: kexec });
    expect(status).toBe(1);
    expect(stderr).toContain(join(targets, "own.hbs"));
  });

  it("whose template uses an unknown member fails with its name", async () => {
    const targets = newFolder("targets");
    write(join(targets, "own.json"), JSON.stringify(good));
    write(join(targets, "own.hbs"), "{{nonesuch}}");
    const { kexec } = kernelTree();
    const { status, stderr } = await cli(["make", "own", `TARGETS=${targets}`, "ARCH=arm64"], { cwd: kexec });
    expect(status).toBe(1);
    expect(stderr).toContain('"nonesuch" not defined');
  });
});

describe("a size", () => {
  it("that the verifier cannot follow is refused with the limit", async () => {
    const { kexec } = kernelTree();
    const asked = await cli(["make", "zboot", "ARCH=arm64", "MAX_INITRD=512M"], { cwd: kexec });
    expect(asked.status).toBe(2);
    expect(asked.stderr).toContain("MAX_INITRD=512M: from 1 to 536870911 is possible");
    const initramfs = write(join(kexec, "initramfs"), "");
    truncateSync(initramfs, 536_870_912);
    const words = ["make", "zboot", "ARCH=arm64", `INITRAMFS=${initramfs}`];
    const { status, stderr } = await cli(words, { cwd: kexec });
    expect(status).toBe(1);
    expect(stderr).toContain("initrd: 536870912 bytes, at most 536870911 are possible");
  });
});
