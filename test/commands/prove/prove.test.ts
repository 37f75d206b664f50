import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { ProofRecord } from "#core/proof-record.ts";
import type { PageData } from "#page/data.ts";
import { WRONG_PARSERS } from "../../fixtures/wrong-parsers/wrong-parsers.ts";
import { cli, cliOk } from "../../support/cli.ts";
import { newFolder, script } from "../../support/kernel-tree.ts";
import { amd64Kernel, arm64Image } from "../../support/real-inputs.ts";

let built: string;
beforeAll(async () => {
  built = newFolder("built");
  const from = ["--image", arm64Image(), "--vmlinux", amd64Kernel().vmlinux, "--abi", "v6"];
  const sizes = ["--max-kernel", "100000", "--max-initrd", "4096", "--max-cmdline", "2048"];
  await cliOk(["build", "zboot", ...from, ...sizes, "--prove", "-o", built], { cwd: built });
});

function folderWith(...files: readonly string[]): string {
  const cwd = newFolder();
  for (const file of files) copyFileSync(join(built, file), join(cwd, file));
  return cwd;
}

/** The source of a build with a mistake in it. */
function wrong(name: string): string {
  const { patch } = WRONG_PARSERS.find((one) => one.name === name) ?? expect.fail(`no ${name}`);
  const source = readFileSync(join(built, "zboot_parser_bpf.c"), "utf8");
  const cwd = newFolder();
  const text = patch.reduce((before, [find, replacement]) => before.replace(find, () => replacement), source);
  expect(text).not.toBe(source);
  writeFileSync(join(cwd, "zboot_parser_bpf.c"), text);
  return cwd;
}

const refuse = (cwd: string, ...more: readonly string[]) =>
  cli(["prove", "zboot_parser_bpf.c", "--abi", "v6", "-I", join(built, ".kexec-bpf"), ...more], { cwd });

