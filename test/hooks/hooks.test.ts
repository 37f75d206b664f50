import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, it } from "vitest";
import { newFolder, script, write } from "../support/kernel-tree.ts";

const hooks = fileURLToPath(new URL("../../hooks", import.meta.url));
const VERSION = "6.12.9-amd64";
const PLACE = `usr/lib/modules/${VERSION}/kexec-bpf`;

/** Writes down its words; a build makes two containers, `sign` and the others what they are told. `false.bpf` is refused by verify. */
const PROGRAM = `echo "$*" >>"$0.calls"
case $1 in
build)
  if [ -e "$0.fails" ]; then echo "kexec-bpf: clang failed" >&2; exit 1; fi
  while [ $# -gt 1 ]; do if [ "$1" = --output ]; then out=$2; fi; shift; done
  mkdir -p "$out"; echo uki >"$out/uki.bpf"; echo zboot >"$out/zboot.bpf"; echo '{"ran":1}' ;;
sign)
  while [ $# -gt 1 ]; do if [ "$1" = --output ]; then echo signed >"$2"; fi; shift; done ;;
verify)
  if [ -e "$0.refuses" ]; then echo "kexec-bpf: a finding" >&2; exit 1; fi ;;
esac`;

let root: string;
let bin: string;

beforeEach(() => {
  root = newFolder("root");
  bin = newFolder("bin");
  script(join(bin, "kexec-bpf"), PROGRAM);
  script(join(bin, "logger"), 'echo "$*" >>"$0.lines"');
  write(join(root, "boot", `vmlinuz-${VERSION}`), "image");
});

/** Runs a hook as a kernel package would. */
function hook(name: string, words: readonly string[], variables: Readonly<Record<string, string>> = {}) {
  const { status, stdout, stderr } = spawnSync(join(hooks, name), words, {
    encoding: "utf8",
    env: {
      PATH: `${bin}:${process.env["PATH"]}`,
      TMPDIR: newFolder("tmp"),
      KEXEC_BPF_ROOT: root,
      KEXEC_BPF_HOOK: join(hooks, "kernel-parsers"),
      ...variables,
    },
  });
  return { status, stdout, stderr };
}

const image = () => join(root, "boot", `vmlinuz-${VERSION}`);
const add = () => hook("kernel-parsers", ["add", VERSION, image()]);
const configure = (...lines: readonly string[]) => write(join(root, "etc/kexec-bpf.conf"), lines.join("\n"));
const calls = () => readFileSync(join(bin, "kexec-bpf.calls"), "utf8").trim().split("\n");
const placed = (place = PLACE) =>
  existsSync(join(root, place)) ? readdirSync(join(root, place)).sort() : "none";
const MADE = ["build.json", "uki.bpf", "zboot.bpf"];

describe.each([
  ["kernel-install", "60-kexec-bpf.install", "60-kexec-bpf.install", ["/boot/entry"]],
  ["Debian's kernel packages", "kernel/postinst.d/kexec-bpf", "kernel/postrm.d/kexec-bpf", []],
] as const)("the hooks of %s", (title, adding, removing, more) => {
  const command = (name: string) => (title === "kernel-install" ? [name, VERSION, ...more] : [VERSION]);

  it("build a kernel's parsers from its own image, and remove them with it", () => {
    expect(hook(adding, [...command("add"), image()])).toMatchObject({ status: 0, stdout: "" });
    expect(placed()).toEqual(MADE);
    expect(calls()).toEqual([
      expect.stringMatching(
        new RegExp(`^build all --vmlinux ${image()} --image ${image()} --output \\S+/out --json$`),
      ),
    ]);
    expect(hook(removing, command("remove"))).toMatchObject({ status: 0, stderr: "" });
    expect(existsSync(join(root, `usr/lib/modules/${VERSION}`))).toBe(false);
  });

  it("do nothing where the package is gone and they are left", () => {
    const gone = { KEXEC_BPF_HOOK: join(root, "usr/lib/kexec-bpf/kernel-parsers") };
    expect(hook(adding, [...command("add"), image()], gone)).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(hook(removing, command("remove"), gone)).toEqual({ status: 0, stdout: "", stderr: "" });
  });
});

it("kernel-install's other commands are passed over", () => {
  expect(hook("60-kexec-bpf.install", ["inspect"])).toEqual({ status: 0, stdout: "", stderr: "" });
});

it("an upgrade of a kernel package removes nothing", () => {
  add();
  hook("kernel/postrm.d/kexec-bpf", [VERSION], { DEB_MAINT_PARAMS: "upgrade 6.12.10" });
  expect(placed()).toEqual(MADE);
});

