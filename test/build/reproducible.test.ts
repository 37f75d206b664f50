import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cliOk } from "../support/cli.ts";
import { kernelTree, newFolder } from "../support/kernel-tree.ts";
import { amd64Kernel } from "../support/real-inputs.ts";
import { because, CLANGS, compiledArrays, noClang } from "./judges.ts";

/** Published files of an output folder by name; manifests, which tell where the inputs lie, have their own test. */
function published(folder: string): Map<string, Buffer> {
  const names = readdirSync(folder).filter(
    (name) => !name.endsWith(".manifest.json") && statSync(join(folder, name)).isFile(),
  );
  return new Map(names.map((name) => [name, readFileSync(join(folder, name))]));
}

describe("a build", () => {
  it("makes the same bytes in a folder of another name and depth, by one job or many, and none knows where", async () => {
    const make = async (name: string, out: string, jobs: string) => {
      const tree = kernelTree({ name });
      await cliOk(["make", "all", jobs, "ARCH=arm64", `O=${out}`], { cwd: tree.kexec });
      return { root: tree.root, files: published(join(tree.kexec, out)) };
    };
    const here = await make("linux", ".", "-j1");
    const there = await make("a/much deeper/place for/linux-next", "out/of/the way", "-j8");
    expect([...here.files.keys()]).toEqual([...there.files.keys()]);
    expect(here.files.size).toBe(3 + 3 * 6);
    for (const [name, bytes] of here.files) {
      expect(there.files.get(name)?.equals(bytes), name).toBe(true);
      for (const place of [here.root, there.root, process.cwd(), "/usr/"]) {
        expect(bytes.includes(place), `${name}: ${place}`).toBe(false);
      }
    }
  });
});

describe.each(CLANGS)("the headers in the output folder, with %s", (clang) => {
  it.skipIf(noClang(clang) !== undefined).each([
    { parser: "zboot", abi: "v7" },
    { parser: "uki", abi: "v6" },
  ])(
    `give the bytecode that the small ones give: $parser, ABI $abi${because(clang)}`,
    async ({ parser, abi }) => {
      const { kexec, root } = kernelTree({ libbpf: true });
      const words = [`CLANG=${clang}`, `ABI=${abi}`, "ARCH=arm64", "O=.", "V=1"];
      const { stdout } = await cliOk(["make", parser, ...words], { cwd: kexec });
      const bpftool =
        / (\S+bpftool) gen skeleton /.exec(` ${stdout.replaceAll("\n", " ")}`)?.[1] ?? "bpftool";

      // By hand, as anyone would who has only the published files and libbpf's headers.
      const hand = join(kexec, "by-hand");
      mkdirSync(hand);
      const object = `${parser}_parser_bpf.o`;
      const flags = ["-g", "-O2", "-std=gnu11", "--target=bpfel", "-mcpu=v3", "-fdebug-compilation-dir=."];
      const include = ["-I", ".", "-I", join(root, "tools/lib")];
      const source = `${parser}_parser_bpf.c`;
      execFileSync(clang, [...flags, ...include, "-c", source, "-o", join(hand, object)], { cwd: kexec });
      const skeleton = execFileSync(bpftool, ["gen", "skeleton", "-L", object], { cwd: hand });
      expect(skeleton.equals(readFileSync(join(kexec, `${parser}_parser_bpf.lskel.h`)))).toBe(true);
      expect(compiledArrays(join(kexec, `${parser}_parser_bpf.lskel.h`)).opts_insn.length).toBeGreaterThan(0);
    },
  );
});

describe("the kernel's types", () => {
  it("are the same from the distribution's bzImage and from its unpacked vmlinux", async () => {
    const { vmlinux, bzImage } = amd64Kernel();
    const header = async (from: string) => {
      const out = newFolder();
      const words = ["make", "vmlinux.h", `VMLINUX_BTF=${from}`, "MAX_KERNEL=64M", "ARCH=x86", `O=${out}`];
      const { stderr } = await cliOk(words, { cwd: newFolder() });
      return { text: readFileSync(join(out, "vmlinux.h"), "utf8"), stderr };
    };
    const packed = await header(bzImage);
    const unpacked = await header(vmlinux);
    expect(packed.stderr).toContain("bzImage");
    expect(packed.text).toContain("struct task_struct {");
    expect(packed.text === unpacked.text).toBe(true);
  });
});

describe("helper definitions", () => {
  it("made by the tree's script serve where the tree's libbpf has none, and are published", async () => {
    const { kexec } = kernelTree({ libbpf: true });
    await cliOk(["make", "zboot.bpf", "bpf_helper_defs.h", "ARCH=arm64"], { cwd: kexec });
    const made = readFileSync(join(kexec, "bpf_helper_defs.h"), "utf8");
    expect(made).toBe(
      [
        "/* made by the tree's own bpf_doc.py */",
        "static long (* const bpf_trace_printk)(const char *fmt, __u32 fmt_size, ...) = (void *) 6;",
        "static long (* const bpf_probe_read_kernel)(void *dst, __u32 size, const void *unsafe_ptr) = (void *) 113;",
        "static void *(* const bpf_ringbuf_reserve)(void *ringbuf, __u64 size, __u64 flags) = (void *) 131;",
        "static void (* const bpf_ringbuf_discard)(void *data, __u64 flags) = (void *) 133;",
        "static long (* const bpf_loop)(__u32 nr_loops, void *callback_fn, void *callback_ctx, __u64 flags) = (void *) 181;",
        "",
      ].join("\n"),
    );
  });

  it("give the bytecode that libbpf's own copy gives", async () => {
    const bytecode = async (libbpf: boolean) => {
      const { kexec } = kernelTree({ libbpf });
      await cliOk(["make", "zboot_bytecode.o", "ARCH=arm64"], { cwd: kexec });
      return readFileSync(join(kexec, "zboot_bytecode.o"));
    };
    expect((await bytecode(true)).equals(await bytecode(false))).toBe(true);
  });
});
