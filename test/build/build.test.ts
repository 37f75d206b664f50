import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Built, buildGoals, goalsToRun } from "#build/build.ts";
import type { BuildContext } from "#build/context.ts";
import { KernelHeaders } from "#build/kernel-headers/kernel-headers.ts";
import type { Prover } from "#build/plan.ts";
import { prepare } from "#build/prepare.ts";
import type { BuildRequest } from "#build/request.ts";
import { WorkSharing } from "#build/run/sharing.ts";
import { STATE_VERSION } from "#build/state/state.ts";
import { ActionCache } from "#cache/action-cache.ts";
import { directoryStore } from "#cache/directory-store.ts";
import { ok, type Result } from "#core/result.ts";
import { decodeBtf } from "#formats/btf/decode.ts";
import { hostArchitecture } from "#kernel-image/architecture.ts";
import { version } from "#package.json";
import { BtfBuilder } from "../support/btf-builder.ts";
import { expectFailure, expectValue } from "../support/expect-value.ts";
import { newFolder, write } from "../support/kernel-tree.ts";
import { contextWith, requestWith } from "./prepare/request.ts";
import { type StandIns, standIns } from "./stand-in-tools.ts";

const BLANK = requestWith();
let machine: StandIns;
let context: ReturnType<typeof contextWith>;
beforeAll(async () => {
  machine = await standIns();
});
beforeEach(() => {
  const { env, sharing } = machine;
  context = contextWith({ env, sharing, cwd: newFolder() });
  machine.ran();
});

function request(more: Partial<BuildRequest> = {}, out = join(newFolder(), "new/out")): BuildRequest {
  const { vmlinux, header: vmlinuxHeader, image, include: libbpfHeaders } = machine;
  return {
    ...BLANK,
    out,
    kernel: { ...BLANK.kernel, vmlinux, vmlinuxHeader, image },
    tools: { ...BLANK.tools, libbpfHeaders },
    ...more,
  };
}
const build = async (one: BuildRequest, more: Partial<BuildContext> = {}): Promise<Built> =>
  expectValue(await buildGoals(one, { ...context, ...more }));
const fails = async (one: BuildRequest, more: Partial<BuildContext> = {}) =>
  expectFailure(await buildGoals(one, { ...context, ...more }));
const names = (rules: Result<readonly { readonly outputs: readonly string[] }[]>) =>
  expectValue(rules).map(({ outputs }) => outputs[0]);

const FILES = ["vmlinux.h", "bpf_helper_defs.h", "image_size.h"];
const filesOf = (target: string) =>
  ["parser_bpf.c", "parser_bpf.o", "parser_bpf.lskel.h", "bytecode.c", "bytecode.o"].map(
    (name) => `${target}_${name}`,
  );

