import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cli, cliOk } from "../support/cli.ts";
import { newFolder, write } from "../support/kernel-tree.ts";

const eject = (...words: readonly string[]) => cli(["eject", ...words], { cwd: newFolder() });

const allIn = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: "utf8", withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();

describe("eject", () => {
  it("tells the files that it has written, as JSON too", async () => {
    const folder = join(newFolder(), "new");
    const { stdout } = await cliOk(["eject", folder, "--json"], { cwd: newFolder() });
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ schema: 1, folder, revision: "v7", parsers: ["plain", "uki", "zboot"] });
    expect([...report.files, ".kexec-bpf-eject"].sort()).toEqual(allIn(folder));
    expect(readFileSync(join(folder, "Makefile"), "utf8")).not.toMatch(/@[A-Z_]+@/);
    expect(readFileSync(join(folder, "README"), "utf8")).not.toMatch(/@[A-Z_]+@/);
  });

  it("takes an empty folder, and refuses one with files of its own, which stay alone", async () => {
    const folder = newFolder();
    expect(await eject(folder)).toMatchObject({ status: 0 });
    const other = newFolder();
    write(join(other, "notes"), "mine");
    const refused = await eject(other);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain(`${other} has files of its own`);
    expect(readdirSync(other)).toEqual(["notes"]);
  });

  it("writes over an earlier one, and removes what that had and this one has not", async () => {
    const folder = newFolder();
    expect(await eject(folder)).toMatchObject({ status: 0 });
    write(join(folder, "arm64/own.c"), "mine");
    expect(existsSync(join(folder, "arm64/plain_parser_bpf.c"))).toBe(true);
    expect(await eject(folder, "--abi", "v6")).toMatchObject({ status: 0 });
    expect(existsSync(join(folder, "arm64/plain_parser_bpf.c"))).toBe(false);
    expect(existsSync(join(folder, "arm64/own.c"))).toBe(true);
    expect(readFileSync(join(folder, "zboot_parser_bpf.c"), "utf8")).toContain("revision v6");
  });

  it("removes nothing outside of its folder, whatever the list of an earlier one says", async () => {
    const base = newFolder();
    const outside = write(join(base, "outside"), "stays");
    const folder = join(base, "kexec");
    write(join(folder, ".kexec-bpf-eject"), `../outside\n${outside}\nhost/../../outside\n`);
    expect(await eject(folder)).toMatchObject({ status: 0 });
    expect(existsSync(outside)).toBe(true);
  });

  it("is told where a folder cannot be made, and where a target is not understood", async () => {
    const file = write(join(newFolder(), "file"), "");
    expect(await eject(join(file, "folder"))).toMatchObject({ status: 1 });
    const targets = newFolder();
    write(join(targets, "bad.json"), "{}");
    const folder = join(newFolder(), "new");
    expect(await eject(folder, "--targets", targets)).toMatchObject({ status: 1 });
    expect(existsSync(folder)).toBe(false);
  });
});
