import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeCertificate, peCertificates } from "#formats/pe/certificates.ts";
import { peFacts, peOverlay } from "#formats/pe/facts.ts";
import { decodePe } from "#formats/pe/pe-file.ts";
import type { PeFile } from "#formats/pe/types.ts";
import { edited } from "../../support/elf-builder.ts";
import { buildPe, type TestPeSection } from "../../support/pe-builder.ts";

const LINUX = { name: ".linux", data: Buffer.from("kernel bytes") };
const CMDLINE = { name: ".cmdline", data: Buffer.from("quiet") };

function decoded(bytes: Uint8Array): PeFile {
  const result = decodePe(bytes);
  if (!result.ok) throw new Error(JSON.stringify(result.failure));
  return result.value;
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
    });
  });

  test("name padding that is not zero, or larger than the alignment asks for", () => {
    expect(facts({ ...LINUX, virtualSize: 6 })).toEqual([
      { kind: "padding", section: 0, size: 0x200 - 6, zero: false },
    ]);
    const large = {
      name: ".linux",
      data: Buffer.concat([Buffer.from("k"), Buffer.alloc(0x600)]),
      virtualSize: 1,
    };
    expect(facts(large)).toEqual([{ kind: "padding", section: 0, size: 0x800 - 1, zero: true }]);
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
      peCertificates(pe.value);
    }),
    { numRuns: 1000 },
  );
});