describe("a failure", () => {
  it("is told and logged, leaves no parsers, and is not the kernel's", () => {
    add();
    write(join(bin, "kexec-bpf.fails"), "");
    const { status, stderr } = add();
    expect(status).toBe(0);
    expect(stderr).toContain(`kexec-bpf: no parsers for ${VERSION}: kexec-bpf: clang failed\n`);
    expect(readFileSync(join(bin, "logger.lines"), "utf8")).toContain(
      `-t kexec-bpf -- no parsers for ${VERSION}`,
    );
    expect(placed()).toBe("none");
  });

  it("is the kernel's with STRICT=yes", () => {
    configure("STRICT=yes");
    write(join(bin, "kexec-bpf.fails"), "");
    expect(add().status).toBe(1);
  });

  it.each([
    ["an image that is not there", ["add", "6.99"], "its image is not there"],
    ["a version that is a path", ["add", "../../etc"], "usage: kernel-parsers"],
    ["no version", ["remove"], "usage: kernel-parsers"],
    ["another command", ["update", VERSION], "usage: kernel-parsers"],
  ])("is told of %s", (_title, words, told) => {
    const { status, stderr } = hook("kernel-parsers", words);
    expect(stderr).toContain(told);
    expect(status).toBe(0);
  });

  it("is told where kexec-bpf is not in PATH", () => {
    const few = newFolder("few");
    for (const tool of ["sh", "uname", "mktemp", "rm"]) symlinkSync(`/usr/bin/${tool}`, join(few, tool));
    const { status, stderr } = hook("kernel-parsers", ["add", VERSION, image()], { PATH: few });
    expect(stderr).toContain("kexec-bpf is not in PATH");
    expect(status).toBe(0);
  });

  it("is a folder that someone else has filled, which stays as it is", () => {
    write(join(root, PLACE, "mine"), "");
    expect(add().stderr).toContain("was not made by this hook");
    hook("kernel-parsers", ["remove", VERSION]);
    expect(placed()).toEqual(["mine"]);
  });
});

describe("the configuration", () => {
  it("names place, parsers, targets, revision and size", () => {
    configure(
      "# a comment",
      'FOLDER="/boot/parsers/%v"',
      "PARSERS=uki zboot",
      "TARGETS='/etc/kexec targets'",
      "ABI=v7",
      "MAX_INITRD=128M",
    );
    add();
    expect(placed(`boot/parsers/${VERSION}`)).toEqual(MADE);
    expect(calls()[0]).toMatch(
      /^build uki zboot --vmlinux .* --targets \/etc\/kexec targets --abi v7 --max-initrd 128M$/,
    );
  });

  it("has the containers signed and verified", () => {
    configure("SIGN_KEY=/k.pem", "SIGN_CERT=/c.pem", "VERIFY=yes");
    add();
    expect(readFileSync(join(root, PLACE, "uki.bpf"), "utf8")).toBe("signed\n");
    expect(calls().map((call) => call.split(" ")[0])).toEqual(["build", "verify", "sign", "verify", "sign"]);
    write(join(bin, "kexec-bpf.refuses"), "");
    expect(add()).toMatchObject({ status: 0, stderr: expect.stringContaining("a finding") });
    expect(placed()).toBe("none");
  });

  it("has what is put in place proven", () => {
    configure("PROVE=yes");
    add();
    expect(calls().map((call) => call.split(" ")[0])).toEqual(["build", "prove", "prove"]);
    expect(calls()[1]).toMatch(/^prove (\/.*)\/uki\.bpf --output \1\/uki\.proof\.json$/);
  });

  it("turns it off, and is told of words that it has not", () => {
    configure("ENABLED=no", "COLOUR=red", "$(touch /tmp/never)");
    const { stderr } = add();
    expect(stderr).toContain("what is COLOUR?");
    expect(placed()).toBe("none");
  });

  it.each(["parsers/%v", "/boot/parsers"])("refuses FOLDER=%s", (folder) => {
    configure(`FOLDER=${folder}`);
    expect(add().stderr).toContain("is not an absolute path with %v");
  });

  it("that comes with it has the defaults", () => {
    const defaults = readFileSync(join(hooks, "kernel-parsers"), "utf8");
    const lines = readFileSync(join(hooks, "kexec-bpf.conf"), "utf8").matchAll(/^#([A-Z_]+)=(.*)$/gm);
    const named = [...lines].map(([, name, value]) => ({ name, value }));
    expect(named.length).toBe(11);
    for (const { name, value } of named) {
      expect(defaults).toMatch(new RegExp(`\\b${name}=(?:${value}|'${value}')(\\s|$)`, "m"));
      expect(defaults).toContain(`      ${name}=*) ${name}=$value ;;`);
    }
  });
});

it("the types are those of a vmlinux where there is one", () => {
  const vmlinux = write(join(root, "usr/lib/debug/boot", `vmlinux-${VERSION}`), "");
  add();
  expect(calls()[0]).toContain(`--vmlinux ${vmlinux} --image ${image()}`);
});

it("parsers of the same version are replaced as a whole", () => {
  add();
  write(join(root, PLACE, "old.bpf"), "");
  expect(add().status).toBe(0);
  expect(placed()).toEqual(MADE);
  expect(readdirSync(join(root, `usr/lib/modules/${VERSION}`))).toEqual(["kexec-bpf"]);
});
