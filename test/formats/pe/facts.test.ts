import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { peCertificates } from "#formats/pe/certificates.ts";
import { longSectionNames } from "#formats/pe/coff-symbols.ts";
import { peFacts, peOverlay } from "#formats/pe/facts.ts";
import { decodePe } from "#formats/pe/pe-file.ts";
import type { PeFile } from "#formats/pe/types.ts";
import { encodeCertificate } from "../../support/certificate.ts";
import { edited } from "../../support/elf-builder.ts";
import { expectValue } from "../../support/expect-value.ts";
import { buildPe, type TestPeSection } from "../../support/pe-builder.ts";

const LINUX = { name: ".linux", data: Buffer.from("kernel bytes") };
const CMDLINE = { name: ".cmdline", data: Buffer.from("quiet") };

function decoded(bytes: Uint8Array): PeFile {
  return expectValue(decodePe(bytes));
}

const facts = (...sections: TestPeSection[]) => peFacts(decoded(buildPe(sections).bytes));

describe("the certificate table", () => {
  /** Entries written by hand: length, revision, type, then data. */
  const entry = (length: number, revision: number, type: number, data: string) => {
    const bytes = Buffer.alloc(Math.ceil((8 + data.length) / 8) * 8);
    bytes.writeUInt32LE(length, 0);
    bytes.writeUInt16LE(revision, 4);
    bytes.writeUInt16LE(type, 6);
    bytes.write(data, 8, "latin1");
    return bytes;
  };
  const certificatesOf = (certificate: Uint8Array) => {
    const file = buildPe([LINUX], { certificate });
    return {
      result: peCertificates(decoded(file.bytes), { base: 1000 }),
      offset: file.bytes.length - certificate.length,
    };
  };

  test("may have several entries, each padded to 8 bytes", () => {
    const { result, offset } = certificatesOf(
      Buffer.concat([entry(11, 0x200, 2, "one"), entry(16, 0x100, 0xef1, "12345678")]),
    );
    expect(result).toEqual({
      ok: true,
      value: [
        { offset, length: 11, revision: 0x200, type: 2, data: new Uint8Array(Buffer.from("one")) },
        {
          offset: offset + 16,
          length: 16,
          revision: 0x100,
          type: 0xef1,
          data: new Uint8Array(Buffer.from("12345678")),
        },
      ],
    });
  });

  test("is what the encoder writes", () =>
    expect(Buffer.from(encodeCertificate(Buffer.from("one")))).toEqual(entry(11, 0x200, 2, "one")));

  test("has no entries in a file without one", () =>
    expect(peCertificates(decoded(buildPe([LINUX]).bytes))).toEqual({ ok: true, value: [] }));

  test.each([0, 1, 3, 7, 17, 0x7fff_ffff, 0xffff_ffff])("with a length of %i is refused", (length) => {
    const { result, offset } = certificatesOf(entry(length, 0x200, 2, "eight by"));
    expect(result).toEqual({
      ok: false,
      failure: {
        reason: "malformed",
        format: "PE32+",
        section: "certificate table",
        offset: 1000 + offset,
        detail: `certificate of ${length} bytes, 16 left`,
      },
    });
  });

  test("with bytes behind its last entry is refused", () => {
    const { result, offset } = certificatesOf(
      Buffer.concat([entry(16, 0x200, 2, "eight by"), Buffer.alloc(3)]),
    );
    expect(result).toMatchObject({
      ok: false,
      failure: { offset: 1000 + offset + 16, detail: "4 bytes wanted, 3 left" },
    });
  });
});

