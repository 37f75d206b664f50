import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { newFolder, write } from "../support/kernel-tree.ts";
import { NOT_OFFERED } from "../support/no-silent-skips.ts";

/**
 * What other people's tools say of the build's files. Nothing of this project's own decoders is used
 * here: their mistakes would be the encoders' mistakes.
 */

function tool(file: string, ...args: string[]): string {
  return execFileSync(file, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

const runs = (name: string): boolean => spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0;

/** clang 14 and 19 as distributions name them, and which of them are here. */
export const CLANGS = ["clang-14", "clang-19"] as const;
export const installed = (clang: string): boolean => runs(clang);

/** Why tests cannot run with this clang; undefined if they can. That the release has none is not taken on trust. */
export function noClang(clang: string): string | undefined {
  if (installed(clang)) return undefined;
  const apt = spawnSync("apt-cache", ["show", "--no-all-versions", clang], { stdio: "ignore" });
  // 100 is apt's status for a package that it does not know, where it knows any.
  return apt.status === 100 && knowsClang() ? `${NOT_OFFERED}: ${clang}` : `no ${clang}`;
}

/** The cause as a title's end; empty where there is none. */
export function because(clang: string): string {
  const cause = noClang(clang);
  return cause === undefined ? "" : ` (${cause})`;
}

/** Whether apt has the lists from which it would know one. */
const knowsClang = (): boolean =>
  spawnSync("apt-cache", ["show", "--no-all-versions", "clang"], { stdio: "ignore" }).status === 0;

/** `["null", ".bpf.1", ".shstrtab"]`, the null section as readelf shows it: without a name. */
export function sectionNames(file: string): readonly string[] {
  const rows = tool("readelf", "-SW", file).matchAll(/^ {2}\[ *\d+\] (\S*) +([A-Z]+) /gm);
  return [...rows].map(([, name, type]) => (name === "" || name === "NULL" ? "null" : `${name} ${type}`));
}

/** The file header's fields by readelf's names: `Class`, `Data`, `Type`, `Machine`. */
export function header(file: string): Readonly<Record<string, string>> {
  const rows = tool("readelf", "-hW", file).matchAll(/^ {2}([^:\n]+): +(.*?) *$/gm);
  return Object.fromEntries([...rows].map(([, name, value]) => [name ?? "", value ?? ""]));
}

/** readelf's complaints about a file; there should be none. */
export function complaints(file: string): string {
  return spawnSync("readelf", ["-aW", file], { encoding: "utf8" }).stderr;
}

/** A section's bytes. `elf64-little` makes objcopy take files of any machine. */
export function sectionBytes(file: string, section: string): Buffer {
  const dump = join(newFolder("section"), "bytes");
  tool("objcopy", "-I", "elf64-little", "--dump-section", `${section}=${dump}`, file, "/dev/null");
  return readFileSync(dump);
}

export type JudgedSymbol = {
  readonly name: string;
  readonly type: string;
  readonly bind: string;
  readonly size: number;
  readonly bytes: Buffer;
};

/** The global symbols of a bytecode object with the bytes that they span, by name. */
export function globalSymbols(file: string): Readonly<Record<string, JudgedSymbol>> {
  const names = sectionNames(file).map((section) => section.split(" ")[0] ?? "");
  const image = new Map<string, Buffer>();
  const contents = (section: string): Buffer => {
    const known = image.get(section);
    if (known !== undefined) return known;
    const dump = join(newFolder("section"), "bytes");
    tool("objcopy", "-I", "elf64-little", "-O", "binary", `--only-section=${section}`, file, dump);
    const bytes = readFileSync(dump);
    image.set(section, bytes);
    return bytes;
  };
  const rows = tool("readelf", "-sW", file).matchAll(
    /^ +\d+: ([0-9a-f]+) +(\d+) (\w+) +(\w+) +\w+ +(\w+) (\S+)$/gm,
  );
  const symbols: Record<string, JudgedSymbol> = {};
  for (const [, value = "", sizeText = "", type = "", bind = "", index = "", name = ""] of rows) {
    if (bind !== "GLOBAL") continue;
    const size = Number(sizeText);
    const start = Number.parseInt(value, 16);
    const bytes = contents(names[Number(index)] ?? "").subarray(start, start + size);
    symbols[name] = { name, type, bind, size, bytes };
  }
  return symbols;
}

/** The two arrays of a light skeleton as a C compiler understands them, without the string's NUL. */
export function compiledArrays(skeleton: string): { readonly opts_data: Buffer; readonly opts_insn: Buffer } {
  const text = readFileSync(skeleton, "utf8");
  const arrays = [...text.matchAll(/static (const char opts_(?:data|insn)\[\][^;]*;)/g)].map(([, c]) => c);
  if (arrays.length !== 2) throw new Error(`${skeleton}: ${arrays.length} arrays`);
  const folder = newFolder("skeleton");
  const source = write(join(folder, "arrays.c"), arrays.join("\n"));
  const object = join(folder, "arrays.o");
  const compiler = ["gcc", "cc", ...CLANGS].find(runs) ?? "clang";
  tool(compiler, "-fdata-sections", "-c", source, "-o", object);
  const bytes = (name: string): Buffer => {
    const dump = join(folder, name);
    tool("objcopy", "-O", "binary", `--only-section=.rodata.${name}`, object, dump);
    const content = readFileSync(dump);
    if (content.at(-1) !== 0) throw new Error(`${name} has no NUL`);
    return content.subarray(0, -1);
  };
  return { opts_data: bytes("opts_data"), opts_insn: bytes("opts_insn") };
}