describe("a build", () => {
  it("reports what was built for which kernel by what, and what containers take", async () => {
    const one = request({ goals: ["uki"] });
    const { report } = await build(one);
    expect(report).toMatchObject({
      ...{ schema: 1, out: one.out, arch: "arm64", abi: { revision: "v7", source: "target", missing: [] } },
      sizes: { image: 300, kernel: 65_736, initrd: 67_043_328, cmdline: 32_768 },
      tools: { clang: "19.1.7", bpftool: "7.5.0", libbpf: undefined },
    });
    const uki = [...filesOf("uki"), "uki.bpf"];
    const outputs = [...FILES, ...uki, ...filesOf("zboot"), "zboot.bpf", ...filesOf("plain"), "plain.bpf"];
    expect(report.outputs.map(({ name }) => name).sort()).toEqual([...outputs, "uki.manifest.json"].sort());
    for (const { name, size, sha256 } of report.outputs) {
      expect(size, name).toBe(readFileSync(join(one.out, name)).length);
      expect(sha256, name).toMatch(/^[0-9a-f]{64}$/);
    }
    expect(report.containers.find(({ name }) => name === "uki.bpf")).toEqual({
      name: "uki.bpf",
      sections: [
        { name: ".bpf.1", file: "uki_bytecode.o" },
        { name: ".bpf.nested/.bpf.1", file: "zboot_bytecode.o" },
        { name: ".bpf.nested/.bpf.2", file: "plain_bytecode.o" },
      ],
      takes: [["uki"], ["zboot", "plain"]],
    });
    expect(report.containers.map(({ name }) => name).sort()).toEqual(["plain.bpf", "uki.bpf", "zboot.bpf"]);
    expect(machine.ran()).toEqual([
      ...Array(3).fill("bpftool gen skeleton"),
      ...["plain", "uki", "zboot"].map((name) => `clang ${name}_parser_bpf.c`),
    ]);
  });

  it("runs what is out of date, all where that is asked for, and tells it ahead", async () => {
    const one = request({ goals: ["zboot.bpf"] });
    const all = names(await goalsToRun(one, context));
    expect(existsSync(dirname(one.out))).toBe(false);
    expect((await build(one)).report.ran).toBe(all.length);
    expect(names(await goalsToRun(one, context))).toEqual([]);
    expect((await build(one)).report.ran).toBe(0);
    expect(names(await goalsToRun({ ...one, always: true }, context))).toEqual(all);
    rmSync(join(one.out, "zboot_parser_bpf.o"));
    const after = ["zboot_parser_bpf.o", "zboot_parser_bpf.lskel.h", "zboot_bytecode.o", "zboot.bpf"];
    expect(names(await goalsToRun(one, context))).toEqual(after);
    expect((await build(one)).report.ran).toBe(1);
    expect((await build({ ...one, always: true })).report.ran).toBe(all.length);
  });

  it("watches inputs, outputs, tools, headers that only showed, and where other tools might turn up", async () => {
    const targetFolders = [newFolder("own")];
    const one = request({ goals: ["zboot.bpf"], targetFolders });
    const before = Date.now();
    const found = write(join(machine.folder, "found.h"), "");
    write(join(machine.folder, "found"), found);
    const { watched, since, report } = await build(one);
    write(join(machine.folder, "found"), "");
    const { folder, vmlinux, image, include, header } = machine;
    const { templates } = context;
    for (const path of [
      ...[
        vmlinux,
        image,
        header,
        include,
        templates,
        join(templates, "partials"),
        join(templates, "uki.json"),
      ],
      ...[join(folder, "bin"), join(folder, "bin/clang"), join(folder, "bin/bpftool"), found],
      ...[join(one.out, "zboot.bpf"), ...targetFolders, join(targetFolders[0] ?? "", "partials")],
    ]) {
      expect(watched).toContain(path);
    }
    expect(watched).not.toContain("relative");
    expect(new Set(watched).size).toBe(watched.length);
    expect(since).toBeGreaterThanOrEqual(before);
    expect(report.milliseconds).toBeGreaterThanOrEqual(0);
  });

  it("in a kernel tree takes what makes the helpers' declarations from there, or watches for it", async () => {
    const tree = newFolder("tree");
    const one = request({ goals: ["image_size.h"] });
    const kernel = { ...one.kernel, tree };
    const docs = [join(tree, "tools/include/uapi/linux/bpf.h"), join(tree, "scripts/bpf_doc.py")];
    const first = await build({ ...one, kernel });
    expect(first.watched).toEqual(expect.arrayContaining([...docs, join(tree, "tools/lib/bpf")]));
    const from = async () => {
      const rules = expectValue(await goalsToRun({ ...one, kernel, goals: ["bpf_helper_defs.h"] }, context));
      return rules[0]?.inputs;
    };
    write(docs[0] ?? "", "");
    expect(await from()).toEqual([join(machine.include, "bpf/bpf_helper_defs.h")]);
    write(docs[1] ?? "", "");
    expect(await from()).toEqual(docs);
  });

  it("leaves a manifest of what had an effect", async () => {
    const one = request({ goals: ["zboot"], limits: { ...BLANK.limits, initramfs: machine.initrd } });
    await build(one);
    const manifest = JSON.parse(readFileSync(join(one.out, "zboot.manifest.json"), "utf8"));
    const { externalParameters } = manifest.predicate.buildDefinition;
    expect(externalParameters).toMatchObject({
      kernel: { release: "6.12" },
      image: { release: "6.13" },
      sizes: { initrd: 6 },
    });
    expect(JSON.stringify(manifest)).toContain(version);
    const inputs = manifest.predicate.buildDefinition.resolvedDependencies;
    for (const file of [machine.initrd, machine.image, machine.vmlinux]) {
      const digests = inputs.filter(({ name }: { name: string }) =>
        name.endsWith(file.slice(file.lastIndexOf("/"))),
      );
      expect(digests).toMatchObject([{ digest: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) } }]);
    }
  });

  it("tidies up after one that was killed", async () => {
    const one = request({ goals: ["image_size.h"] });
    await build(one);
    const folders = [one.out, join(one.out, ".kexec-bpf")];
    const left = folders.map((folder) => write(join(folder, ".x.99999999999-1.kexec-bpf"), ""));
    await build(one);
    expect(left.filter((file) => existsSync(file))).toEqual([]);
  });
});