describe("the oddities of a PE file", () => {
  test("are none in one as it should be, signed or not", () => {
    expect(facts(LINUX, CMDLINE)).toEqual([]);
    const signed = buildPe([LINUX], { certificate: encodeCertificate(Buffer.from("one")) });
    expect(peFacts(decoded(signed.bytes))).toEqual([]);
  });

  test("name sections that share bytes of the file, or addresses", () => {
    expect(facts(LINUX, { ...CMDLINE, rawOffset: 0x200 })).toContainEqual({
      kind: "file-overlap",
      first: 0,
      second: 1,
      size: 0x200,
    });
    expect(facts({ ...LINUX, virtualSize: 0x1800 }, CMDLINE)).toContainEqual({
      kind: "address-overlap",
      first: 0,
      second: 1,
      size: 5,
    });
  });

  test("name a section whose data begin in the headers, or at no multiple of the alignment", () => {
    expect(facts({ ...LINUX, rawOffset: 0x100, rawSize: 0x80 })).toEqual([
      { kind: "in-headers", section: 0 },
      { kind: "unaligned", section: 0 },
      { kind: "padding", section: 0, size: 0x80 - 12, zero: false },
      { kind: "overlay", offset: 0x200, size: 0x200 },
    ]);
  });

  test("name repeated sections", () => {
    expect(facts(LINUX, CMDLINE, LINUX)).toContainEqual({
      kind: "duplicate",
      name: ".linux",
      sections: [0, 2],
      profile: undefined,
    });
  });

  test("name padding that is not zero, or larger than the alignment asks for", () => {
    expect(facts({ ...LINUX, virtualSize: 6 })).toEqual([
      { kind: "padding", section: 0, size: 0x200 - 6, zero: false },
    ]);
    const large = {
      name: ".linux",
      data: Buffer.concat([Buffer.from("k"), Buffer.alloc(0x1000)]),
      virtualSize: 1,
    };
    expect(facts(large)).toEqual([{ kind: "padding", section: 0, size: 0x1200 - 1, zero: true }]);
    // As systemd's .sbat: filled up to SectionAlignment.
    expect(facts({ ...large, data: large.data.subarray(0, 0x1000) })).toEqual([]);
  });

  test("name bytes behind the sections, and keep certificates out of them", () => {
    const plain = buildPe([LINUX]).bytes;
    const pe = decoded(Buffer.concat([plain, Buffer.from("overlay")]));
    expect(peFacts(pe)).toEqual([{ kind: "overlay", offset: plain.length, size: 7 }]);
    expect(Buffer.from(peOverlay(pe).data).toString()).toBe("overlay");
    const signed = buildPe([LINUX], { certificate: encodeCertificate(Buffer.from("one")) }).bytes;
    expect(peOverlay(decoded(signed)).data.length).toBe(0);
  });

  test("name what stands behind the certificates", () => {
    const signed = buildPe([LINUX], { certificate: encodeCertificate(Buffer.from("one")) }).bytes;
    expect(peFacts(decoded(Buffer.concat([signed, Buffer.from("behind")])))).toEqual([
      { kind: "certificates-not-last", size: 6 },
    ]);
  });
});

test("oddities and certificates are found totally on a good file with arbitrary bytes of its headers changed", () => {
  const good = buildPe([LINUX, CMDLINE], { certificate: encodeCertificate(Buffer.from("one")) });
  const change = fc.tuple(fc.nat(good.table + 80), fc.integer({ min: 0, max: 255 }));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
      const bytes = edited(good.bytes, (_, copy) => {
        for (const [at, value] of changes) copy[at] = value;
      });
      const pe = decodePe(bytes);
      if (!pe.ok) return;
      peFacts(pe.value);
      void peCertificates(pe.value);
    }),
    { numRuns: 1000 },
  );
});

describe("the layout of a PE file", () => {
  const OPTIONAL = buildPe([LINUX]).optional;
  const TABLE = buildPe([LINUX]).table;
  /** The facts of a file with the two sections, a field of 32 bits changed. */
  const changed = (at: number, value: number, ...sections: TestPeSection[]) =>
    peFacts(decoded(edited(buildPe(sections).bytes, (view) => view.setUint32(at, value, true))));

  test("has no gap: one is told, behind the headers and between sections", () => {
    const large = { ...LINUX, data: Buffer.alloc(0x600, 1), rawSize: 0x200, virtualSize: 0x200 };
    expect(facts(large, CMDLINE)).toEqual([{ kind: "gap", offset: 0x400, size: 0x400 }]);
    expect(changed(OPTIONAL + 0x3c, 0x180, LINUX)).toEqual([{ kind: "gap", offset: 0x180, size: 0x80 }]);
  });

  test("ends in memory with SizeOfImage", () => {
    const end = 0x1000 + LINUX.data.length;
    expect(changed(OPTIONAL + 0x38, end, LINUX)).toEqual([]);
    expect(changed(OPTIONAL + 0x38, end - 1, LINUX)).toEqual([{ kind: "outside-image", section: 0, end }]);
  });

  test("has ascending addresses", () => {
    expect(changed(TABLE + 0x0c, 0x5000, LINUX, CMDLINE)).toEqual([{ kind: "out-of-order", section: 1 }]);
  });

  test("ends with the file", () => {
    const size = buildPe([LINUX]).bytes.length - 0x200;
    expect(changed(TABLE + 0x10, 0x201, LINUX)).toEqual([{ kind: "beyond-file", section: 0, size: 1 }]);
    expect(changed(TABLE + 0x10, 0xffff_fff0, LINUX)).toContainEqual({
      kind: "beyond-file",
      section: 0,
      size: 0xffff_fff0 - size,
    });
  });

  test.each([
    [0x100, true],
    [0x200, false],
    [0x1000, false],
    [0x2000, true],
    [0x8000_0000, true],
  ])("has a FileAlignment as the format allows: %i is odd: %s", (value, odd) => {
    const told = changed(OPTIONAL + 0x24, value, LINUX).filter(({ kind }) => kind === "file-alignment");
    expect(told).toEqual(odd ? [{ kind: "file-alignment", value }] : []);
  });

  test("may have a FileAlignment below 512 where SectionAlignment is the same, as older kernels", () => {
    const bytes = edited(buildPe([LINUX]).bytes, (view) => {
      view.setUint32(OPTIONAL + 0x20, 0x20, true);
      view.setUint32(OPTIONAL + 0x24, 0x20, true);
    });
    expect(peFacts(decoded(bytes)).filter(({ kind }) => kind === "file-alignment")).toEqual([]);
  });

  test("has its certificates at a multiple of 8", () => {
    const certificate = encodeCertificate(Buffer.from("one"));
    const plain = buildPe([LINUX], { certificate });
    const offset = plain.bytes.length - certificate.length + 4;
    const moved = Buffer.concat([plain.bytes.subarray(0, offset - 4), Buffer.alloc(4), certificate]);
    const bytes = edited(moved, (view) => view.setUint32(OPTIONAL + 112 + 4 * 8, offset, true));
    expect(peFacts(decoded(bytes))).toEqual([{ kind: "certificates-unaligned", offset }]);
  });
});

