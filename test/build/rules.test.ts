import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { revisionProfile } from "#abi/revisions.ts";
import { profileBtf } from "#bpf-vm/target/profile-btf.ts";
import type { Plan } from "#build/plan.ts";
import type { Rule, ToolRunner } from "#build/rule.ts";
import { buildGraph, outputsToClean } from "#build/rules.ts";
import { err, ok, type Result } from "#core/result.ts";
import { decodeContainer } from "#formats/elf/container.ts";
import { encodeElf } from "#formats/elf/encode.ts";
import { encodeObject } from "#formats/elf/object.ts";
import { loadTargets, type Target } from "#generate/target.ts";
import { skeletonText } from "../formats/light-skeleton/skeleton-text.ts";
import { expectValue } from "../support/expect-value.ts";

const work = mkdtempSync(join(tmpdir(), "rules-"));
afterAll(() => rmSync(work, { recursive: true }));
const out = join(work, "out");
const include = join(work, "include");
beforeEach(() => {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(join(out, ".kexec-bpf/bpf"), { recursive: true });
});

mkdirSync(join(include, "bpf"), { recursive: true });
for (const name of ["bpf_helpers.h", "bpf_tracing.h", "bpf_core_read.h", "bpf_helper_defs.h"]) {
  writeFileSync(join(include, "bpf", name), `/* ${name} */\n`);
}

const templates = join(process.cwd(), "templates");
const PARTS = [
  join(templates, "frame.hbs"),
  ...readdirSync(join(templates, "partials")).map((name) => join(templates, "partials", name)),
];

let PLAN: Plan;
let zboot: Target;

const clang = { path: "/bin/clang", identity: "clang#1", version: "19", bpfTarget: true };
beforeAll(async () => {
  const all = expectValue(await loadTargets([templates]));
  const targets = new Map([...all].filter(([name]) => ["zboot", "uki", "plain"].includes(name)));
  zboot = targets.get("zboot") ?? expect.fail("no zboot");
  PLAN = planOf(targets);
});

const planOf = (targets: ReadonlyMap<string, Target>): Plan => ({
  out,
  kernel: {
    vmlinux: join(work, "vmlinux"),
    image: join(work, "Image"),
    initramfs: undefined,
    tree: join(work, "tree"),
    identity: {},
    imageRelease: "6.12",
  },
  targetFolders: [join(work, "own")],
  program: { version: "1.2", folder: process.cwd() },
  sourceDateEpoch: "0",
  arch: "arm64",
  abi: { revision: "v7", source: "built-in", missing: [] },
  profile: revisionProfile("v7"),
  sizes: { image: 5000, kernel: 4000, initrd: 3000, cmdline: 2048 },
  targets,
  templateFiles: new Map([...targets].map(([name, { body }]) => [name, [body.v7 ?? "", ...PARTS]])),
  toolchain: {
    clang,
    bpftool: { path: "/bin/bpftool", identity: "bpftool#1", version: "7.5", libbpf: "1.5", features: [] },
    headers: { includeDir: include, version: "1.4", helperDefs: true },
  },
  types: { kind: "btf", file: join(out, ".kexec-bpf/vmlinux.btf"), read: async () => ok(profileBtf("v7")) },
  headers: undefined,
  helperDocs: undefined,
  bytecodeObject: "direct",
  seedPayloadSize: false,
  prover: undefined,
  signing: undefined,
  envelope: undefined,
  mayPack: false,
});

function rule(output: string, more: Partial<Plan> = {}): Rule {
  const found = buildGraph({ ...PLAN, ...more }).rules.find(({ outputs }) => outputs.includes(output));
  if (found === undefined) throw new Error(`no rule makes ${output}`);
  return found;
}

type Run = Parameters<ToolRunner>[0];
const noTool: ToolRunner = () => expect.fail("no tool is wanted");

/** A tool that writes `content` where the rule wants it, and `stdout`. */
function standIn(runs: Run[], content: string | Uint8Array, stdout = ""): ToolRunner {
  return async (run) => {
    runs.push(run);
    writeFileSync(run.stdoutFile ?? run.args[run.args.indexOf("-o") + 1] ?? "", content);
    return ok({ stdout: Buffer.from(stdout), stderr: "" });
  };
}

