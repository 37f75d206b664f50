import { execFileSync } from "node:child_process";
import { appendFileSync, cpSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { manifestFiles, manifestFor, nameOf, pathOf, writeManifest } from "#manifest/manifest.ts";
import { version } from "#package.json";
import { cli, cliOk } from "../support/cli.ts";
import { expectValue } from "../support/expect-value.ts";
import { kernelTree, newFolder, write } from "../support/kernel-tree.ts";
import { arm64Image } from "../support/real-inputs.ts";

const sha256sum = (file: string): string =>
  execFileSync("sha256sum", [file], { encoding: "utf8" }).slice(0, 64);

/** What python's json makes of a file, through an expression over `m`. */
function python(file: string, expression: string): string {
  const script = `import json, sys; m = json.load(open(sys.argv[1])); print(${expression})`;
  return execFileSync("python3", ["-c", script, file], { encoding: "utf8" }).trim();
}

const DEFINITION = 'm["predicate"]["buildDefinition"]';

/** A tree whose vmlinux may be changed, built; cloned for the tests that change something. */
let built: string;
beforeAll(async () => {
  const { root, kexec, vmlinux } = kernelTree({ name: "place/linux", ownVmlinux: true });
  const sections = {
    ".notes": Buffer.from("040000000300000003000000474e5500abcdef00", "hex"),
    ".rodata": Buffer.from(`Linux version ${RELEASE} (a@b) #1`),
  };
  for (const [name, bytes] of Object.entries(sections)) {
    const file = write(join(newFolder(), "section"), bytes);
    execFileSync("objcopy", ["--add-section", `${name}=${file}`, vmlinux]);
  }
  await cliOk(["make", "all", "ARCH=arm64", "O=."], { cwd: kexec });
  built = root;
});

function clone(name = "place/linux"): { readonly root: string; readonly kexec: string } {
  const root = join(newFolder(name), "tree");
  cpSync(built, root, { recursive: true, verbatimSymlinks: true });
  return { root, kexec: join(root, "tools/kexec") };
}

/** What the tree's vmlinux says of itself, beside its BTF. */
const RELEASE = "6.9.0-test";

describe("a build's manifest", () => {
  const manifest = () => join(built, "tools/kexec/uki.manifest.json");

  it("is an in-toto statement with SLSA provenance", () => {
    const types = '[m["_type"], m["predicateType"], list(m), list(m["predicate"])]';
    expect(python(manifest(), types)).toBe(
      "['https://in-toto.io/Statement/v1', 'https://slsa.dev/provenance/v1', " +
        "['_type', 'subject', 'predicateType', 'predicate'], ['buildDefinition', 'runDetails']]",
    );
  });

  it("has the goal's files, what it nests included, with the digests that sha256sum prints", () => {
    const lines = python(
      manifest(),
      '"\\n".join(s["digest"]["sha256"] + "  " + s["name"] for s in m["subject"])',
    );
    const names = lines.split("\n").map((line) => line.slice(66));
    expect(names).toEqual(expect.arrayContaining(["uki.bpf", "zboot.bpf", "vmlinux.h", "uki_bytecode.o"]));
    expect(names).toHaveLength(3 + 3 * 6);
    execFileSync("sha256sum", ["--check", "--strict"], { cwd: dirname(manifest()), input: `${lines}\n` });
  });

  it("has the inputs: kernel files, the tree's scripts, libbpf's headers, templates by the program's own names", () => {
    const lines = python(
      manifest(),
      `"\\n".join(s["digest"]["sha256"] + "  " + s["name"] for s in ${DEFINITION}["resolvedDependencies"])`,
    ).split("\n");
    const byName = new Map(lines.map((line) => [line.slice(66), line.slice(0, 64)]));
    expect(byName.get("../../vmlinux")).toBe(sha256sum(join(built, "vmlinux")));
    expect(byName.get("../../arch/arm64/boot/Image")).toBe(sha256sum(arm64Image()));
    expect(byName.get("../../scripts/bpf_doc.py")).toBe(sha256sum(join(built, "scripts/bpf_doc.py")));
    expect(byName.get("kexec-bpf:templates/uki.hbs")).toBe(sha256sum("templates/uki.hbs"));
    expect([...byName.keys()].filter((name) => name.endsWith("/bpf_helpers.h"))).toHaveLength(1);
    expect([...byName.keys()].join()).not.toContain(".kexec-bpf");
  });

  it("has the kernel's release, the ABI, sizes, and the versions of program and tools", () => {
    const parameters = JSON.parse(python(manifest(), `json.dumps(${DEFINITION}["externalParameters"])`));
    const release = arm64Image().replace(/.*vmlinuz-/, "");
    expect(parameters).toMatchObject({
      target: "uki",
      arch: "arm64",
      abi: { revision: "v7", source: "built-in" },
      kernel: { release: RELEASE, buildId: "abcdef" },
      image: { release },
    });
    const details = JSON.parse(python(manifest(), 'json.dumps(m["predicate"]["runDetails"])'));
    expect(details.builder.version).toMatchObject({ "kexec-bpf": version, clang: /^/, bpftool: /^/ });
    expect(details.metadata).toBeUndefined();
  });

  it("is the same for the same build at another place, and has a command that makes the same again", async () => {
    const { kexec } = clone("elsewhere/x/linux");
    rmSync(join(kexec, ".kexec-bpf"), { recursive: true });
    const text = readFileSync(join(kexec, "uki.manifest.json"), "utf8");
    for (const name of ["uki.manifest.json", "uki.bpf", "zboot.bpf"]) rmSync(join(kexec, name));
    const command = JSON.parse(text).predicate.buildDefinition.externalParameters.command as string[];
    expect(command.slice(0, 3)).toEqual(["kexec-bpf", "build", "uki"]);
    await cliOk(command.slice(1), { cwd: kexec });
    expect(readFileSync(join(kexec, "uki.manifest.json"), "utf8")).toBe(text);
  });

  it("bears a time only when SOURCE_DATE_EPOCH gives one", async () => {
    const { kexec } = clone();
    const make = (epoch: string) =>
      cli(["make", "uki", "ARCH=arm64", "O=."], { cwd: kexec, env: { SOURCE_DATE_EPOCH: epoch } });
    await make("1700000000");
    const file = join(kexec, "uki.manifest.json");
    expect(python(file, 'm["predicate"]["runDetails"]["metadata"]')).toBe(
      "{'finishedOn': '2023-11-14T22:13:20Z'}",
    );
    const wrong = await make("yesterday");
    expect(wrong).toMatchObject({ status: 2 });
    expect(wrong.stderr).toContain("SOURCE_DATE_EPOCH=yesterday is no number of seconds since 1970\n");
    await make("");
    expect(readFileSync(file).equals(readFileSync(join(built, "tools/kexec/uki.manifest.json")))).toBe(true);
  });

  it("is made again alone when an input changes of which nothing else comes", async () => {
    const { root, kexec } = clone();
    // Behind the section headers: the BTF stays as it is.
    appendFileSync(join(root, "vmlinux"), "more");
    const { stdout } = await cliOk(["make", "zboot", "ARCH=arm64", "O=."], { cwd: kexec });
    expect(stdout).toBe("  GEN      zboot.manifest.json\n");
    expect(readFileSync(join(kexec, "zboot.manifest.json"), "utf8")).toContain(
      sha256sum(join(root, "vmlinux")),
    );
  });

  it("is not made for single files", async () => {
    const { root } = kernelTree();
    const out = newFolder();
    const words = ["build", "image_size.h", "--kernel-tree", root, "--arch", "arm64", "-o", out, "--json"];
    const { stdout } = await cliOk(words, { cwd: out });
    expect(JSON.parse(stdout).outputs.map(({ name }: { name: string }) => name)).toEqual(["image_size.h"]);
  });
});

describe("kexec-bpf check", () => {
  const check = (folder: string, ...words: readonly string[]) =>
    cli(["check", "zboot.manifest.json", ...words], { cwd: folder });
  /** The lines that are not ok, without the table's spaces. */
  const differing = (stdout: string): string[] =>
    stdout
      .split("\n")
      .map((line) => line.replaceAll(/ +/g, " "))
      .filter((line) => /^(input|output) (changed|missing)/.test(line));

  it("finds all in order after the tree has moved", async () => {
    const { root } = clone();
    const moved = `${root}-moved`;
    renameSync(root, moved);
    const { status, stdout } = await check(join(moved, "tools/kexec"), "--inputs");
    expect({ status, differing: differing(stdout) }).toEqual({ status: 0, differing: [] });
    expect(stdout).toMatch(/^output +ok +zboot\.bpf$/m);
    expect(stdout).toMatch(/^input +ok +kexec-bpf:templates\/frame\.hbs$/m);
  });

  it("fails for changed and missing outputs, and names them", async () => {
    const { kexec } = clone();
    appendFileSync(join(kexec, "zboot.bpf"), "!");
    rmSync(join(kexec, "zboot_bytecode.o"));
    const { status, stdout } = await check(kexec);
    expect(status).toBe(1);
    expect(differing(stdout)).toEqual(["output missing zboot_bytecode.o", "output changed zboot.bpf"]);
    const json = await check(kexec, "--json");
    expect(json.status).toBe(1);
    const report = JSON.parse(json.stdout);
    expect(report).toMatchObject({ schema: 1, ok: false, manifest: join(kexec, "zboot.manifest.json") });
    const of = (name: string) => report.outputs.find((file: { name: string }) => file.name === name);
    expect(of("zboot.bpf")).toMatchObject({ state: "changed", found: sha256sum(join(kexec, "zboot.bpf")) });
    expect(of("zboot_bytecode.o")).toEqual({
      name: "zboot_bytecode.o",
      state: "missing",
      expected: sha256sum(join(built, "tools/kexec/zboot_bytecode.o")),
    });
  });

  it("says what inputs are missing or changed, and fails for them with --inputs alone", async () => {
    const { root, kexec } = clone();
    rmSync(join(root, "vmlinux"));
    appendFileSync(join(root, "scripts/bpf_doc.py"), "#");
    const { status, stdout } = await check(kexec);
    expect(status).toBe(0);
    expect(differing(stdout)).toEqual([
      "input missing ../../vmlinux",
      "input changed ../../scripts/bpf_doc.py",
    ]);
    expect((await check(kexec, "--inputs")).status).toBe(1);
    const json = JSON.parse((await check(kexec, "--json")).stdout);
    expect(json.ok).toBe(true);
  });

  it("takes a device or a folder of an output's name for no file", async () => {
    const { kexec } = clone();
    const file = join(kexec, "zboot.manifest.json");
    const text = readFileSync(file, "utf8");
    for (const name of ["/dev/zero", "..", "zboot.bpf/x"]) {
      write(file, text.replace('"name": "zboot.bpf"', `"name": "${name}"`));
      const { status, stdout } = await check(kexec);
      expect(status).toBe(1);
      expect(differing(stdout)).toEqual([`output missing ${name}`]);
    }
  });

  const base = {
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ name: "a", digest: { sha256: "0".repeat(64) } }],
    predicateType: "https://slsa.dev/provenance/v1",
    predicate: { buildDefinition: { buildType: "urn:kexec-bpf:command:v1", resolvedDependencies: [] } },
  };
  const definition = base.predicate.buildDefinition;
  it.each<[unknown, string]>([
    [
      { ...base, _type: "https://in-toto.io/Statement/v2" },
      '$._type is not supported: "https://in-toto.io/Statement/v2", must be "https://in-toto.io/Statement/v1"',
    ],
    [{ ...base, predicateType: undefined }, "$.predicateType is not supported: nothing"],
    [{ ...base, predicate: [] }, "$.predicate.buildDefinition.buildType is not supported: nothing"],
    [
      { ...base, predicate: { buildDefinition: { ...definition, buildType: "urn:kexec-bpf:command:v2" } } },
      '$.predicate.buildDefinition.buildType is not supported: "urn:kexec-bpf:command:v2"',
    ],
    [{ ...base, subject: [] }, "$.subject is not supported: no outputs"],
    [{ ...base, subject: {} }, "$.subject is not supported: {}, must be a list"],
    [{ ...base, subject: [{ digest: {} }] }, "$.subject[0].name is not supported: nothing"],
    [
      { ...base, subject: [{ name: "a\u001b[2J", digest: {} }] },
      '$.subject[0].name is not supported: "a\\u001b[2J"',
    ],
    [
      { ...base, subject: [...base.subject, { name: "a", digest: { sha256: "00" } }] },
      '$.subject[1].digest.sha256 is not supported: "00", must be 64 hexadecimal digits',
    ],
    [
      { ...base, predicate: { buildDefinition: { ...definition, resolvedDependencies: null } } },
      "$.predicate.buildDefinition.resolvedDependencies is not supported: null",
    ],
    [[], "$._type is not supported: nothing"],
    ["text", "$._type is not supported: nothing"],
  ])("refuses %j", async (manifest, says) => {
    const folder = newFolder();
    const file = write(join(folder, "zboot.manifest.json"), JSON.stringify(manifest));
    const outcome = await check(folder);
    expect(outcome).toMatchObject({ status: 1, stdout: "" });
    expect(outcome.stderr).toContain(`kexec-bpf: ${file}: manifest ${says}`);
  });

  it("refuses what is no JSON, and what is not there", async () => {
    const folder = newFolder();
    expect((await check(folder)).stderr).toContain(
      "zboot.manifest.json: cannot read: no such file or folder (ENOENT)\n",
    );
    write(join(folder, "zboot.manifest.json"), "{");
    expect((await check(folder)).stderr).toContain("manifest $ is not supported: it is no JSON: ");
  });
});

