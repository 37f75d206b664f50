import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { goodFiles } from "#verify/mutations/good-files.ts";
import { expectedStream, type ReferenceName } from "#verify/references.ts";
import { cli, cliOk } from "../../support/cli.ts";
import { newFolder } from "../../support/kernel-tree.ts";

const LIMITS = { kernel: 1 << 20, initrd: 1 << 20, cmdline: 1 << 15 };

/** Each case of a folder: its name, description and image. */
function cases(folder: string) {
  const names = readdirSync(folder);
  expect(names.filter((name) => !/\.(img|json)$/.test(name))).toEqual([]);
  return names
    .filter((name) => name.endsWith(".img"))
    .map((name) => {
      const file = join(folder, name.slice(0, -4));
      return {
        name: name.slice(0, -4),
        image: Uint8Array.from(readFileSync(`${file}.img`)),
        description: JSON.parse(readFileSync(`${file}.json`, "utf8")),
      };
    });
}

/** Whether a case's `why` is what the reference parser of its description does. */
function holds({ image, description }: ReturnType<typeof cases>[number]): boolean {
  const { reference, revision, why } = description as {
    reference: ReferenceName;
    revision: "v7";
    why: string;
  };
  return (
    expectedStream(reference, { image, revision, limits: LIMITS, arch: "arm64" }).ok !==
    why.startsWith("refused")
  );
}

describe("corpus", () => {
  it("writes the hostile images of all formats with what is to be made of them", async () => {
    const cwd = newFolder();
    const { stdout } = await cliOk(["corpus", "-o", "hostile"], { cwd });
    const written = cases(join(cwd, "hostile"));
    expect(stdout).toBe(`hostile: ${written.length} images of revision v7\n`);
    expect(written.filter((one) => !holds(one)).map(({ name }) => name)).toEqual([]);
    expect(new Set(written.map(({ description }) => description.reference))).toEqual(
      new Set(["zboot", "uki", "plain"]),
    );
    expect(written.find(({ name }) => name === "uki-initrd-at-uint-max")?.description).toEqual({
      schema: 1,
      reference: "uki",
      revision: "v7",
      why: "refused: section header 2, bytes at",
    });
  });

  it("writes one format, and lists it for machines", async () => {
    const cwd = newFolder();
    const { stdout } = await cliOk(["corpus", "-o", "hostile", "--format", "envelope", "--json"], { cwd });
    const list = JSON.parse(stdout);
    expect(list).toMatchObject({ schema: 1, folder: join(cwd, "hostile") });
    const names = cases(join(cwd, "hostile")).map(({ name }) => name);
    expect(list.cases.map(({ name }: { name: string }) => name).sort()).toEqual(names.sort());
    expect(names.filter((name) => !name.startsWith("envelope"))).toEqual([]);
  });

  it("has no envelopes for v6", async () => {
    const cwd = newFolder();
    await cliOk(["corpus", "-o", "hostile", "--abi", "v6"], { cwd });
    const written = cases(join(cwd, "hostile"));
    expect(written.filter((one) => !holds(one)).map(({ name }) => name)).toEqual([]);
    expect(written.map(({ name }) => name).filter((name) => name.startsWith("envelope"))).toEqual([]);
  });

  it("mutates an image of the user's", async () => {
    const cwd = newFolder();
    const good = goodFiles("v7").find(({ name }) => name === "uki-profiles");
    writeFileSync(join(cwd, "My Kernel.efi"), good?.image ?? "");
    await cliOk(["corpus", "-o", "hostile", "--from", "My Kernel.efi"], { cwd });
    const written = cases(join(cwd, "hostile"));
    expect(written.length).toBeGreaterThan(300);
    expect(written.filter((one) => !holds(one)).map(({ name }) => name)).toEqual([]);
    const first = written.find(({ name }) => name === "my-kernel-efi");
    expect(first?.description.why).toBe("good");
    expect(first?.image).toEqual(good?.image);
  });

  it.each([
    [["--from", "nowhere"], 1, "nowhere: cannot read"],
    [["--from", "words"], 1, "words: this image is not supported: it begins neither"],
    [["--from", "addon"], 1, "addon: UKI section table"],
    [["--from", "addon", "--format", "zboot"], 2, "addon is of format uki, not zboot"],
    [["--format", "elf"], 2, "--format elf: zboot, uki, envelope, plain are known"],
    [["--format", "envelope", "--abi", "v6"], 2, "revision v6 has no envelope"],
  ])("writes nothing for %j", async (options, status, words) => {
    const cwd = newFolder();
    writeFileSync(join(cwd, "words"), "words");
    const hidden = goodFiles("v7").find(({ name }) => name === "uki");
    const addon = Buffer.from(hidden?.image ?? "")
      .toString("latin1")
      .replace(".linux\0", ".lin\0\0\0");
    writeFileSync(join(cwd, "addon"), addon, "latin1");
    const ended = await cli(["corpus", "-o", "hostile", ...options], { cwd });
    expect(ended).toMatchObject({ status, stdout: "", stderr: expect.stringContaining(words) });
    expect(readdirSync(cwd).sort()).toEqual(["addon", "words"]);
  });
});
