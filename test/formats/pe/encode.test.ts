import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { peCertificates } from "#formats/pe/certificates.ts";
import { encodePe } from "#formats/pe/encode.ts";
import { PE_MACHINE } from "#formats/pe/machines.ts";
import { decodePe } from "#formats/pe/pe-file.ts";
import { encodeCertificate } from "../../support/certificate.ts";
import { expectValue } from "../../support/expect-value.ts";
import { judgedBy, llvmTool, output, withFile } from "../../support/tools.ts";

const READOBJ = llvmTool("llvm-readobj");
const LINUX = Buffer.from("kernel bytes".repeat(100));
const CMDLINE = Buffer.from("quiet");
const sections = [
  { name: ".linux", data: LINUX },
  { name: ".cmdline", data: CMDLINE },
  { name: ".empty", data: new Uint8Array(0) },
];

judgedBy(["objdump", "objcopy"], "a PE file, judged by binutils,", () => {
  const bytes = encodePe({ machine: PE_MACHINE.x86, sections, entrySection: 0 });

  test("has its sections at multiples of the alignments, none at the same address", () => {
    const listing = withFile(bytes, (path) => output("objdump", ["-h", path]).toString());
    expect(listing).toContain("file format pei-x86-64");
    const rows = [...listing.matchAll(/^ +\d+ (\.\w+) +(\S+) +(\S+) +\S+ +(\S+)/gm)];
    expect(
      rows.map(([, name, size = "", address = "", offset = ""]) => [
        name,
        ...[size, address, offset].map((n) => Number.parseInt(n, 16)),
      ]),
    ).toEqual([
      [".linux", LINUX.length, 0x1000, 0x200],
      [".cmdline", CMDLINE.length, 0x2000, 0x800],
      [".empty", 0, 0x3000, expect.any(Number)],
    ]);
  });

  test("is an EFI application with its entry point in the first section", () => {
    const words = withFile(bytes, (path) => output("objdump", ["-p", path]).toString());
    expect(words).toMatch(/AddressOfEntryPoint\s+0*1000\n/);
    expect(words).toMatch(/Subsystem\s+0*a\s+\(EFI application\)/);
    expect(words).toMatch(/SizeOfImage\s+0*4000\n/);
    expect(words).toMatch(/SizeOfHeaders\s+0*200\n/);
  });

  test("gives a section back through objcopy", () => {
    withFile(bytes, (path, folder) => {
      const out = join(folder, "section");
      output("objcopy", ["-O", "binary", "-j", ".linux", path, out]);
      // objcopy keeps the padding to the file alignment.
      expect(readFileSync(out).subarray(0, LINUX.length)).toEqual(LINUX);
    });
  });
});

judgedBy([READOBJ], "a PE file, judged by llvm-readobj,", () => {
  test.each(Object.entries(PE_MACHINE))("is one for %s", (_, machine) => {
    const bytes = encodePe({ machine, sections });
    const text = withFile(bytes, (path) => output(READOBJ, ["--file-headers", path]).toString());
    expect(text).toMatch(new RegExp(`Machine: .*0x${machine.toString(16)}\\b`, "i"));
  });

  test("names its certificates by file offset", () => {
    const certificates = encodeCertificate(Buffer.from("signature"));
    const bytes = encodePe({ machine: PE_MACHINE.arm64, sections, certificates });
    const text = withFile(bytes, (path) => output(READOBJ, ["--file-headers", path]).toString());
    const offset = bytes.length - 24;
    expect(text).toMatch(new RegExp(`CertificateTableRVA: 0x${offset.toString(16)}\n`, "i"));
    expect(text).toMatch(/CertificateTableSize: 0x18\n/);
  });
});

describe("the PE encoder", () => {
  test("writes what the decoder reads", () => {
    const certificates = encodeCertificate(Buffer.from("signature"));
    const bytes = encodePe({ machine: PE_MACHINE.riscv, sections, certificates });
    const pe = expectValue(decodePe(bytes));
    expect(pe).toMatchObject({ format: "PE32+", machine: 0x5064 });
    expect(pe.sections.map(({ name, data }) => [name, Buffer.from(data).toString()])).toEqual(
      sections.map(({ name, data }) => [name, Buffer.from(data).toString()]),
    );
    expect(peCertificates(pe)).toMatchObject({
      ok: true,
      value: [{ length: 17, revision: 0x200, type: 2 }],
    });
  });

  test("keeps a DOS header of the caller's, but for MZ and e_lfanew", () => {
    const dosHeader = new Uint8Array(100).fill(7);
    const bytes = encodePe({ machine: PE_MACHINE.x86, sections, dosHeader });
    expect([...bytes.subarray(0, 3)]).toEqual([0x4d, 0x5a, 7]);
    expect(new DataView(bytes.buffer).getUint32(0x3c, true)).toBe(104);
    expect([...bytes.subarray(64, 104)]).toEqual([...Array(36).fill(7), 0, 0, 0, 0]);
  });

  test.each([[""], [".toolong1"]])("refuses the section name %j", (name) =>
    expect(() => encodePe({ machine: 1, sections: [{ name, data: CMDLINE }] })).toThrow(RangeError),
  );

  test.each([0, 65536])("refuses %i sections", (count) =>
    expect(() => encodePe({ machine: 1, sections: Array(count).fill(sections[0]) })).toThrow(RangeError),
  );
});
