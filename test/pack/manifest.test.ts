import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import { version } from "#package.json";
import { cli } from "../support/cli.ts";
import { newFolder, write } from "../support/kernel-tree.ts";
import { output } from "../support/tools.ts";
import { bytecode, imageFor, Workplace, zbootFor } from "./samples.ts";

type Entry = { readonly name: string; readonly digest: { readonly sha256: string } };
type Statement = {
  readonly subject: readonly Entry[];
  readonly predicate: {
    readonly buildDefinition: {
      readonly externalParameters: { readonly command: readonly string[]; readonly kind: string };
      readonly resolvedDependencies: readonly Entry[];
    };
    readonly runDetails: { readonly builder: { readonly version: Record<string, string> } };
  };
};

const manifestOf = (place: Workplace, name: string): Statement =>
  JSON.parse(place.read(`${name}.manifest.json`).toString());

async function workplace(): Promise<Workplace> {
  const place = new Workplace();
  place.file("kernel", await zbootFor("arm64"));
  place.file("Image", imageFor("arm64"));
  place.file("initrd", Buffer.alloc(700_000, "an initrd "));
  place.file("cmdline", "root=/dev/vda1\n");
  place.file("bytecode.o", bytecode());
  place.file("stub.efi", await zbootFor("arm64"));
  await place.ok("pack", "uki", "--linux", "kernel", "-o", "stub.efi", "--no-manifest");
  return place;
}

const CASES: readonly (readonly [words: readonly string[], inputs: readonly string[]])[] = [
  [
    ["envelope", "kernel", "initrd", "@cmdline"],
    ["kernel", "initrd", "cmdline"],
  ],
  [["envelope", "kernel", "/dev/null", "quiet"], ["kernel"]],
  [
    ["pe", "kernel", "bytecode.o"],
    ["kernel", "bytecode.o"],
  ],
  [["container", "--section", ".bpf.1=bytecode.o", "--section", ".bpf.2=bytecode.o"], ["bytecode.o"]],
  [["zboot", "Image", "--compress", "gzip"], ["Image"]],
  [
    ["zboot", "Image", "--compress", "zstd22", "--stub", "stub.efi"],
    ["Image", "stub.efi"],
  ],
  [
    ["uki", "--initrd", "initrd", "--linux", "kernel", "--cmdline", "@cmdline", "--profile", "ID=x\n"],
    ["initrd", "kernel", "cmdline"],
  ],
  [
    ["uki", "--section", ".x=initrd", "--initrd", "initrd", "--stub", "stub.efi", "--cmdline=-x"],
    ["initrd", "stub.efi"],
  ],
];

describe("pack's manifest", () => {
  test.each(CASES)("of %j has output and inputs as sha256sum has them, and checks", async (words, inputs) => {
    const place = await workplace();
    await place.ok("pack", ...words, "-o", "out");
    const { subject, predicate } = manifestOf(place, "out");
    expect(subject.map(({ name }) => name)).toEqual(["out"]);
    const found = predicate.buildDefinition.resolvedDependencies;
    expect(found.map(({ name }) => name).sort()).toEqual([...inputs].sort());
    const sums = [...subject, ...found].map(({ name, digest }) => `${digest.sha256}  ${name}\n`).join("");
    execFileSync("sha256sum", ["--check", "--strict"], { cwd: place.folder, input: sums, stdio: "pipe" });
    expect(predicate.runDetails.builder.version).toEqual({ "kexec-bpf": version });
    expect((await place.run("check", "out.manifest.json", "--inputs")).status).toBe(0);
  });

  test.each(CASES)("of %j has a command that makes the same again", async (words) => {
    const place = await workplace();
    await place.ok("pack", ...words, "-o", "out", "--json");
    const [made, manifest] = [place.read("out"), place.read("out.manifest.json")];
    const [program, ...again] = manifestOf(place, "out").predicate.buildDefinition.externalParameters.command;
    expect(program).toBe("kexec-bpf");
    await place.ok(...again);
    expect(place.read("out").equals(made)).toBe(true);
    expect(place.read("out.manifest.json").toString()).toBe(manifest.toString());
  });

  test("names files from its own folder, whatever the user's one is", async () => {
    const place = await workplace();
    const text = place.file("-text", "quiet");
    const there = newFolder("there");
    await place.ok("pack", "envelope", "-o", join(there, "-out"), "--", "kernel", "./initrd", `@${text}`);
    const { externalParameters } = JSON.parse(
      execFileSync("cat", ["--", "-out.manifest.json"], { cwd: there, encoding: "utf8" }),
    ).predicate.buildDefinition;
    const up = relative(there, place.folder);
    expect(externalParameters.command).toEqual([
      ...["kexec-bpf", "pack", "envelope", "--output", "./-out"],
      ...[`${up}/kernel`, `${up}/initrd`, `@${up}/-text`],
    ]);
  });

  test("is not written with --no-manifest; an older one no longer fits, which check says", async () => {
    const place = await workplace();
    const pack = (...words: readonly string[]) =>
      place.ok("pack", "envelope", "kernel", "initrd", "quiet", "-o", "out", ...words);
    await pack("--no-manifest");
    expect(existsSync(place.path("out.manifest.json"))).toBe(false);
    await pack();
    expect((await place.run("check", "out.manifest.json")).status).toBe(0);
    appendFileSync(place.path("initrd"), "more");
    await pack("--no-manifest");
    const { status, stdout } = await place.run("check", "out.manifest.json");
    expect([status, stdout]).toEqual([1, expect.stringMatching(/^output +changed +out$/m)]);
  });

  test("is the old one where packing fails, and where its own time is none nothing is packed", async () => {
    const place = await workplace();
    const words = ["pack", "envelope", "kernel", "initrd", "quiet", "-o", "out"];
    await place.ok(...words);
    const before = output("sha256sum", [place.path("out"), place.path("out.manifest.json")]).toString();
    const failed = await place.run("pack", "envelope", "initrd", "initrd", "quiet", "-o", "out");
    expect(failed.status).toBe(1);
    appendFileSync(place.path("initrd"), "more");
    const wrong = await cli(words, { cwd: place.folder, env: { SOURCE_DATE_EPOCH: "now" } });
    expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringContaining("SOURCE_DATE_EPOCH=now")]);
    expect(output("sha256sum", [place.path("out"), place.path("out.manifest.json")]).toString()).toBe(before);
  });

  test("that cannot be written is an error, and the old output stays with it", async () => {
    const place = await workplace();
    write(place.path("out.manifest.json/in-the-way"), "");
    const { status, stderr } = await place.run("pack", "envelope", "kernel", "initrd", "", "-o", "out");
    expect([status, stderr]).toEqual([
      1,
      expect.stringContaining("out.manifest.json: cannot write: it is a folder (EISDIR)"),
    ]);
    expect(existsSync(place.path("out"))).toBe(false);
  });
});