describe("a build is for", () => {
  const image = ["image_size.h"];
  const limits = { ...BLANK.limits, kernel: 1000 };
  it("the machine that is asked for, else the image's, else that of the types, else this one", async () => {
    const { vmlinux, header: vmlinuxHeader } = machine;
    const builder = new BtfBuilder();
    builder.struct("loongarch_fpu", 4, [{ name: "fcsr", type: builder.int("int", 4, 1), at: 0 }]);
    const types = async () => decodeBtf(builder.build());
    const sharing = { kernels: { ...machine.sharing.kernels, types } };
    const arch = async (more: Partial<BuildRequest>) => {
      const kernel = { ...BLANK.kernel, vmlinux, vmlinuxHeader };
      const { report } = await build(request({ goals: image, limits, kernel, ...more }), { sharing });
      return report.arch;
    };
    expect(await arch({ arch: "riscv" })).toBe("riscv");
    expect(await arch({ kernel: request().kernel })).toBe("arm64");
    expect(await arch({})).toBe("loongarch");
    expect(await arch({ kernel: { ...BLANK.kernel, vmlinuxHeader } })).toBe(hostArchitecture());
  });

  it("images of its targets' own formats, which measure them", async () => {
    const own = newFolder("own");
    const template = "struct scratch { int x; };\n";
    const parts = { v7: { kernel: "COPY" } };
    write(join(own, "own.hbs"), template);
    write(
      join(own, "own.json"),
      JSON.stringify({ description: "d", body: { v7: "own" }, parts, reference: "own.mjs" }),
    );
    write(
      join(own, "own.mjs"),
      `export default { name: "own", parse: ({ image }) => ({ parts: { kernel: { command: "COPY", offset: 0, size: 2 } } }) };`,
    );
    for (const [goals, kernel] of [
      [["own_parser_bpf.c"], 65_736],
      [["own", "zboot"], 65_538],
      [["all"], 65_538],
    ] as const) {
      const { sizes } = expectValue(
        await prepare(request({ goals, targetFolders: [own] }), { ...context, state: contextWith().state }),
      ).plan;
      expect(sizes.kernel).toBe(kernel);
    }
  });

  it("people with all types, which are kept for other builds where several share them", async () => {
    const { vmlinux, image } = machine;
    const cache = newFolder("headers");
    const one = request({ goals: ["vmlinux.h"], kernel: { ...BLANK.kernel, vmlinux, image } });
    const sharing = { ...machine.sharing, headers: new KernelHeaders(cache) };
    const skeleton = readFileSync(join(machine.folder, "skeleton"), "utf8");
    await build(one, { sharing });
    expect(readFileSync(join(one.out, "vmlinux.h"), "utf8")).toBe(skeleton);
    expect(machine.ran()).toEqual(["bpftool btf dump"]);
    const another = request({ ...one }, join(newFolder(), "another"));
    await build(another, { sharing, state: contextWith().state });
    expect(readFileSync(join(another.out, "vmlinux.h"), "utf8")).toBe(skeleton);
    expect(machine.ran()).toEqual([]);
    expect(readdirSync(cache).sort()).toContain("ac");
  });
});

