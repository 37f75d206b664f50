import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { cli } from "../support/cli.ts";
import { type KernelTree, kernelTree, newFolder, script, write } from "../support/kernel-tree.ts";
import { because, CLANGS, installed, noClang } from "./judges.ts";

/** The kernel's own copy of the light skeleton, by the series' mails: maps in this order, one program. */
const KERNEL_MAPS = "ringbuf_1 ringbuf_2 ringbuf_3 ringbuf_4 rodata data rodata_str1_1 bss";

let tree: KernelTree;
beforeAll(() => {
  tree = kernelTree();
});

describe.each(CLANGS)("parsers compiled with %s", (clang) => {
  it.skipIf(noClang(clang) !== undefined).each([
    { abi: "v6", parser: "zboot" },
    { abi: "v6", parser: "uki" },
    { abi: "v7", parser: "zboot" },
    { abi: "v7", parser: "uki" },
  ])(
    `keep -Wall -Wextra silent and have the kernel's skeleton shape: $parser, ABI $abi${because(clang)}`,
    async ({ abi, parser }) => {
      const out = newFolder();
      const strict = script(join(newFolder("tools"), "clang"), `exec ${clang} "$@" -Werror`);
      const words = [`${parser}.bpf`, "ARCH=arm64", `ABI=${abi}`, `O=${out}`, `CLANG=${strict}`];
      expect(await cli(["make", ...words], { cwd: tree.kexec })).toMatchObject({ status: 0 });

      const skeleton = readFileSync(join(out, `${parser}_parser_bpf.lskel.h`), "utf8");
      const maps = [...skeleton.matchAll(/struct bpf_map_desc (\w+);/g)].map(([, name]) => name);
      expect(maps.join(" ")).toBe(KERNEL_MAPS);
      expect(skeleton.match(/struct bpf_prog_desc (\w+);/g)).toEqual(["struct bpf_prog_desc parse_pe;"]);
    },
  );
});

it("shows what a tool that succeeds complains of", async () => {
  const clang = CLANGS.find(installed) ?? "clang";
  const noisy = script(
    join(newFolder("tools"), "clang"),
    `case "$*" in *" -c "*) echo "warning: so so" >&2;; esac\nexec ${clang} "$@"`,
  );
  const words = ["zboot_parser_bpf.o", "ARCH=arm64", `O=${newFolder()}`, `CLANG=${noisy}`];
  const { status, stderr } = await cli(["make", ...words], { cwd: tree.kexec });
  expect(status).toBe(0);
  expect(stderr.split("\n")).toContain("warning: so so");
});

/** A target whose body has a line of its own, the sixth. */
function targetWith(line: string): string {
  const targets = newFolder("targets");
  const parts = { v6: { kernel: "COPY" }, v7: { kernel: "COPY" } };
  write(
    join(targets, "odd.json"),
    JSON.stringify({ description: "d", body: { v6: "odd", v7: "odd" }, parts }),
  );
  const body = `struct scratch {
	struct parts parts;
};
static __always_inline bool locate(const struct image *image, struct scratch *scratch)
{
	${line}
	scratch->parts.kernel.size = image->size;
	return true;
}
`;
  write(join(targets, "odd.hbs"), body);
  return targets;
}

describe.each(CLANGS)("a warning of %s in a target's body", (clang) => {
  it.skipIf(noClang(clang) !== undefined).each([
    {
      what: "a declaration that declares nothing",
      line: "int;",
      says: "declaration does not declare anything",
    },
    { what: "a variable that is not used", line: "int unused = 1;", says: "unused variable" },
    {
      what: "a comparison of a sign with none",
      line: "int one = 1; if (one > image->size) return false;",
      says: "comparison of integers of different signs",
    },
  ])(
    `is an error that names the body's line, and leaves no object: $what${because(clang)}`,
    async ({ line, says }) => {
      const [targets, out] = [targetWith(line), newFolder()];
      const words = ["odd_parser_bpf.o", "ARCH=arm64", `O=${out}`, `TARGETS=${targets}`, `CLANG=${clang}`];
      const { status, stderr } = await cli(["make", ...words], { cwd: tree.kexec });
      expect(status).toBe(1);
      expect(stderr).toContain(says);
      expect(stderr.split("\n").map((text) => text.trim())).toContain(`from ${join(targets, "odd.hbs")}:6`);
      expect(existsSync(join(out, "odd_parser_bpf.o"))).toBe(false);
    },
  );

  it.skipIf(noClang(clang) !== undefined)(
    `is not one of what is on offer and not used${because(clang)}`,
    async () => {
      const targets = targetWith("(void)scratch;");
      const body = readFileSync(join(targets, "odd.hbs"), "utf8");
      write(join(targets, "odd.hbs"), `{{> part-inside}}\n{{> zboot-payload}}\n${body}`);
      const words = ["odd_parser_bpf.o", "ARCH=arm64", `O=${newFolder()}`, `TARGETS=${targets}`];
      const { status, stderr } = await cli(["make", ...words, `CLANG=${clang}`], { cwd: tree.kexec });
      expect({ status, warnings: /error:/.test(stderr) }).toEqual({ status: 0, warnings: false });
    },
  );
});
