import { describe, expect, test } from "vitest";
import { type AppendOptions, planAppend } from "#formats/pe/append.ts";
import { encodePe, PE_SECTION_FLAGS } from "#formats/pe/encode.ts";
import { PE_MACHINE } from "#formats/pe/machines.ts";
import { decodePe } from "#formats/pe/pe-file.ts";
import { encodeCertificate } from "../../support/certificate.ts";
import { expectValue } from "../../support/expect-value.ts";
import { judgedBy, output, withFile } from "../../support/tools.ts";

const ADDED = Buffer.from("added bytes ".repeat(60));
const READ = PE_SECTION_FLAGS.READ;
const DATA = PE_SECTION_FLAGS.INITIALIZED_DATA + READ;
const bpf = (content: Uint8Array = ADDED) => [{ name: ".bpf", size: content.length, characteristics: READ }];

/** A PE file of so many sections; with six, another header has no room before the first one's data. */
function image(sections: number, options: { certificates?: Uint8Array } = {}): Buffer {
  return Buffer.from(
    encodePe({
      machine: PE_MACHINE.x86,
      sections: Array.from({ length: sections }, (_, i) => ({
        name: `.s${i}`,
        data: Buffer.from(`section ${i} `.repeat(50 + i)),
      })),
      ...options,
    }),
  );
}

/** The file that the plan describes. */
function append(
  bytes: Uint8Array,
  options: AppendOptions,
  contents: readonly Uint8Array[] = [ADDED],
): Buffer {
  const pe = expectValue(decodePe(bytes));
  const plan = expectValue(planAppend(pe, options));
  return Buffer.concat(
    plan.pieces.map((piece) => {
      if (piece.kind === "bytes") return piece.bytes;
      if (piece.kind === "added") return contents[piece.index] ?? Buffer.alloc(0);
      return bytes.subarray(piece.offset, piece.offset + piece.length);
    }),
  );
}

function refusal(bytes: Uint8Array, options: AppendOptions): string {
  const pe = expectValue(decodePe(bytes));
  const plan = planAppend(pe, options);
  return plan.ok || plan.failure.reason !== "unsupported" ? "" : plan.failure.what;
}

type Row = { name: string; size: number; address: number; offset: number };

/** As `objdump -h` has them. */
function sections(bytes: Uint8Array): readonly Row[] {
  const listing = withFile(bytes, (path) => output("objdump", ["-h", path]).toString());
  const hex = (text = "") => Number.parseInt(text, 16);
  return [...listing.matchAll(/^ +\d+ (\.\w+) +(\S+) +(\S+) +\S+ +(\S+)/gm)].map(
    ([, name = "", size, address, offset]) => ({
      name,
      size: hex(size),
      address: hex(address),
      offset: hex(offset),
    }),
  );
}

function contentOf(bytes: Buffer, name: string): Buffer {
  const row = sections(bytes).find((section) => section.name === name);
  if (row === undefined) throw new Error(`no ${name}`);
  return bytes.subarray(row.offset, row.offset + row.size);
}

const header = (bytes: Uint8Array, field: string): number => {
  const words = withFile(bytes, (path) => output("objdump", ["-p", path]).toString());
  return Number.parseInt(new RegExp(`${field}\\s+([0-9a-f]+)`).exec(words)?.[1] ?? "", 16);
};