describe("work that folders share", () => {
  it("is done once, where what a parser reaches of the sizes is the same", async () => {
    const sharing = {
      ...machine.sharing,
      work: new WorkSharing({
        own: new ActionCache(directoryStore(newFolder("shared")), "both", () => undefined),
        other: undefined,
      }),
    };
    const goals = ["zboot_parser_bpf.lskel.h"];
    await build(request({ goals }), { sharing });
    expect(machine.ran()).toEqual(["bpftool gen skeleton", "clang zboot_parser_bpf.c"]);
    const limits = { ...BLANK.limits, kernel: 65_736 };
    await build(request({ goals, limits }), { sharing, state: contextWith().state });
    expect(machine.ran()).toEqual([]);
    await build(request({ goals, limits: { ...limits, kernel: 70_000_000 } }), {
      sharing,
      state: contextWith().state,
    });
    expect(machine.ran()).toEqual(["clang zboot_parser_bpf.c"]);
  });
});

/** A folder with a target whose template is missing. */
function ownTarget(more: object): string {
  const folder = newFolder("own");
  const description = { description: "d", body: { v7: "own" }, parts: { v7: { kernel: "COPY" } }, ...more };
  write(join(folder, "own.json"), JSON.stringify(description));
  return folder;
}

describe("a build that fails", () => {
  it("leaves nothing where it has nothing to show, but what was there", async () => {
    const out = join(newFolder(), "a/b");
    expect(await fails(request({ goals: ["none"] }, out))).toMatchObject({
      reason: "unknown-goal",
      goal: "none",
    });
    const kernel = { ...BLANK.kernel, vmlinux: "/none" };
    expect(await fails(request({ kernel }, out))).toMatchObject({ reason: "input-not-found" });
    expect(existsSync(dirname(out))).toBe(false);
    write(join(dirname(out), "another's"), "");
    expect(await fails(request({ kernel }, out))).toMatchObject({ reason: "input-not-found" });
    expect(readdirSync(dirname(out))).toEqual(["another's"]);
    const built = request({ goals: ["image_size.h"] }, out);
    await build(built);
    await fails({ ...built, goals: ["none"] });
    expect(readdirSync(out).sort()).toEqual([".kexec-bpf", "image_size.h"]);
  });

  it("remembers what was finished", async () => {
    const one = request({ goals: ["zboot.bpf"] });
    const broken = write(join(machine.folder, "broken"), "");
    expect(await fails(one)).toMatchObject({ reason: "tool-failed", tool: "clang" });
    rmSync(broken);
    const text = readFileSync(join(one.out, ".kexec-bpf/state.json"), "utf8");
    expect(text).toContain(`{"version":${STATE_VERSION},`);
    expect(text).toContain('"zboot_parser_bpf.c"');
    expect(names(await goalsToRun(one, context))).not.toContain("zboot_parser_bpf.c");
  });

  it.each<[string, () => Partial<BuildRequest>, object]>([
    [
      "targets that cannot be read",
      () => ({ targetFolders: ["/none"] }),
      { reason: "file-failed", file: "/none" },
    ],
    ["goals of no target", () => ({ goals: ["zboot", "zbot"] }), { reason: "unknown-goal", goal: "zbot" }],
    [
      "a kernel without parsers",
      () => ({ arch: "x86", goals: ["plain"] }),
      { reason: "bad-target", target: "plain" },
    ],
    [
      "an image that is not there",
      () => ({ kernel: { ...request().kernel, image: "/none" } }),
      { tried: ["/none"] },
    ],
    [
      "a kernel that is not there",
      () => ({ kernel: { ...request().kernel, vmlinux: "/none", vmlinuxHeader: undefined } }),
      { reason: "input-not-found", what: "vmlinux" },
    ],
    [
      "a target that nests one which is not there",
      () => ({ targetFolders: [ownTarget({ nested: { arm64: ["nothing"] } })] }),
      { reason: "bad-target", target: "own" },
    ],
    ["a target without its body", () => ({ targetFolders: [ownTarget({})] }), { reason: "file-failed" }],
    ["a missing clang", () => ({ tools: { ...BLANK.tools, clang: "no-clang" } }), { reason: "tool-missing" }],
    [
      "a missing initramfs",
      () => ({ ...packing(undefined) }),
      { reason: "input-not-found", what: "the initramfs" },
    ],
  ])("says so: %s", async (_what, more, failure) => {
    expect(await fails(request(more()))).toMatchObject(failure);
    expect(expectFailure(await goalsToRun(request(more()), context))).toMatchObject(failure);
  });

  it("refuses an output folder that tools cannot be told of", async () => {
    const one = request({}, join(newFolder(), "\udcff"));
    const failure = { reason: "unsupported", what: "an output folder whose name is not UTF-8" };
    expect(await fails(one)).toMatchObject(failure);
    expect(expectFailure(await goalsToRun(one, context))).toMatchObject(failure);
  });

  it("says that an output folder cannot be made", async () => {
    expect(await fails(request({}, join(machine.initrd, "out")))).toMatchObject({ reason: "file-failed" });
  });
});

