import type { Malformed } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { ET, SHT } from "./constants.ts";
import { type DecodeElfOptions, decodeElf, type ElfFile } from "./elf-file.ts";

/** What the kernel takes out of `bytecode.o`: a light skeleton's two arrays. */
export type BytecodeObject = {
  readonly machine: number;
  /** The loader program's data blob (`opts_data`), as a view. */
  readonly data: Uint8Array;
  /** The loader program (`opts_insn`), as a view. */
  readonly insns: Uint8Array;
};

/**
 * Decodes an object with the kernel loader's rules: symbols `opts_data` and `opts_insn`, each once,
 * st_value relative to its section, st_size less one because the arrays are C strings whose NUL is no
 * part of the program.
 *
 * Fails (`malformed`) on a missing or doubled symbol, on size 0, and on a symbol that is not wholly inside a
 * section with bytes in the file. An array that is only its NUL is taken, and empty.
 */
export function decodeBytecodeObject(
  bytes: Uint8Array,
  options: DecodeElfOptions = {},
): Result<BytecodeObject, Malformed> {
  const elf = decodeElf(bytes, options);
  if (!elf.ok) return elf;
  const file = elf.value;
  if (!file.header.littleEndian) return err(broken(file, 5, "file header", "big-endian"));
  if (file.header.type !== ET.REL) {
    // Elsewhere st_value is an address, and reading it as the loader does would give other bytes.
    return err(broken(file, 0x10, "file header", `e_type ${file.header.type}, must be ET_REL`));
  }
  const data = cString(file, "opts_data");
  if (!data.ok) return data;
  const insns = cString(file, "opts_insn");
  if (!insns.ok) return insns;
  return ok({ machine: file.header.machine, data: data.value, insns: insns.value });
}

function cString(file: ElfFile, name: string): Result<Uint8Array, Malformed> {
  const found = file.symbolsNamed(name);
  if (!found.ok) return found;
  const [symbol, second] = found.value;
  const table = file.sections.find((section) => section.type === SHT.SYMTAB);
  const fail = (detail: string) => {
    const at = (table?.offset ?? 0) + (symbol?.index ?? 0) * 24;
    return err(broken(file, at, table === undefined ? "file" : "symbol table", detail));
  };
  if (symbol === undefined) return fail(`no symbol ${name}`);
  if (second !== undefined) return fail(`symbol ${name} twice`);
  if (symbol.size === 0n) return fail(`symbol ${name} has size 0`);

  const section = symbol.sectionIndex === 0 ? undefined : file.sections[symbol.sectionIndex];
  if (section === undefined) return fail(`symbol ${name} is in no section (${symbol.sectionIndex})`);
  const room = BigInt(section.data.length);
  if (symbol.size > room || symbol.value > room - symbol.size) {
    return fail(`symbol ${name}: ${symbol.size} bytes at ${symbol.value} of ${section.name} (${room} bytes)`);
  }
  const start = Number(symbol.value);
  return ok(section.data.subarray(start, start + Number(symbol.size) - 1));
}

function broken(file: ElfFile, offset: number, section: string, detail: string): Malformed {
  return {
    reason: "malformed",
    format: "bytecode object",
    section,
    offset: file.outermostOffset(offset),
    detail,
  };
}
