import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { cli, cliOk } from "../support/cli.ts";
import { kernelTree, newFolder, script, write } from "../support/kernel-tree.ts";
import { newKey } from "../support/keys.ts";
import { signingBpftool } from "../support/signing-bpftool.ts";

/** The bytes of a string array in a light skeleton, as python reads C's escapes. */
function arrayOf(file: string, name: string): Buffer {
  const source = [
    "import re, sys",
    "text = re.search(sys.argv[2] + r'\\[\\][^=]*= \"(.*?)\";', open(sys.argv[1]).read(), re.S).group(1)",
    'sys.stdout.buffer.write(text.replace("\\\\\\n", "").encode().decode("unicode_escape").encode("latin1"))',
  ].join("\n");
  return execFileSync("python3", ["-c", source, file, name]);
}

function place() {
  const { root } = kernelTree();
  const out = newFolder();
  const words = ["build", "zboot", "--kernel-tree", root, "--arch", "arm64", "-o", out];
  return { out, words };
}

// Elsewhere there is no such bpftool to be had as data.
const here = process.arch === "x64";
describe.skipIf(!here)(`build --sign-key${here ? "" : " (no amd64: Debian's bpftool does not run)"}`, () => {
  it("leaves a skeleton whose signature openssl verifies over its loader program and data", async () => {
    const { out, words } = place();
    const { key, certificate } = newKey();
    const tool = ["--bpftool", signingBpftool()];
    await cliOk([...words, ...tool, "--sign-key", key, "--sign-cert", certificate], { cwd: out });
    const skeleton = join(out, "zboot_parser_bpf.lskel.h");
    const [program, data] = [arrayOf(skeleton, "opts_insn"), arrayOf(skeleton, "opts_data")];
    const signature = write(join(newFolder(), "signature"), arrayOf(skeleton, "opts_sig"));
    const verifies = (...parts: readonly Buffer[]): boolean => {
      const content = write(join(newFolder(), "content"), Buffer.concat(parts));
      const cms = ["cms", "-verify", "-binary", "-inform", "DER", "-in", signature, "-content", content];
      const trust = ["-certfile", certificate, "-noverify", "-out", "/dev/null"];
      return spawnSync("openssl", [...cms, ...trust]).status === 0;
    };
    // Linux 6.18's bpftool signs the program, which has the data's hash in it; later ones sign both.
    expect(verifies(program) || verifies(program, data)).toBe(true);
    program[100] = ~(program[100] ?? 0);
    expect(verifies(program) || verifies(program, data)).toBe(false);
    program[100] = ~(program[100] ?? 0);
    const hash = createHash("sha256").update(program).digest();
    expect(arrayOf(skeleton, "opts_excl_hash").equals(hash)).toBe(true);
    expect(readFileSync(skeleton, "utf8")).toContain("opts.keyring_id = skel->keyring_id;");
  });

  it("leaves the bytecode as it is without, for the kernel's loader of containers has no place for a signature", async () => {
    const { out, words } = place();
    const { key, certificate } = newKey();
    const tool = ["--bpftool", signingBpftool()];
    await cliOk([...words, ...tool], { cwd: out });
    const names = ["zboot.bpf", "zboot_bytecode.c", "zboot_bytecode.o", "zboot_parser_bpf.lskel.h"];
    const before = names.map((name) => readFileSync(join(out, name), "utf8"));
    await cliOk([...words, ...tool, "--sign-key", key, "--sign-cert", certificate], { cwd: out });
    const after = names.map((name) => readFileSync(join(out, name), "utf8"));
    expect(names.filter((_, index) => before[index] !== after[index])).toEqual(["zboot_parser_bpf.lskel.h"]);
    await cliOk([...words, ...tool], { cwd: out });
    expect(readFileSync(join(out, "zboot_parser_bpf.lskel.h"), "utf8")).toBe(before[3]);
  });

  it("refuses a key that kernels do not take, and takes it with --allow-weak", async () => {
    const { out, words } = place();
    const { key, certificate } = newKey({ kind: ["rsa:1024"] });
    const signed = [...words, "--bpftool", signingBpftool(), "--sign-key", key, "--sign-cert", certificate];
    const { status, stderr } = await cli(signed, { cwd: out });
    expect(status).toBe(1);
    expect(stderr).toContain(`kexec-bpf: ${certificate}: an RSA key of 1024 bits is weak`);
    expect(existsSync(join(out, "zboot_parser_bpf.lskel.h"))).toBe(false);
    await cliOk([...signed, "--allow-weak"], { cwd: out });
    const manifest = JSON.parse(readFileSync(join(out, "zboot.manifest.json"), "utf8"));
    expect(manifest.predicate.buildDefinition.externalParameters.command).toContain("--allow-weak");
  });

  it("names the certificate in the manifest, and the key in its command alone", async () => {
    const { out, words } = place();
    const { key, certificate } = newKey();
    const tool = ["--bpftool", signingBpftool()];
    await cliOk([...words, ...tool, "--sign-key", key, "--sign-cert", certificate], { cwd: out });
    const text = readFileSync(join(out, "zboot.manifest.json"), "utf8");
    const { externalParameters, resolvedDependencies } = JSON.parse(text).predicate.buildDefinition;
    const { command } = externalParameters;
    const at = (name: string) => join(out, command[command.indexOf(name) + 1]);
    expect([at("--sign-key"), at("--sign-cert")]).toEqual([key, certificate]);
    const inputs = resolvedDependencies.map(({ name }: { name: string }) => join(out, name));
    expect(inputs).toContain(certificate);
    expect(inputs).not.toContain(key);
  });

  it("fails with what bpftool says of a key that is not the certificate's, and leaves no skeleton", async () => {
    const { out, words } = place();
    const [one, other] = [newKey(), newKey()];
    const tool = ["--bpftool", signingBpftool()];
    const signing = ["--sign-key", one.key, "--sign-cert", other.certificate];
    const { status, stderr } = await cli([...words, ...tool, ...signing], { cwd: out });
    expect([status, stderr]).toEqual([1, expect.stringContaining("key values mismatch")]);
    expect(readdirSync(out).filter((name) => name.endsWith(".lskel.h"))).toEqual([]);
  });
});