describe("prove", () => {
  it("proves a parser, by its records where nothing says its limits, and leaves a certificate", async () => {
    const cwd = folderWith("zboot.bpf");
    const { stdout } = await cliOk(["prove", "zboot.bpf", "-o", "zboot.proof.json"], { cwd });
    expect(stdout).toMatch(/^proven {2}zboot\.bpf {2}v6 {2}every image: what zboot says/);
    expect(stdout).toMatch(/parts up to 100\.0 kB, .* \(records\)/);
    expect((await cliOk(["check", "zboot.proof.json"], { cwd })).stdout).toMatch(/output +ok +zboot\.bpf/);
  });

  it("leaves a certificate that is no longer one for another parser", async () => {
    const cwd = folderWith("zboot.bpf", "zboot.proof.json");
    const bytes = readFileSync(join(cwd, "zboot.bpf"));
    writeFileSync(join(cwd, "zboot.bpf"), Buffer.concat([bytes, Buffer.from([0])]));
    const { status, stdout } = await cli(["check", "zboot.proof.json"], { cwd });
    expect({ status, stdout }).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(/changed +zboot\.bpf/),
    });
  });

  it("is a step of a build, and one of what the manifest names", async () => {
    const certificate = JSON.parse(readFileSync(join(built, "zboot.proof.json"), "utf8"));
    expect(certificate).toMatchObject({
      subject: [{ name: "zboot.bpf" }],
      predicateType: "urn:kexec-bpf:proof:v1",
      predicate: { programs: [{ theorem: "whole", paths: { undecided: 0, sending: 1 } }] },
    });
    expect(JSON.stringify(certificate)).not.toContain("seconds");
    const { stdout } = await cliOk(["check", "zboot.manifest.json"], { cwd: built });
    expect(stdout).toMatch(/output +ok +zboot\.proof\.json/);
  });

  it("refutes a wrong parser by an image that verify takes, with the line, and leaves no certificate", async () => {
    const cwd = wrong("off by four");
    const { status, stdout } = await refuse(cwd, "--counterexamples", "found", "-o", "c.json");
    expect(status).toBe(1);
    expect(stdout).toContain("refuted  stream: sends what is specified");
    expect(stdout).toMatch(/command 0, payload: \d+ bytes expected, \d+ bytes emitted/);
    expect(existsSync(join(cwd, "c.json"))).toBe(false);
    const images = readdirSync(join(cwd, "found")).filter((name) => name.endsWith(".img"));
    expect(images.length).toBeGreaterThan(0);
    const again = await cli(
      ["verify", "zboot_parser_bpf.c", "--abi", "v6", "-I", join(built, ".kexec-bpf"), "--image", "found"],
      { cwd },
    );
    expect(again).toMatchObject({ status: 1, stdout: expect.stringContaining("DIFFERS") });
  });

  it("names what a parser reads outside of the image, in JSON", async () => {
    const { status, stdout } = await refuse(wrong("a bound without the offset"), "--json");
    const { programs } = JSON.parse(stdout) as ProofRecord;
    expect({ status, programs }).toMatchObject({
      status: 1,
      programs: [{ proven: false, theorem: "whole", paths: null }],
    });
    expect(programs[0]?.open).toContainEqual(
      expect.objectContaining({
        kind: "image-read",
        status: "refuted",
        source: expect.objectContaining({ file: "zboot_parser_bpf.c" }),
        counterexample: expect.objectContaining({
          run: "undisturbed",
          findings: [expect.objectContaining({ kind: "stray-read" })],
        }),
      }),
    );
  });

  it("has a page whose rows open the runs that refute: those of the first patches' payload_size - 4", async () => {
    const cwd = newFolder();
    const from = ["--image", arm64Image(), "--abi", "v6", "--max-kernel", "100000"];
    await cliOk(["build", "zboot", ...from, "--seed-payload-size", "-o", "."], { cwd });
    expect((await cli(["prove", "zboot.bpf", "--html", "page.html"], { cwd })).status).toBe(1);
    const page = readFileSync(join(cwd, "page.html"), "utf8");
    const { tables, images, parsers } = JSON.parse(
      /id="data">(.*)<\/script>/.exec(page)?.[1] ?? "",
    ) as PageData;
    expect(tables.map(({ title }) => title)).toEqual(["Proofs", "Open", "Obligations"]);
    expect(tables[0]?.rows.map(({ cells }) => cells.slice(0, 4))).toEqual([
      ["zboot.bpf", "v6", false, "whole"],
    ]);
    const rows = tables[1]?.rows ?? [];
    expect(rows.map(({ cells }) => cells[5])).toContainEqual(
      expect.stringMatching(/payload: \d+ bytes expected/),
    );
    for (const { run } of rows) {
      expect(images.find(({ name }) => name === run?.image)?.blob).toBeTypeOf("number");
      expect(parsers.map(({ name }) => name)).toContain(run?.parser);
    }
  });

  it("proves safety alone of a parser whose format it does not know", async () => {
    const cwd = newFolder();
    copyFileSync(join(built, "zboot_parser_bpf.c"), join(cwd, "mine.c"));
    const { stdout } = await cliOk(
      ["prove", "mine.c", "--abi", "v6", "-I", join(built, ".kexec-bpf"), "--json"],
      { cwd },
    );
    const { programs } = JSON.parse(stdout) as ProofRecord;
    expect(programs).toMatchObject([{ proven: true, theorem: "safety", parser: { reference: "none" } }]);
  });

  it("writes scripts that say what answer each query had", async () => {
    const cwd = folderWith("zboot.bpf");
    mkdirSync(join(cwd, "smt"));
    await cliOk(["prove", "zboot.bpf", "--smt2", "smt"], { cwd });
    const text = readFileSync(join(cwd, "smt", "zboot.bpf.bpf.1.obligations.smt2"), "utf8");
    expect(text).toContain("(set-logic QF_BV)");
    expect(text.match(/\(set-info :status (\w+)\)/g)).not.toContain("(set-info :status sat)");
    expect(text.match(/\(check-sat\)/g)?.length).toBe(text.match(/:status unsat/g)?.length);
  });

  it("does not take a solver's gibberish for an answer, nor a missing one", async () => {
    const cwd = folderWith("zboot.bpf");
    script(join(cwd, "oracle"), "echo perhaps");
    const odd = await cli(["prove", "zboot.bpf", "--solver", "./oracle", "-o", "c.json"], { cwd });
    expect(odd).toMatchObject({ status: 1, stderr: expect.stringContaining("not one to each query") });
    const none = await cli(["prove", "zboot.bpf", "--solver", "./nowhere"], { cwd });
    expect(none.status).toBe(3);
    expect(existsSync(join(cwd, "c.json"))).toBe(false);
  });
});
