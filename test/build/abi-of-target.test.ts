import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type CallOptions, cli, cliOk } from "../support/cli.ts";
import { newFolder, write } from "../support/kernel-tree.ts";
import { CLANGS, installed, sectionBytes } from "./judges.ts";
import { INTERFACES, kernelBtf } from "./kernel-with-interface.ts";

const CLANG = CLANGS.find(installed) ?? "clang";

const build = (btf: string, out: string, ...more: string[]): [string[], CallOptions] => [
  ["build", "zboot", "uki", "--vmlinux", btf, "--max-kernel", "64M", "--arch", "arm64", "-o", out, ...more],
  { cwd: out },
];

describe.skipIf(!CLANGS.some(installed))(
  "a kernel with the interface (skipped where there is no clang)",
  () => {
    it.each(["v6", "v7"] as const)("of %s decides the ABI itself", async (revision) => {
      const btf = kernelBtf(CLANG, INTERFACES[revision]);
      const out = newFolder();
      const [argv, options] = build(btf, out, "--json");
      const { stdout, stderr } = await cliOk(argv, options);
      expect(JSON.parse(stdout).abi).toEqual({ revision, source: "target", missing: [] });
      expect(stderr).toContain(`kexec-bpf: ABI ${revision}: ${btf} has the parser interface\n`);
      const source = readFileSync(join(out, "zboot_parser_bpf.c"), "utf8");
      expect(source).toContain(`for revision ${revision} of the kexec image parser interface`);
      // The kernel's own struct is used, not the built-in profile's.
      expect(source).not.toContain("struct kexec_context {");
      expect(readFileSync(join(out, "vmlinux.h"), "utf8")).toContain("struct kexec_context {");
    });

    it("gives the same program for the kernel's struct as for the built-in profile's", async () => {
      const program = async (structs: string) => {
        const out = newFolder();
        const [argv, options] = build(kernelBtf(CLANG, structs), out, "--abi", "v7");
        await cliOk(argv, options);
        return sectionBytes(join(out, "uki_parser_bpf.o"), "fentry.s/kexec_image_parser_anchor");
      };
      const own = await program(INTERFACES.v7);
      expect(own.length).toBeGreaterThan(1000);
      expect(own.equals(await program(""))).toBe(true);
    });

    it("of v7 refuses --abi v6 and names the members", async () => {
      const [argv, options] = build(kernelBtf(CLANG, INTERFACES.v7), newFolder(), "--abi", "v6");
      const { status, stderr } = await cli(argv, options);
      expect(status).toBe(1);
      expect(stderr).toContain("the kernel's BTF does not agree with revision v6:\n");
      expect(stderr).toContain("  struct cmd_hdr member subcmd has 1 bytes at offset 2, not 2 at 2\n");
      expect(stderr).toContain("  struct cmd_hdr has a member pipeline_flag that the revision has not\n");
      expect(stderr).toContain("  struct cmd_hdr has 10 bytes, not 8\n");
    });

    it("of v6 refuses --abi v7 and names the members", async () => {
      const [argv, options] = build(kernelBtf(CLANG, INTERFACES.v6), newFolder(), "--abi", "v7");
      const { status, stderr } = await cli(argv, options);
      expect(status).toBe(1);
      expect(stderr).toContain("  struct kexec_context member parsing_buf is missing\n");
      expect(stderr).toContain("  struct cmd_hdr member num_chunks is missing\n");
    });

    it("of neither revision is refused against the closest one", async () => {
      const renamed = INTERFACES.v7.replace("num_chunks", "chunks");
      const [argv, options] = build(kernelBtf(CLANG, renamed), newFolder());
      const { status, stderr } = await cli(argv, options);
      expect(status).toBe(1);
      expect(stderr).toContain("does not agree with revision v7:\n");
      expect(stderr).toContain("  struct cmd_hdr member num_chunks is missing\n");
    });

    it("of v6 with sizes of unsigned long, as later copies have it, is v6", async () => {
      const wide = INTERFACES.v6.replaceAll("int kernel_sz", "unsigned long kernel_sz");
      const [argv, options] = build(kernelBtf(CLANG, wide), newFolder(), "--json");
      expect(JSON.parse((await cliOk(argv, options)).stdout).abi).toMatchObject({
        revision: "v6",
        source: "target",
      });
    });

    it("replaced by another kernel is seen, though nothing else of the request has changed", async () => {
      const file = join(newFolder(), "vmlinux.btf");
      const out = newFolder();
      const revisions: string[] = [];
      for (const revision of ["v6", "v7", "v6"] as const) {
        write(file, readFileSync(kernelBtf(CLANG, INTERFACES[revision])));
        const [argv, options] = build(file, out, "--json");
        revisions.push(JSON.parse((await cliOk(argv, options)).stdout).abi.revision);
      }
      expect(revisions).toEqual(["v6", "v7", "v6"]);
    });
  },
);

describe.skipIf(!CLANGS.some(installed))("a stock kernel (skipped where there is no clang)", () => {
  it.each([
    { options: [], revision: "v7", why: "the default" },
    { options: ["--abi", "v6"], revision: "v6", why: "as asked for" },
    { options: ["--abi", "v7"], revision: "v7", why: "as asked for" },
  ])(
    "gets the built-in profile $revision with $options, and is told so",
    async ({ options, revision, why }) => {
      const out = newFolder();
      const [argv, call] = build(kernelBtf(CLANG, ""), out, ...options, "--json");
      const { stdout, stderr } = await cliOk(argv, call);
      expect(JSON.parse(stdout).abi).toMatchObject({ revision, source: "built-in" });
      expect(stderr).toContain(`kexec-bpf: ABI ${revision} from the built-in profile (${why}): `);
      expect(readFileSync(join(out, "zboot_parser_bpf.c"), "utf8")).toContain("struct kexec_context {");
    },
  );
});