describe("build --sign-key without what it needs", () => {
  it("says in one line that this bpftool signs no skeletons: exit status 3", async () => {
    const { out, words } = place();
    const { key, certificate } = newKey();
    const bpftool = script(
      join(newFolder("bin"), "bpftool"),
      [
        'if [ "$*" = "gen help" ]; then echo "OPTIONS := { {-L|--use-loader} }" >&2; exit 0; fi',
        'echo "bpftool v7.5.0"; echo "using libbpf v1.5"',
      ].join("\n"),
    );
    const signing = ["--sign-key", key, "--sign-cert", certificate, "--bpftool", bpftool];
    const { status, stderr } = await cli([...words, ...signing], { cwd: out });
    expect(status).toBe(3);
    expect(stderr.split("\n").at(-2)).toBe(
      `kexec-bpf: bpftool 7.5.0 (${bpftool}) is too old: one that signs light skeletons ` +
        "(gen skeleton -L -S; Linux 6.18's and newer) is needed",
    );
    expect(existsSync(join(out, "zboot.bpf"))).toBe(false);
  });

  it.each([
    ["--sign-key", "--sign-cert"],
    ["--sign-cert", "--sign-key"],
  ])("%s alone is a usage error, for it needs %s", async (given, missing) => {
    const { out, words } = place();
    const { status, stderr } = await cli([...words, given, "file"], { cwd: out });
    expect([status, stderr]).toEqual([2, expect.stringContaining(missing.slice(2))]);
  });

  it("a key that cannot be read is told by its name", async () => {
    const { out, words } = place();
    const { certificate } = newKey();
    const key = join(dirname(certificate), "none.pem");
    const { status, stderr } = await cli([...words, "--sign-key", key, "--sign-cert", certificate], {
      cwd: out,
    });
    expect([status, stderr]).toEqual([
      1,
      expect.stringContaining(`${key}: cannot read: no such file or folder (ENOENT)\n`),
    ]);
  });
});
