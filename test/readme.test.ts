import { spawnSync } from "node:child_process";
import { copyFileSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { bootImage } from "./kernel-image/images.ts";
import { cliOk, ENVIRONMENT, programFile } from "./support/cli.ts";
import { expectValue } from "./support/expect-value.ts";
import { kernelTree, newFolder, script, write } from "./support/kernel-tree.ts";
import { testKey } from "./support/test-key.ts";
import { encodeUki } from "./support/uki-encoder.ts";
import { encodeZbootImage } from "./support/zboot-image.ts";

/*
 * The README's commands, from its own text, in one folder and in its order: tools/kexec of a kernel tree that lies at ~/linux.
 * What they are run on has the names that the README gives it.
 */
const README = readFileSync("README.md", "utf8");
const COMMANDS = [...README.matchAll(/^ {4}((?:bin\/)?kexec-bpf .*)$/gm)].map(([, command = ""]) => command);

/** What needs a guest is started where there is no QEMU; test/guest/ has the rest. */
const NEEDS_GUEST = /^bin\/kexec-bpf (?:kernel-test|boot-test) /;
/** What no test may take, or may have, of the machine that it runs on. */
const INSTEAD: readonly (readonly [string, string])[] = [
  ["--vmlinux /sys/kernel/btf/vmlinux", "--vmlinux ~/linux/vmlinux"],
  ["/boot/vmlinuz.efi", "vmlinuz.efi"],
  ["init /boot", "init ~/linux"],
  ["--time 15m", "--time 1s"],
];

const { root, kexec: cwd } = kernelTree();
const INITRD = Buffer.from("the initrd");
const KERNEL = bootImage("arm64", Buffer.alloc(5000, "kernel"));

/** As a shell runs it whose user has the program in the checkout's bin/ and in PATH. */
function ran(command: string) {
  const [path, cache] = NEEDS_GUEST.test(command)
    ? [newFolder("empty"), newFolder("cache")]
    : [`${join(cwd, "bin")}:${ENVIRONMENT["PATH"]}`, ENVIRONMENT["KEXEC_BPF_CACHE"]];
  const words = INSTEAD.reduce((text, [from, to]) => text.replace(from, to), command);
  const { status, stdout, stderr } = spawnSync("/bin/sh", ["-c", words], {
    ...{ cwd, encoding: "utf8" },
    env: { ...ENVIRONMENT, PATH: path, KEXEC_BPF_CACHE: cache, HOME: dirname(root) },
  });
  return { status, stdout, stderr };
}

beforeAll(async () => {
  script(join(cwd, "bin/kexec-bpf"), `exec "${process.execPath}" "${programFile()}" "$@"`);
  const zboot = expectValue(await encodeZbootImage({ arch: "arm64", compression: "gzip", image: KERNEL }));
  const sections = { ".linux": zboot, ".initrd": INITRD, ".cmdline": Buffer.from("quiet") };
  const uki = expectValue(
    encodeUki({ arch: "arm64", sections: Object.entries(sections).map(([name, data]) => ({ name, data })) }),
  );
  const files = { "vmlinuz.efi": zboot, "image.efi": uki, "corpus/image.efi": uki, "initrd.img": INITRD };
  for (const [name, bytes] of Object.entries(files)) write(join(cwd, name), bytes);
  const { key, certificate } = testKey(newFolder("keys"));
  copyFileSync(key, join(cwd, "key.pem"));
  copyFileSync(certificate, join(cwd, "cert.pem"));
});

describe("the README", () => {
  const builds = COMMANDS.filter((command) => /kexec-bpf (?:build|make) /.test(command));
  const others = COMMANDS.filter((command) => !builds.includes(command));

  it("has commands, those that build first", () => {
    expect(builds).toHaveLength(3);
    expect(COMMANDS.slice(0, 3)).toEqual(builds);
    expect(others.length).toBeGreaterThan(12);
  });

  it.each(builds)("builds by `%s`", (command) => {
    expect(ran(command)).toMatchObject({ status: 0 });
  });

  it("lists what a build leaves, and nothing else", () => {
    const rows = [...README.matchAll(/^\| (`.*`) \| .* \|$/gm)].map(([, files = ""]) => files);
    const table = rows.filter((row) => /vmlinux\.h|<p>/.test(row));
    const names = table.flatMap((row) => {
      const [first = "", ...more] = [...row.matchAll(/`(.*?)`/g)].map(([, name = ""]) => name);
      return [first, ...more.map((name) => (name.startsWith(".") ? first.replace(/\..*$/, name) : name))];
    });
    const expected = names.flatMap((name) =>
      name.includes("<p>")
        ? ["zboot", "uki", "plain"].map((target) =>
            name.replace("<p>", target).replace(/^(.*_(?:parser_bpf|bytecode))_\w+$/, "$1"),
          )
        : [name],
    );
    const left = readdirSync(join(cwd, "out")).filter((name) => name !== ".kexec-bpf");
    expect(left.sort()).toEqual(expected.sort());
    for (const name of ["uki.bpf", "zboot.bpf", "uki_bytecode.o", "zboot_bytecode.o"]) {
      copyFileSync(join(cwd, "out", name), join(cwd, name));
    }
  });

  it.each(others.filter((command) => !NEEDS_GUEST.test(command)))("does `%s`", (command) => {
    expect(ran(command)).toMatchObject({ status: 0 });
  });

  it.each(others.filter((command) => NEEDS_GUEST.test(command)))("asks for QEMU by `%s`", (command) => {
    const { status, stderr } = ran(command);
    expect([status, stderr]).toEqual([3, expect.stringMatching(/^kexec-bpf: qemu-system-\w+ not found\n/)]);
  });

  it("has the kernel, the initrd and the command line come out", () => {
    const content = (name: string) => readFileSync(join(cwd, name));
    expect(content("Image").equals(KERNEL)).toBe(true);
    expect(content("parts/initrd").equals(INITRD)).toBe(true);
  });

  it("names commands that there are", async () => {
    const named = new Set(
      [...README.matchAll(/(?:`|bin\/)kexec-bpf ([a-z-]+)/g)].map(([, name = ""]) => name),
    );
    // An unknown command's help is the program's, which has those that there are.
    for (const name of named) {
      expect((await cliOk([name, "--help"], { cwd })).stdout).toContain(`kexec-bpf ${name}`);
    }
  });

  it("names npm's scripts that there are", () => {
    const { scripts } = JSON.parse(readFileSync("package.json", "utf8"));
    for (const [, name = ""] of README.matchAll(/npm run ([a-z:-]+)/g)) expect(scripts).toHaveProperty(name);
  });
});