const run = (one: Rule, tool: ToolRunner = noTool, digests: Readonly<Record<string, string>> = {}) =>
  one.run(tool, digests, new AbortController().signal);
const made = (name: string) => readFileSync(join(out, name), "utf8");
const failure = (result: Result<unknown>) => (result.ok ? "made" : result.failure);

describe("headers", () => {
  it("image_size.h has the plan's sizes, beside the sources too", async () => {
    expect(await run(rule("image_size.h"))).toEqual(ok([]));
    expect(made("image_size.h")).toContain("5000");
    expect(made(".kexec-bpf/image_size.h")).toBe(made("image_size.h"));
    expect(rule("image_size.h").options).toEqual([PLAN.sizes, "v7"]);
  });

  it("the small vmlinux.h needs a kernel's types", async () => {
    expect(failure(await run(rule(".kexec-bpf/vmlinux.h")))).toMatchObject({
      reason: "malformed",
      detail: expect.stringMatching(/^the types __u8, .* are missing: this is not a kernel's BTF$/),
    });
    const read = async () => err({ reason: "unsupported", what: "BTF", detail: "none" } as const);
    const types = { kind: "btf", file: "/vmlinux.btf", read } as const;
    expect(failure(await run(rule(".kexec-bpf/vmlinux.h", { types })))).toMatchObject({ what: "BTF" });
    expect(failure(await run(rule("vmlinux.h", { types })))).toMatchObject({ what: "BTF" });
  });

  it("a vmlinux.h of the user's is taken as it is, in both places", async () => {
    const file = join(work, "own.h");
    writeFileSync(file, "/* mine */\n");
    for (const output of ["vmlinux.h", ".kexec-bpf/vmlinux.h"]) {
      const own = rule(output, { types: { kind: "header", file } });
      expect(own).toMatchObject({ label: "COPY", inputs: [file], command: `cp ${file} ${output}` });
      expect(await run(own)).toEqual(ok([]));
      expect(made(output)).toBe("/* mine */\n");
    }
  });

  it("the full vmlinux.h is bpftool's, in the output folder, when it is whole", async () => {
    const runs: Run[] = [];
    const full = rule("vmlinux.h");
    expect(full).toMatchObject({
      aside: true,
      options: ["bpftool#1"],
      inputs: [join(out, ".kexec-bpf/vmlinux.btf")],
    });
    expect(await run(full, standIn(runs, "int a;\n"))).toEqual(ok([]));
    const args = ["btf", "dump", "file", join(out, ".kexec-bpf/vmlinux.btf"), "format", "c"];
    expect(runs).toEqual([
      { tool: "bpftool", file: "/bin/bpftool", args, cwd: out, stdoutFile: expect.stringContaining(out) },
    ]);
    expect(made("vmlinux.h")).toBe("int a;\n");
    expect(failure(await run(full, standIn(runs, "int a")))).toMatchObject({
      reason: "malformed",
      file: "vmlinux.h",
    });
    expect(made("vmlinux.h")).toBe("int a;\n");
  });

  it("bpf_helper_defs.h is libbpf's, or made by the tree's script, or cannot be made", async () => {
    expect(await run(rule("bpf_helper_defs.h"))).toEqual(ok([]));
    expect(made("bpf_helper_defs.h")).toBe("/* bpf_helper_defs.h */\n");
    const runs: Run[] = [];
    const helperDocs = { header: "/k/bpf.h", script: "/k/bpf_doc.py" };
    const scripted = rule("bpf_helper_defs.h", { helperDocs });
    expect(scripted.inputs).toEqual(["/k/bpf.h", "/k/bpf_doc.py"]);
    expect(await run(scripted, standIn(runs, "int b;\n"))).toEqual(ok([]));
    expect(runs[0]).toMatchObject({
      tool: "bpf_doc.py",
      file: "python3",
      args: ["/k/bpf_doc.py", "--header", "--file", "/k/bpf.h"],
    });
    const headers = { ...PLAN.toolchain.headers, helperDefs: false };
    const none = rule("bpf_helper_defs.h", { toolchain: { ...PLAN.toolchain, headers } });
    expect(failure(await run(none))).toMatchObject({
      reason: "input-not-found",
      what: "what makes bpf_helper_defs.h",
      tried: [join(work, "tree/tools/include/uapi/linux/bpf.h"), join(work, "tree/scripts/bpf_doc.py")],
    });
  });

  it("libbpf's are copied beside the sources, a generated one too", async () => {
    const copies = rule(".kexec-bpf/bpf/bpf_helpers.h");
    expect(copies.outputs).toHaveLength(4);
    expect(copies.inputs).toEqual(copies.outputs.map((name) => join(include, "bpf", basename(name))));
    expect(await run(copies)).toEqual(ok([]));
    for (const name of copies.outputs) expect(made(name)).toBe(`/* ${basename(name)} */\n`);
    const headers = { ...PLAN.toolchain.headers, helperDefs: false };
    const generated = rule(".kexec-bpf/bpf/bpf_helpers.h", { toolchain: { ...PLAN.toolchain, headers } });
    expect(generated.inputs.at(-1)).toBe("bpf_helper_defs.h");
    writeFileSync(join(out, "bpf_helper_defs.h"), "generated");
    expect(await run(generated)).toEqual(ok([]));
    expect(made(".kexec-bpf/bpf/bpf_helper_defs.h")).toBe("generated");
  });
});

const ELF = encodeElf({
  type: 1,
  machine: 247,
  layout: "headers-first",
  sections: [{ name: ".text", type: 1, flags: 6n, data: Buffer.alloc(8) }],
});

describe("a parser's object", () => {
  it("is compiled in the private folder with relative paths; headers that only the compiler named are told", async () => {
    const runs: Run[] = [];
    const object = rule("zboot_parser_bpf.o");
    const stdout = "zboot_parser_bpf.o: zboot_parser_bpf.c vmlinux.h /usr/include/x.h\n";
    expect(await run(object, standIn(runs, ELF, stdout))).toEqual(
      ok([".kexec-bpf/zboot_parser_bpf.c", ".kexec-bpf/vmlinux.h", "/usr/include/x.h"]),
    );
    expect(runs[0]).toMatchObject({ tool: "clang", file: "/bin/clang", cwd: join(out, ".kexec-bpf") });
    const args = runs[0]?.args ?? [];
    expect(args.slice(0, 10)).toEqual([
      ...["-g", "-O2", "-std=gnu11", "--target=bpfel", "-mcpu=v3", "-Wall", "-Wextra", "-fms-extensions"],
      ...["-Wno-microsoft-anon-tag", "-fdebug-compilation-dir=."],
    ]);
    expect(args.slice(10, 16)).toEqual([
      ...["-Wno-unused-parameter", "-Werror", "-I", ".", "-c", "zboot_parser_bpf.c"],
    ]);
    expect(args.slice(18)).toEqual(["-MD", "-MF", "-", "-MT", "zboot_parser_bpf.o"]);
    expect(object.options).toEqual(["clang#1", args.slice(0, 16)]);
    expect(object.inputs).toEqual(
      ["zboot_parser_bpf.c", "vmlinux.h", "image_size.h", "bpf/bpf_helpers.h"].map(
        (name) => `.kexec-bpf/${name}`,
      ),
    );
  });

  it("that is not whole does not appear", async () => {
    const result = await run(rule("zboot_parser_bpf.o"), standIn([], ELF.subarray(0, 100)));
    expect(failure(result)).toMatchObject({ reason: "malformed", file: "zboot_parser_bpf.o" });
    expect(() => made("zboot_parser_bpf.o")).toThrow("ENOENT");
  });

  it("is not tried where the kernel lacks a type that the target names", async () => {
    const odd = { ...zboot, types: ["no_such_struct"] };
    const targets = new Map([["zboot", odd]]);
    const refused = await run(rule("zboot_parser_bpf.o", { targets }));
    expect(failure(refused)).toMatchObject({
      reason: "bad-target",
      target: "zboot",
      file: zboot.file,
      detail: expect.stringContaining(`${join(work, "vmlinux")} lack: no_such_struct`),
    });
  });
});

describe("a target's source and container", () => {
  it("are rendered in two places, and made of the bytecode of its layers", async () => {
    expect(await run(rule("zboot_parser_bpf.c"))).toEqual(ok([]));
    const source = made("zboot_parser_bpf.c");
    expect(source).toBe(made(".kexec-bpf/zboot_parser_bpf.c"));
    const abi = { revision: "v7", source: "target", missing: [] } as const;
    expect(await run(rule("zboot_parser_bpf.c", { abi }))).toEqual(ok([]));
    expect(source).toContain("struct kexec_context {");
    expect(made("zboot_parser_bpf.c")).not.toContain("struct kexec_context {");
    const odd = new Map([
      ["zboot", { ...zboot, types: ["one"] }],
      ["uki", { ...zboot, name: "uki", types: ["two", "three"] }],
    ]);
    expect(rule(".kexec-bpf/vmlinux.h", { targets: odd }).options).toEqual(["one", "two", "three"]);
    for (const name of ["zboot", "uki", "plain"]) {
      const symbols = ["opts_data", "opts_insn"].map((symbol) => ({
        name: symbol,
        bytes: Buffer.alloc(8, name),
      }));
      writeFileSync(join(out, `${name}_bytecode.o`), encodeObject({ machine: 183, symbols }));
    }
    for (const name of ["zboot", "uki", "plain"]) {
      const container = rule(`${name}.bpf`);
      expect(await run(container)).toEqual(ok([]));
      const decoded = decodeContainer(new Uint8Array(readFileSync(join(out, `${name}.bpf`))));
      const { programs, nested } = expectValue(decoded);
      const inner = nested?.programs.map((program) => program.name);
      expect([programs.map((program) => program.name), inner]).toEqual([
        [".bpf.1"],
        name === "uki" ? [".bpf.1", ".bpf.2"] : undefined,
      ]);
    }
    writeFileSync(join(out, "zboot_bytecode.o"), "no object");
    for (const name of ["zboot.bpf", "uki.bpf"]) {
      expect(failure(await run(rule(name)))).toMatchObject({ file: "zboot_bytecode.o" });
    }
  });
});

describe("goals", () => {
  it("stand for all that a target needs, and one for all targets; clean knows the same files", () => {
    const { goals, others } = buildGraph(PLAN);
    const all = new Set(["zboot", "uki", "plain"].flatMap((name) => goals.get(name) ?? []));
    expect(new Set(goals.get("all"))).toEqual(all);
    for (const name of ["zboot.bpf", "uki.manifest.json", "vmlinux.h"]) expect(all).toContain(name);
    expect(goals.get("all")).toHaveLength(all.size);
    expect(others).toEqual([]);
    const files = outputsToClean(out, ["zboot", "uki", "plain"]);
    for (const name of all) expect(files).toContain(join(out, name));
    expect(files.filter((name) => !name.startsWith(`${out}/`))).toEqual([]);
    expect(rule("uki.bpf").command).toBe(
      "<container: .bpf.1=uki_bytecode.o .bpf.nested/.bpf.1=zboot_bytecode.o .bpf.nested/.bpf.2=plain_bytecode.o>",
    );
  });

  it("of signed skeletons have bpftool sign them, beside the ones that bytecode is taken of", async () => {
    const runs: Run[] = [];
    const signing = { key: "/key", certificate: "/cert", allowWeak: false };
    const signed = rule("zboot_parser_bpf.lskel.h", { signing });
    expect(await run(signed, standIn(runs, skeletonText()))).toEqual(ok([]));
    const args = ["gen", "skeleton", "-L", "-S", "-k", "/key", "-i", "/cert", "zboot_parser_bpf.o"];
    expect(runs).toMatchObject([{ tool: "bpftool", file: "/bin/bpftool", args, cwd: out }]);
    expect(rule("zboot_bytecode.c", { signing }).inputs).toEqual([".kexec-bpf/zboot_parser_bpf.lskel.h"]);
    const plain = rule(".kexec-bpf/zboot_parser_bpf.lskel.h", { signing });
    expect(plain.options).toEqual(["bpftool#1", ["gen", "skeleton", "-L", "zboot_parser_bpf.o"]]);
  });
});

describe("a target's bytecode", () => {
  const skeleton = "zboot_parser_bpf.lskel.h";

  it("is taken out of the skeleton, and an object is made of it, for v6's loader under its name, too", async () => {
    writeFileSync(join(out, skeleton), skeletonText());
    expect(await run(rule("zboot_bytecode.c"))).toEqual(ok([]));
    expect(made("zboot_bytecode.c")).toContain("opts_insn");
    expect(await run(rule("zboot_bytecode.o"))).toEqual(ok([]));
    expect(rule("zboot_bytecode.o")).toMatchObject({ options: [183], inputs: [skeleton] });
    const abi = { revision: "v6", source: "built-in", missing: [] } as const;
    expect(rule("bytecode.o", { abi }).outputs).toEqual(["zboot_bytecode.o", "bytecode.o"]);
    expect(rule("uki_bytecode.o", { abi }).outputs).toEqual(["uki_bytecode.o"]);
    writeFileSync(join(out, skeleton), "int a;\n");
    expect(failure(await run(rule("zboot_bytecode.c")))).toMatchObject({ file: skeleton });
    writeFileSync(join(out, skeleton), skeletonText({ maps: ["other"] }));
    expect(failure(await run(rule("zboot_bytecode.o")))).toMatchObject({ reason: "skeleton-mismatch" });
    rmSync(join(out, skeleton));
    expect(failure(await run(rule("zboot_bytecode.o")))).toMatchObject({ reason: "file-failed" });
  });

  it("is compiled for the machine where that is asked for, in the output folder", async () => {
    const runs: Run[] = [];
    const bytecodeObject = "compiled";
    const symbols = ["opts_data", "opts_insn"].map((name) => ({ name, bytes: Buffer.alloc(8) }));
    const compiled = rule("zboot_bytecode.o", { bytecodeObject });
    const args = ["--target=aarch64-linux-gnu", "-c", "zboot_bytecode.c"];
    expect(compiled).toMatchObject({
      ...{ inputs: ["zboot_bytecode.c"], options: ["clang#1", args] },
      command: "/bin/clang --target=aarch64-linux-gnu -c zboot_bytecode.c -o zboot_bytecode.o",
    });
    expect(await run(compiled, standIn(runs, encodeObject({ machine: 183, symbols })))).toEqual(ok([]));
    expect(runs).toMatchObject([{ tool: "clang", cwd: out, args: [...args, "-o", expect.any(String)] }]);
    expect(failure(await run(compiled, standIn(runs, "no object")))).toMatchObject({
      file: "zboot_bytecode.o",
    });
    const broken: ToolRunner = async () => err({ reason: "cancelled", signal: "SIGINT" });
    expect(failure(await run(compiled, broken))).toMatchObject({ reason: "cancelled" });
  });
});

describe("a failure of a rule's work", () => {
  const cancelled: ToolRunner = async () => err({ reason: "cancelled", signal: "SIGINT" });
  it("is the tool's, and headers that are not there are its own", async () => {
    for (const name of ["vmlinux.h", "zboot_parser_bpf.o", "zboot_parser_bpf.lskel.h"]) {
      expect(failure(await run(rule(name), cancelled))).toMatchObject({ reason: "cancelled" });
    }
    const headers = { ...PLAN.toolchain.headers, includeDir: "/none" };
    for (const name of ["bpf_helper_defs.h", ".kexec-bpf/bpf/bpf_helpers.h"]) {
      const copied = rule(name, { toolchain: { ...PLAN.toolchain, headers } });
      expect(failure(await run(copied))).toMatchObject({ reason: "file-failed", code: "ENOENT" });
    }
    const generated = { ...PLAN.toolchain.headers, helperDefs: false };
    const lacking = rule(".kexec-bpf/bpf/bpf_helpers.h", {
      toolchain: { ...PLAN.toolchain, headers: generated },
    });
    expect(failure(await run(lacking))).toMatchObject({ reason: "file-failed", code: "ENOENT" });
  });

  it("of clang names the lines of the user's body", async () => {
    expect(await run(rule("zboot_parser_bpf.c"))).toEqual(ok([]));
    const line =
      1 +
      made("zboot_parser_bpf.c")
        .split("\n")
        .findIndex((text) => text.includes("locate("));
    const log = `zboot_parser_bpf.c:${line}:1: error: so\n`;
    const failing: ToolRunner = async () =>
      err({ reason: "tool-failed", tool: "clang", command: "clang", ended: "exit status 1", log });
    expect(failure(await run(rule("zboot_parser_bpf.o"), failing))).toMatchObject({
      reason: "tool-failed",
      log: expect.stringMatching(/from \S+\.hbs:\d+/),
    });
    rmSync(join(out, ".kexec-bpf/zboot_parser_bpf.c"));
    expect(failure(await run(rule("zboot_parser_bpf.o"), failing))).toMatchObject({ reason: "file-failed" });
    expect(rule("zboot_parser_bpf.o").command).toMatch(
      /^cd \.kexec-bpf && \/bin\/clang -g .* -c zboot_parser_bpf\.c -o \.\.\/zboot_parser_bpf\.o$/,
    );
  });
});

describe("a target's manifest", () => {
  it("names the command with all that had an effect, tools, parameters, outputs and inputs", async () => {
    const manifest = rule("zboot.manifest.json", { seedPayloadSize: true, bytecodeObject: "compiled" });
    const digests = Object.fromEntries(manifest.inputs.map((name) => [name, "a".repeat(64)]));
    expect(await run(manifest, noTool, digests)).toEqual(ok([]));
    expect(manifest.onlyDigests).toBe(true);
    const text = made("zboot.manifest.json");
    expect(manifest.options).toMatchObject([
      {
        command: [
          ...["kexec-bpf", "build", "zboot", "-o", ".", "--arch", "arm64", "--abi", "v7"],
          ...["--kernel-tree", "../tree", "--vmlinux", "../vmlinux", "--image", "../Image"],
          ...["--max-kernel", "4000", "--max-initrd", "3000", "--max-cmdline", "2048", "--targets", "../own"],
          ...["--bytecode-object", "compiled", "--seed-payload-size"],
        ],
        parameters: {
          target: "zboot",
          arch: "arm64",
          abi: { revision: "v7", source: "built-in" },
          sizes: PLAN.sizes,
          kernel: {},
          image: { release: "6.12" },
        },
        tools: {
          "kexec-bpf": "1.2",
          clang: "19",
          bpftool: "7.5",
          "bpftool's libbpf": "1.5",
          "libbpf's headers": "1.4",
        },
        sourceDateEpoch: "0",
      },
      expect.arrayContaining(["../vmlinux", "../Image"]),
    ]);
    for (const name of ["zboot.bpf", "vmlinux.h", "../vmlinux"]) expect(text).toContain(`"${name}"`);
    const bare = rule("zboot.manifest.json", { targetFolders: [] }).options;
    for (const word of ["--bytecode-object", "--seed-payload-size", "--prove", "--sign-key", "--targets"])
      expect(JSON.stringify(bare)).not.toContain(word);
    // The BTF in the private folder came of the kernel.
    expect(manifest.inputs.join()).not.toContain(".kexec-bpf");
  });
});

describe("an envelope", () => {
  const envelope = { kernel: join(work, "vmlinuz.efi"), initrd: join(work, "initramfs"), cmdline: "quiet" };
  it("is a goal where it is asked for, with a manifest of its own", async () => {
    expect(buildGraph(PLAN).goals.has("zboot_image.elf")).toBe(false);
    expect(buildGraph({ ...PLAN, mayPack: true }).others).toEqual(["zboot_image.elf"]);
    const { goals } = buildGraph({ ...PLAN, envelope });
    expect(goals.get("zboot_image.elf")).toEqual(["zboot_image.elf", "zboot_image.elf.manifest.json"]);
    writeFileSync(envelope.initrd, "initrd");
    const manifest = rule("zboot_image.elf.manifest.json", { envelope });
    expect(manifest.inputs).toEqual(["zboot_image.elf", envelope.kernel, envelope.initrd]);
    const digests = Object.fromEntries(manifest.inputs.map((name) => [name, "b".repeat(64)]));
    expect(await run(manifest, noTool, digests)).toEqual(ok([]));
    expect(manifest.options).toEqual({
      command: [
        ...["kexec-bpf", "pack", "envelope", "--output", "zboot_image.elf", "--arch", "arm64", "--"],
        ...["../vmlinuz.efi", "../initramfs", "quiet"],
      ],
      parameters: { kind: "envelope" },
      tools: { "kexec-bpf": "1.2" },
      sourceDateEpoch: "0",
    });
    expect(made("zboot_image.elf.manifest.json")).toContain("b".repeat(64));
  });

  it("is packed of the two files and the command line", async () => {
    writeFileSync(envelope.initrd, "initrd");
    writeFileSync(envelope.kernel, "no zboot image");
    const packed = rule("zboot_image.elf", { envelope });
    expect(packed.options).toEqual(["arm64", "quiet"]);
    expect(failure(await run(packed))).not.toBe("made");
  });
});