judgedBy(["objdump"], "a PE file with a section added, judged by objdump,", () => {
  test("has it behind the others, in the file and in memory, and everything else where it was", () => {
    const old = image(3);
    const made = append(old, { added: bpf(), certificates: "strip" });
    const [before, after] = [sections(old), sections(made)];
    expect(after.slice(0, 3)).toEqual(before);
    expect(after[3]).toEqual({ name: ".bpf", size: ADDED.length, address: 0x4000, offset: old.length });
    expect(contentOf(made, ".bpf").equals(ADDED)).toBe(true);
    expect(made.subarray(0x200, old.length).equals(old.subarray(0x200))).toBe(true);
    expect([header(made, "SizeOfImage"), header(made, "SizeOfHeaders")]).toEqual([0x5000, 0x200]);
  });

  test("has all data moved by a multiple of FileAlignment where the headers have no room, and no address changed", () => {
    const old = image(6);
    const made = append(old, { added: bpf(), certificates: "strip" });
    const [before, after] = [sections(old), sections(made)];
    expect(header(made, "SizeOfHeaders")).toBe(0x400);
    expect(after.slice(0, 6)).toEqual(before.map((row) => ({ ...row, offset: row.offset + 0x200 })));
    for (const { name } of before) expect(contentOf(made, name).equals(contentOf(old, name))).toBe(true);
    expect(contentOf(made, ".bpf").equals(ADDED)).toBe(true);
  });

  test("has the debug directory's file offset moved with the data that it points to", () => {
    const old = image(6);
    const pe = expectValue(decodePe(old));
    const [first] = pe.sections;
    if (first === undefined) throw new Error("expected sections");
    const directory = pe.optionalHeader.offset + 112 + 6 * 8;
    // The encoder writes six directories; the seventh's place is the section table, so the table moves up.
    const grown = Buffer.concat([
      old.subarray(0, directory),
      Buffer.alloc(8),
      old.subarray(directory, 0x200 - 8),
      old.subarray(0x200),
    ]);
    grown.writeUInt16LE(112 + 7 * 8, pe.signatureOffset + 20);
    grown.writeUInt32LE(7, pe.optionalHeader.offset + 108);
    grown.writeUInt32LE(first.virtualAddress, directory);
    grown.writeUInt32LE(28, directory + 4);
    const entry = first.pointerToRawData;
    grown.fill(0, entry, entry + 28);
    grown.writeUInt32LE(2, entry + 12);
    grown.writeUInt32LE(entry + 64, entry + 24);
    const made = append(grown, { added: bpf(), certificates: "strip" });
    expect(made.readUInt32LE(entry + 0x200 + 24)).toBe(entry + 64 + 0x200);
  });

  test("takes the place of one that is there, with nothing left of it, at the end and in the middle", () => {
    const larger = Buffer.from("the older and longer bytes ".repeat(100));
    const base = image(2);
    const first = append(base, { added: bpf(larger), certificates: "strip" }, [larger]);
    const again = { added: bpf(), removed: ".bpf", certificates: "strip" } as const;
    expect(append(first, again).equals(append(base, { added: bpf(), certificates: "strip" }))).toBe(true);

    const behind = [{ name: ".last", size: 3, characteristics: DATA }];
    const middle = append(first, { added: behind, certificates: "strip" }, [Buffer.from("end")]);
    const made = append(middle, again);
    expect(sections(made).map(({ name }) => name)).toEqual([".s0", ".s1", ".last", ".bpf"]);
    expect(contentOf(made, ".bpf").equals(ADDED)).toBe(true);
    expect(contentOf(made, ".last").toString()).toBe("end");
    expect(made.includes("the older")).toBe(false);
  });

  test("has its certificates behind it when they are kept, in the directory's words, and none when stripped", () => {
    const table = encodeCertificate(Buffer.from("a signature"));
    const old = image(2, { certificates: table });
    const kept = append(old, { added: bpf(), certificates: "keep" });
    const security = (bytes: Uint8Array) =>
      /Entry 4 ([0-9a-f]+) ([0-9a-f]+)/
        .exec(withFile(bytes, (path) => output("objdump", ["-p", path]).toString()))
        ?.slice(1)
        .map((text) => Number.parseInt(text, 16));
    expect(security(kept)).toEqual([kept.length - table.length, table.length]);
    expect(kept.subarray(kept.length - table.length).equals(Buffer.from(table))).toBe(true);
    const stripped = append(old, { added: bpf(), certificates: "strip" });
    expect(security(stripped)).toEqual([0, 0]);
    expect(stripped.equals(append(image(2), { added: bpf(), certificates: "strip" }))).toBe(true);
  });

  test("has its certificates at a multiple of 8 where FileAlignment is less than that", () => {
    const table = encodeCertificate(Buffer.from("a signature"));
    const text = [{ name: ".text", data: Buffer.alloc(20, "text") }];
    const bytes = encodePe({
      machine: PE_MACHINE.x86,
      sections: text,
      fileAlignment: 4,
      certificates: table,
    });
    const content = Buffer.alloc(12, "content");
    const pe = decodePe(append(bytes, { added: bpf(content), certificates: "keep" }, [content]));
    const added = pe.ok ? pe.value.sections[1] : undefined;
    const end = (added?.pointerToRawData ?? 0) + (added?.sizeOfRawData ?? 0);
    expect(end % 8).toBe(4);
    expect(pe.ok && pe.value.certificates?.offset).toBe(end + 4);
  });

  test("keeps what stands behind the sections, or drops it", () => {
    const old = Buffer.concat([image(2), Buffer.from("an overlay")]);
    const kept = append(old, { added: bpf(), certificates: "strip", overlay: "keep" });
    expect(kept.subarray(0x200, old.length).equals(old.subarray(0x200))).toBe(true);
    expect(contentOf(kept, ".bpf").equals(ADDED)).toBe(true);
    const again = { added: bpf(), removed: ".bpf", certificates: "strip" } as const;
    expect(append(kept, again).equals(kept)).toBe(true);
    const dropped = append(old, { added: bpf(), certificates: "strip", overlay: "drop" });
    expect(dropped.equals(append(image(2), { added: bpf(), certificates: "strip" }))).toBe(true);
  });
});