describe("repeated sections", () => {
  const PROFILE = { name: ".profile", data: Buffer.from("ID=main") };
  const repeats = (...sections: TestPeSection[]) =>
    facts(...sections).filter(({ kind }) => kind === "duplicate");

  test("of different profiles are no repetition", () => {
    expect(repeats(LINUX, CMDLINE, PROFILE, CMDLINE, PROFILE, CMDLINE)).toEqual([]);
  });

  test("of one profile are, and of .dtbauto and .efifw are not", () => {
    expect(repeats(LINUX, PROFILE, CMDLINE, PROFILE, CMDLINE, CMDLINE)).toEqual([
      { kind: "duplicate", name: ".cmdline", sections: [4, 5], profile: 1 },
    ]);
    const [tree, firmware] = [".dtbauto", ".efifw"].map((name) => ({ name, data: Buffer.from("x") }));
    if (tree === undefined || firmware === undefined) throw new Error("two sections");
    expect(repeats(LINUX, tree, tree, firmware, firmware)).toEqual([]);
  });
});

describe("names in the COFF string table", () => {
  /** The table behind the sections, with one symbol before it. */
  const withNames = (strings: string, ...sections: TestPeSection[]) => {
    const plain = buildPe(sections);
    const table = Buffer.alloc(18 + 4 + strings.length);
    table.writeUInt32LE(4 + strings.length, 18);
    table.write(strings, 22, "latin1");
    const bytes = Buffer.concat([plain.bytes, table]);
    bytes.writeUInt32LE(plain.bytes.length, plain.pe + 12);
    bytes.writeUInt32LE(1, plain.pe + 16);
    return bytes;
  };
  const section = (name: string) => ({ name, data: Buffer.from("x") });

  test("are found by their offset, and are no bytes that belong to nothing", () => {
    const pe = decoded(
      withNames(".vendor_cert\0.sbatlevel\0", section("/4"), section("/17"), section(".text")),
    );
    expect([...longSectionNames(pe)]).toEqual([
      [0, ".vendor_cert"],
      [1, ".sbatlevel"],
    ]);
    expect(peFacts(pe)).toEqual([]);
    const longer = decoded(Buffer.concat([pe.bytes, Buffer.from("more")]));
    expect(peFacts(longer)).toEqual([{ kind: "overlay", offset: pe.bytes.length, size: 4 }]);
  });

  test("are left as they are where they point outside, at no text, or have no end", () => {
    const names = (strings: string, name: string) =>
      longSectionNames(decoded(withNames(strings, section(name)))).size;
    expect(names("long.name\0", "/4")).toBe(1);
    expect(names("long.name\0", "/14")).toBe(0);
    expect(names("long.name\0", "/13")).toBe(0);
    expect(names("long.name", "/4")).toBe(0);
    expect(names("long.name\0", "/x")).toBe(0);
    expect(longSectionNames(decoded(buildPe([section("/4")]).bytes)).size).toBe(0);
  });
});
