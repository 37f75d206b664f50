import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CLANGS, compile } from "../../formats/btf/clang.ts";
import { cli, cliOk } from "../../support/cli.ts";
import { newFolder } from "../../support/kernel-tree.ts";
import { amd64Kernel, libbpfToolsObjects } from "../../support/real-inputs.ts";

const SOURCE = `
#define SEC(n) __attribute__((section(n), used))
typedef unsigned int u32; typedef unsigned long long u64;
static void *(*bpf_map_lookup_elem)(void *, const void *) = (void *)1;
extern int LINUX_KERNEL_VERSION __attribute__((section(".kconfig")));
extern void bpf_absent(u32 x) __attribute__((section(".ksyms")));
struct { int (*type)[5]; int (*max_entries)[4]; u32 *key; u64 *value; } table SEC(".maps");
char LICENSE[] SEC("license") = "GPL";
static __attribute__((noinline)) int own(u64 *x) { return x[1] * 3; }
SEC("tp_btf/no_such_tracepoint") int traced(u64 *args)
{
	u32 key = LINUX_KERNEL_VERSION;
	bpf_absent(key);
	return bpf_map_lookup_elem(&table, &key) ? own(args) : 0;
}
`;

const [clang = ""] = CLANGS;
const cwd = newFolder();
const put = (name: string, bytes: Uint8Array | string): string => {
  writeFileSync(join(cwd, name), bytes);
  return name;
};

describe.skipIf(clang === "")(
  "disasm of an object for a kernel of its own (skipped where no clang is in PATH)",
  () => {
    it("prints it as it stands with --no-load, all names those of its relocations", async () => {
      const file = put("own.o", compile(clang, { "main.c": SOURCE }));
      const { stdout, stderr } = await cliOk(["disasm", "--no-load", file], { cwd });
      expect(stderr).toBe("");
      expect(stdout).toMatch(/^\.text: not loaded, \d+ instructions\nown:\n/);
      expect(stdout).toMatch(/^tp_btf\/no_such_tracepoint: not loaded, \d+ instructions\ntraced:\n/m);
      expect(stdout).toMatch(/^\d+: \(18\) r\d = LINUX_KERNEL_VERSION$/m);
      expect(stdout).toMatch(/^\d+: \(18\) r1 = table$/m);
      expect(stdout).toMatch(/^\d+: \(85\) call bpf_absent$/m);
      expect(stdout).toMatch(/^\d+: \(85\) call own$/m);
      expect(stdout).toMatch(/^; .*bpf_absent\(key\).* @ main\.c:13$/m);
    });

    it("says why it was not loaded where that was not asked for, and tells machines, too", async () => {
      const file = put("own.o", compile(clang, { "main.c": SOURCE }));
      const { stdout, stderr } = await cliOk(["disasm", "--json", file], { cwd });
      expect(stderr).toMatch(
        /^kexec-bpf: printed as it stands, not loaded: .*own\.o: the program cannot be loaded: it names what no revision's profile has;/,
      );
      expect(stderr).not.toContain("the kernel refuses it");
      expect(JSON.parse(stdout)).toMatchObject({
        form: "BPF object",
        loaded: false,
        programs: [
          { section: ".text", name: "own", type: null },
          { section: "tp_btf/no_such_tracepoint", name: "traced", type: null },
        ],
      });
    });

    it("says what the kernel lacks only where one was named", async () => {
      const file = put("own.o", compile(clang, { "main.c": SOURCE }));
      const { stderr } = await cliOk(["disasm", "--btf", amd64Kernel().vmlinux, file], { cwd });
      expect(stderr).toContain(
        "the program cannot be loaded: the kernel refuses it: ENOENT\n  the kernel's BTF has no ",
      );
    });

    it("needs no debug information", async () => {
      const file = put("bare.o", compile(clang, { "main.c": "int x(void) { return 7; }" }, "-g0"));
      expect((await cliOk(["disasm", file], { cwd })).stdout).toMatch(
        /^\.text: not loaded, 2 instructions\nx:\n0: \(b[47]\) [rw]0 = 7\n1: \(95\) exit\n$/,
      );
    });

    it("refuses big-endian code by that name, which reads as other numbers", async () => {
      const bytes = compile(clang, { "main.c": SOURCE }, "-target", "bpfeb");
      for (const words of [[], ["--no-load"]]) {
        const { status, stderr } = await cli(["disasm", put("big.o", bytes), ...words], { cwd });
        expect(status).toBe(1);
        expect(stderr).toContain("big.o: a big-endian BPF object is not supported");
      }
    });
  },
);

describe("disasm of a light skeleton", () => {
  const OLD = `#include <bpf/skel_internal.h>
	struct bpf_load_and_run_opts opts = {};
	opts.data = (void *)"\\x01";
	opts.insns = (void *)"\\x95\\0\\0\\0\\0\\0\\0\\0";
`;
  it("as bpftool 7.1 writes it says that it has no arrays", async () => {
    const { status, stderr } = await cli(["disasm", put("old.lskel.h", OLD)], { cwd });
    expect(status).toBe(1);
    expect(stderr).toContain("opts_data[]: not in the light skeleton, which assigns opts.data");
  });

  it("has nothing to show with --no-load", async () => {
    const text = `static const char opts_data[] = "x"; static const char opts_insn[] = "\\x95\\0\\0\\0\\0\\0\\0\\0";`;
    const { status, stderr } = await cli(["disasm", "--no-load", put("a.lskel.h", text)], { cwd });
    expect([status, stderr]).toEqual([1, expect.stringContaining("light skeleton with --no-load")]);
    expect((await cli(["disasm", "--no-load", "--loader", "a.lskel.h"], { cwd })).status).toBe(2);
  });
});

describe("disasm of libbpf-tools' objects", () => {
  it("prints every one, all their code", async () => {
    const objects = libbpfToolsObjects();
    expect(objects.size).toBe(52);
    for (const [name, bytes] of objects) {
      const { stdout } = await cliOk(["disasm", "--no-load", "--raw", put(`${name}.o`, bytes)], { cwd });
      // Each instruction's bytes stand in the object as they are shown.
      const first = /^0: .*\n {7}((?:[0-9a-f]{2} ?){8,16})$/m.exec(stdout)?.[1] ?? "";
      expect(Buffer.from(bytes).includes(Buffer.from(first.replaceAll(" ", ""), "hex"))).toBe(true);
    }
  });

  it("prints without being told those that no profile has the types of", async () => {
    const bytes = libbpfToolsObjects().get("bashreadline") ?? new Uint8Array(0);
    const { stdout, stderr } = await cliOk(["disasm", put("bashreadline.o", bytes)], { cwd });
    expect(stderr).toContain("printed as it stands, not loaded");
    expect(stdout).toContain("uretprobe/readline: not loaded, 34 instructions\nprintret:\n");
    expect(stdout).toContain("28: (18) r2 = events\n");
  });
});
