import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { mapSvg } from "#commands/inspect/svg.ts";
import type { Inspection } from "#inspect/types.ts";
import { goodFiles } from "#verify/mutations/good-files.ts";
import { cli, cliOk } from "../../support/cli.ts";
import { newFolder, write } from "../../support/kernel-tree.ts";
import { output } from "../../support/tools.ts";

/** Tags, classes and texts, as Python's XML parser sees them. */
const LIST =
  "import json, sys, xml.etree.ElementTree as t\n" +
  "print(json.dumps([[e.tag.split('}')[1], e.attrib, e.text] for e in t.fromstring(sys.stdin.buffer.read()).iter()]))";
type Element = readonly [string, Readonly<Record<string, string>>, string | null];
const elements = (svg: string) =>
  JSON.parse(output("python3", ["-c", LIST], Buffer.from(svg)).toString()) as readonly Element[];

const WHOLE: Inspection = {
  ...{ schema: 1, file: "/x/a.efi", format: "UKI", size: 1000, fields: [], warnings: [], streams: [] },
  parts: [
    { name: ".linux", offset: 100, size: 500 },
    { name: ".cmdline", offset: 600, size: 1 },
  ],
};

describe("the map of a file as a picture", () => {
  it("has the parts to scale, their names where there is room, and a list of them", () => {
    const all = elements(mapSvg(WHOLE));
    expect(all.find(([tag]) => tag === "title")?.[2]).toBe("a.efi: UKI, 1000 bytes (1.0 kB)");
    const parts = all.filter(([, { class: name = "" }]) => name.startsWith("part "));
    expect(parts.map(([, { x, width }]) => [Number(x), Number(width)])).toEqual([
      [10 + 78, 390],
      [10 + 468, 1],
    ]);
    expect(all.filter(([, { class: name }]) => name === "label").map(([, , text]) => text)).toEqual([
      ".linux",
    ]);
    const listed = all.flatMap(([tag, { class: name }, text]) =>
      tag === "text" && name === undefined ? [text] : [],
    );
    expect(listed.map((text) => text?.split(/\s+/))).toEqual([
      [".linux", "0x00000064", "500", "bytes"],
      [".cmdline", "0x00000258", "1", "bytes"],
    ]);
  });

  it("lets no name be markup, and stays small whatever the file has", () => {
    const parts = Array.from({ length: 100_000 }, (_, i) => ({
      name: `</text><script>${i}\u0007`,
      offset: i,
      size: 1,
    }));
    const svg = mapSvg({ ...WHOLE, size: 100_000, parts });
    expect(elements(svg).some(([tag]) => tag === "script")).toBe(false);
    expect(svg.length).toBeLessThan(200_000);
    expect(svg).toContain("and 99976 more parts");
  });
});

describe("inspect --svg", () => {
  const uki = goodFiles("v7", "arm64").find(({ format }) => format === "uki")?.image ?? Buffer.of();

  it("writes the picture beside what it tells", async () => {
    const cwd = newFolder();
    write(join(cwd, "uki.efi"), uki);
    const { stdout } = await cliOk(["inspect", "uki.efi", "--svg", "map.svg", "--json"], { cwd });
    const { parts } = JSON.parse(stdout) as Inspection;
    const svg = readFileSync(join(cwd, "map.svg"), "utf8");
    for (const { name } of parts) expect(svg).toContain(`>${name} `);
  });

  it("to stdout leaves that to the picture", async () => {
    const cwd = newFolder();
    write(join(cwd, "uki.efi"), uki);
    expect((await cliOk(["inspect", "uki.efi", "--svg", "-"], { cwd })).stderr).toContain("format");
    expect((await cli(["inspect", "uki.efi", "--svg", "-", "--json"], { cwd })).status).toBe(2);
  });
});