const packing = (initrd: string | undefined, kernel?: string): Partial<BuildRequest> => ({
  ...{ goals: ["zboot_image.elf"], envelope: { kernel, initrd, cmdline: "quiet" } },
});

describe("an envelope", () => {
  it("is packed where a goal asks for one", async () => {
    const one = request(packing(machine.initrd, machine.zboot));
    const { report } = await build(one);
    expect(report.outputs.map(({ name }) => name)).toEqual([
      "zboot_image.elf",
      "zboot_image.elf.manifest.json",
    ]);
    expect(report.containers).toEqual([]);
    const manifest = JSON.parse(readFileSync(join(one.out, "zboot_image.elf.manifest.json"), "utf8"));
    const sha256 = report.outputs[0]?.sha256;
    expect(manifest.subject).toMatchObject([{ name: "zboot_image.elf", digest: { sha256 } }]);
    const none = await goalsToRun({ ...one, goals: ["zboot_image"] }, context);
    expect(expectFailure(none)).toMatchObject({ known: expect.arrayContaining(["zboot_image.elf"]) });
    const unpacked = await goalsToRun(request({ goals: ["zboot_image.elf"] }), context);
    const known = [
      ...["plain", "uki", "zboot", "all", "vmlinux.h", "bpf_helper_defs.h", "image_size.h"],
      ...["plain", "uki", "zboot"].flatMap((target) => [
        ...filesOf(target),
        ...[`${target}.bpf`, `${target}.proof.json`, `${target}.manifest.json`],
      ]),
      ...["bytecode.c", "bytecode.o"],
    ];
    expect(expectFailure(unpacked)).toEqual({ reason: "unknown-goal", goal: "zboot_image.elf", known });
  });

  it("takes the tree's zboot image, an initrd that is there, and tells an empty one", async () => {
    const tree = newFolder("tree");
    const empty = write(join(newFolder(), "empty"), "");
    const one = request({ ...packing(empty), arch: "arm64", kernel: { ...request().kernel, tree } });
    expect(await fails(one)).toMatchObject({ reason: "input-not-found", what: "the zboot image" });
    const zboot = join(tree, "arch/arm64/boot/vmlinuz.efi");
    mkdirSync(dirname(zboot), { recursive: true });
    symlinkSync(machine.zboot, zboot);
    const { watched } = await build(one);
    expect(watched).toContain(zboot);
    expect(watched).toContain(join(one.out, "arch/arm64/boot/vmlinuz.efi"));
    expect(context.heard.notes).toContain(`${empty} is empty: .initrd will be, too`);
    expect(await fails(request(packing("/none", machine.zboot)))).toMatchObject({ reason: "file-failed" });
    context.heard.notes.length = 0;
    await build(request(packing(machine.initrd, machine.zboot)));
    expect(context.heard.notes.join()).not.toContain("empty");
  });
});