describe("a last section that is not filled up to FileAlignment", () => {
  const ROW = 64 + 24 + 160 + 40;
  /** The second section of two ends with what it has; the file, too. */
  function unfilled(): Buffer {
    const bytes = image(2);
    const size = bytes.readUInt32LE(ROW + 8);
    bytes.writeUInt32LE(size, ROW + 16);
    return bytes.subarray(0, bytes.readUInt32LE(ROW + 20) + size);
  }

  test("is filled, so that .bpf stands behind it without a gap", () => {
    const made = append(unfilled(), { added: bpf(), certificates: "strip" });
    expect(made.equals(append(image(2), { added: bpf(), certificates: "strip" }))).toBe(true);
  });

  test("stays as it is where old bytes follow it", () => {
    const old = Buffer.concat([unfilled(), Buffer.from("an overlay")]);
    const made = append(old, { added: bpf(), certificates: "strip", overlay: "keep" });
    expect(made.readUInt32LE(ROW + 16)).toBe(old.readUInt32LE(ROW + 16));
  });
});

describe("adding a section is refused", () => {
  test.each([
    ["a section outside the file", "SizeOfRawData", 64 + 24 + 160 + 16, 0xc000_0000],
    ["a FileAlignment of more than 64 KiB", "FileAlignment", 64 + 24 + 0x24, 0x8000_0000],
  ])("with %s, which would make a small file a huge one (%s)", (what, _, at, value) => {
    const bytes = image(2);
    bytes.writeUInt32LE(value, at);
    expect(refusal(bytes, { added: bpf(), certificates: "strip" })).toBe(what);
  });

  test("where something but filler stands behind the section table", () => {
    const bytes = image(2);
    const options = { added: bpf(), certificates: "strip" } as const;
    const behind = 64 + 24 + 160 + 2 * 40;
    bytes.fill(Buffer.from("1f2003d5", "hex"), behind, 0x200);
    expect(refusal(bytes, options)).toBe("");
    bytes.writeUInt8(1, behind + 39);
    expect(refusal(bytes, options)).toBe("a longer section table");
  });

  test("where the headers would reach into the first section's address", () => {
    const bytes = image(6);
    for (let i = 0; i < 6; i += 1) bytes.writeUInt32LE(0x200 + i * 0x1000, 64 + 24 + 160 + i * 40 + 12);
    expect(refusal(bytes, { added: bpf(), certificates: "strip" })).toBe("a longer section table");
  });

  test("past 65535 sections", () => {
    const small = { name: ".x", size: 1, characteristics: DATA };
    const options = (count: number) =>
      ({ added: Array.from({ length: count }, () => small), certificates: "strip" }) as const;
    expect(refusal(image(6), options(65529))).toBe("a longer section table");
    expect(refusal(image(6), options(65530))).toBe("a PE file with more sections");
  });

  test("where the certificates are not the end of the file", () => {
    const bytes = image(2, { certificates: encodeCertificate(Buffer.from("a signature")) });
    const more = Buffer.concat([bytes, Buffer.from("something behind them")]);
    expect(refusal(more, { added: bpf(), certificates: "keep" })).toBe(
      "a certificate table that is not the end of the file",
    );
  });

  test("past 4 GiB, without a byte being written", () => {
    const pe = decodePe(image(2));
    const huge = [{ name: ".x", size: 2 ** 32 - 4096, characteristics: DATA }];
    const plan = pe.ok ? planAppend(pe.value, { added: huge, certificates: "strip" }) : undefined;
    expect(plan).toMatchObject({ ok: false, failure: { reason: "size-exceeded" } });
  });
});