describe("a manifest of any command", () => {
  it("is written from paths, and checks", async () => {
    const folder = newFolder();
    const [input, output] = [write(join(folder, "in"), "in"), write(join(folder, "out/packed"), "packed")];
    const inputs = expectValue(await manifestFiles([input]));
    const outputs = expectValue(await manifestFiles([output]));
    const request = {
      file: join(folder, "out/packed.manifest.json"),
      command: ["kexec-bpf", "pack", "container"],
      parameters: { machine: 183 },
      inputs,
      outputs,
      tools: { "kexec-bpf": version },
      program: process.cwd(),
      sourceDateEpoch: undefined,
    };
    expect(await writeManifest(request)).toEqual({ ok: true, value: undefined });
    expect(manifestFor(request)).toEqual({ ok: true, value: readFileSync(request.file, "utf8") });
    expect(python(request.file, `${DEFINITION}["externalParameters"]`)).toBe(
      "{'command': ['kexec-bpf', 'pack', 'container'], 'machine': 183}",
    );
    const { status, stdout } = await cli(["check", "packed.manifest.json", "--inputs"], {
      cwd: join(folder, "out"),
    });
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: "        state  file\noutput  ok     packed\ninput   ok     ../in\n",
    });
  });

  it.each([
    ["/home/a/out/x", "/home/a/out", "x"],
    ["/home/a/x", "/home/a/out", "../x"],
    ["/home/b/x", "/home/a/out", "../../b/x"],
    ["/usr/include/x.h", "/home/a/out", "/usr/include/x.h"],
    ["/opt/kexec-bpf/templates/frame.hbs", "/home/a/out", "kexec-bpf:templates/frame.hbs"],
    ["/opt/kexec-bpf/out/x", "/opt/kexec-bpf/out", "x"],
  ])("names %s from %s as %s, and finds it again", (path, folder, name) => {
    expect(nameOf(path, folder, "/opt/kexec-bpf")).toBe(name);
    expect(pathOf(name, folder, "/opt/kexec-bpf")).toBe(path);
  });
});