describe("signed skeletons", () => {
  const signing = (more: Partial<BuildRequest["signing"]> = {}): Partial<BuildRequest> => {
    const certificate = write(
      join(newFolder(), "cert.pem"),
      "-----BEGIN CERTIFICATE-----\nbm9uZQ==\n-----END CERTIFICATE-----\n",
    );
    return { signing: { key: machine.initrd, certificate, allowWeak: true, ...more }, goals: ["zboot.bpf"] };
  };

  it("are made by a bpftool that signs, with a key that kernels take or that is allowed", async () => {
    const one = request({ ...signing(), goals: ["zboot"] });
    const { report } = await build(one);
    expect(report.outputs.map(({ name }) => name)).toContain("zboot_parser_bpf.lskel.h");
    expect(existsSync(join(one.out, ".kexec-bpf/zboot_parser_bpf.lskel.h"))).toBe(true);
    const { command } = JSON.parse(readFileSync(join(one.out, "zboot.manifest.json"), "utf8")).predicate
      .buildDefinition.externalParameters;
    expect(command).toEqual(expect.arrayContaining(["--sign-key", "--sign-cert", "--allow-weak"]));
    const [goal] = expectValue(
      await goalsToRun({ ...request(signing()), goals: ["zboot_parser_bpf.lskel.h"] }, context),
    ).slice(-1);
    expect(goal).toMatchObject({
      label: "SIGN",
      inputs: ["zboot_parser_bpf.o", expect.stringContaining("cert.pem")],
    });
    expect(await fails(request(signing({ allowWeak: false })))).toMatchObject({ reason: "signature-failed" });
  });

  it("need key, certificate and such a bpftool", async () => {
    expect(await fails(request(signing({ key: "/none.key" })))).toMatchObject({ file: "/none.key" });
    expect(await fails(request(signing({ certificate: "/none.pem" })))).toMatchObject({ file: "/none.pem" });
    const noPem = write(join(newFolder(), "none.pem"), "none");
    expect(await fails(request(signing({ certificate: noPem })))).toMatchObject({ reason: "malformed" });
    const unsigned = write(join(machine.folder, "unsigned"), "");
    expect(await fails(request(signing()))).toMatchObject({
      ...{
        reason: "tool-too-old",
        tool: "bpftool",
        version: "7.5.0",
        path: join(machine.folder, "bin/bpftool"),
      },
    });
    rmSync(unsigned);
  });
});

describe("a proof", () => {
  it("is left beside each container where it is asked for, and what is not proven fails the build", async () => {
    const proven: string[] = [];
    const prover: Prover = {
      identity: "1",
      prove: async (container, certificate) => {
        proven.push(container);
        writeFileSync(certificate, "proof");
        return ok(undefined);
      },
    };
    const one = request({ goals: ["zboot"], prove: true });
    const { report } = await build(one, { prover });
    expect(proven).toEqual([join(one.out, "zboot.bpf")]);
    expect(report.outputs.map(({ name }) => name)).toContain("zboot.proof.json");
    const { outputs } = (await build(request({ goals: ["zboot"] }), { prover })).report;
    expect(outputs.map(({ name }) => name)).not.toContain("zboot.proof.json");
    const failure = { reason: "unsupported", what: "this", detail: "so" } as const;
    const refusing: Prover = { ...prover, identity: "2", prove: async () => ({ ok: false, failure }) };
    expect(await fails(one, { prover: refusing })).toEqual(failure);
  });
});
