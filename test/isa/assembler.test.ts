import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it, describe as suite } from "vitest";
import { decodeElf } from "#formats/elf/elf-file.ts";
import { disassemble } from "#isa/disassemble.ts";
import { FORMS, type InstructionForm } from "#isa/table.ts";
import { bytesOf, one } from "./instructions.ts";

/** A clang whose assembler knows the instruction set's version 4 and what came after: 19 or later. */
const CLANG = ["clang", "clang-19"].find((tool) => typeof assembled(tool, ["may_goto +0"]) !== "string");

/** The program's bytes, or what the assembler complains of. */
function assembled(clang: string, lines: readonly string[]): Uint8Array | string {
  const folder = mkdtempSync(join(tmpdir(), "isa-test-"));
  try {
    writeFileSync(join(folder, "a.s"), `${lines.join("\n")}\n`);
    const options = ["-target", "bpf", "-mcpu=v4", "-c", "a.s", "-o", "a.o"];
    const { status, stderr } = spawnSync(clang, options, { cwd: folder, encoding: "utf8" });
    if (status !== 0) return stderr ?? "no such tool";
    const elf = decodeElf(readFileSync(join(folder, "a.o")));
    if (!elf.ok) return JSON.stringify(elf.failure);
    return elf.value.sections.find(({ name }) => name === ".text")?.data ?? "no code";
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The kernel's words in LLVM's: they differ in spaces, in where distances stand, and in atomics. */
function inLlvmsWords(text: string): string {
  return text
    .replace(/^\(..\) /, "")
    .replace(/pc([+-])/, "$1")
    .replace(/ ([+-])(\d+)\)/, " $1 $2)")
    .replace(/ 0x([0-9a-f]+) goto/, (_, hex) => ` ${Number.parseInt(hex, 16) | 0} goto`)
    .replace(/^(r\d+ = 0x[0-9a-f]+)$/, "$1 ll")
    .replace(/^call bpf_\w+#|^call unknown#/, "call ")
    .replace(/\[(r\d+) \+ 0\]/, "[$1]")
    .replace(/^(.*)atomic64_(xchg|cmpxchg)\(\(u64 \*\)\((.*?)\)/, "$1$2_64($3")
    .replace(/^r(\d+) = atomic_(xchg|cmpxchg)\(\(u32 \*\)\((.*?)\)(.*)$/, (_, to, name, at, rest) => {
      return `w${to} = ${name}32_32(${at}${rest.replaceAll(" r", " w")}`;
    })
    .replace("atomic64_", "atomic_")
    .replace(/^r(\d+) = (atomic_fetch_\w+\(\(u32.*) r(\d+)\)$/, "w$1 = $2 w$3)")
    .replace(/^(lock \*\(u32.*) r(\d+)$/, "$1 w$2");
}

/** What the assembler has no words for: it leaves them to relocations, or is older than they are. */
function hasWords({ does }: InstructionForm): boolean {
  switch (does.kind) {
    case "load-imm64":
      return does.meaning === "value";
    case "call":
      return does.target === "helper";
    case "load-acquire":
    case "store-release":
    case "jump-register":
      return false;
    default:
      return true;
  }
}

/** The instruction with an immediate that the assembler takes: none in skb[rN], 16 bits in gotol. */
function tamed({ does }: InstructionForm, bytes: readonly number[]): readonly number[] {
  if (does.kind === "packet-load" && does.indirect) return [...bytes.slice(0, 4), 0, 0, 0, 0];
  if (does.kind !== "jump" || does.distance !== "imm") return bytes;
  const sign = (bytes[5] ?? 0) >= 0x80 ? 0xff : 0;
  return [...bytes.slice(0, 6), sign, sign];
}

suite.skipIf(CLANG === undefined)("LLVM's assembler (skipped where no clang 19 is in PATH)", () => {
  it("makes the same bytes of our text, for every form that it has words for", () => {
    const forms = FORMS.filter(hasWords);
    expect(forms.length).toBeGreaterThan(150);
    const samples = forms.flatMap((form) => {
      const all = fc.sample(bytesOf(form), { numRuns: 30, seed: 7 }).map((bytes) => tamed(form, bytes));
      return all.map((bytes) => ({ bytes, line: inLlvmsWords(disassemble(one(bytes))) }));
    });
    const code = assembled(
      CLANG ?? "",
      samples.map(({ line }) => line),
    );
    if (typeof code === "string") throw new Error(code);
    let at = 0;
    for (const { bytes, line } of samples) {
      expect([line, ...code.subarray(at, at + bytes.length)]).toEqual([line, ...bytes]);
      at += bytes.length;
    }
    expect(at).toBe(code.length);
  });
});
