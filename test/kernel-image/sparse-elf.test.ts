import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { open, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeElf } from "#formats/elf/elf-file.ts";
import { readElfSections } from "#kernel-image/sparse-elf.ts";
import { buildElf, edited, type TestSection } from "../support/elf-builder.ts";
import { temporaryFolder } from "../toolchain/temporary-folder.ts";

const SECTIONS: readonly TestSection[] = [
  { name: ".text", data: Buffer.from("code") },
  { name: ".BTF", data: Buffer.from("the types") },
  { name: ".BTF.ext", data: Buffer.from("more") },
];

async function readOne(path: string, name: string) {
  const read = await readElfSections(path, [name]);
  return read.ok ? { ok: true as const, value: read.value[0] } : read;
}

/** Writes `bytes` to a file and reads the section from it. */
async function section(bytes: Uint8Array, name = ".BTF") {
  const path = join(await temporaryFolder(), "vmlinux");
  await writeFile(path, bytes);
  const read = await readOne(path, name);
  if (read.ok) return read.value && Buffer.from(read.value).toString();
  const { reason, ...failure } = read.failure;
  return reason === "malformed" && "offset" in failure
    ? [failure.file === path, failure.format, failure.section, failure.offset, failure.detail]
    : read.failure;
}

/** Bytes that this process has read from files, proc_pid_io(5). */
function bytesRead(): number {
  return Number(/^rchar: (\d+)$/m.exec(readFileSync("/proc/self/io", "utf8"))?.[1]);
}

describe("a section is read", () => {
  test.each([true, false])("by its whole name, little-endian %s", async (littleEndian) => {
    const { bytes } = buildElf(SECTIONS, { littleEndian });
    expect(await section(bytes)).toBe("the types");
    expect(await section(bytes, ".BTF.ext")).toBe("more");
    expect(await section(bytes, ".BT")).toBeUndefined();
  });

  test("from a file with program headers", async () => {
    const programs = [{ type: 1, offset: 64n, filesz: 4n }];
    expect(await section(buildElf(SECTIONS, { programs }).bytes)).toBe("the types");
  });

  test("where the numbers that do not fit stand in section header 0 (gABI, e_shnum)", async () => {
    const { bytes, shoff } = buildElf(SECTIONS);
    const extended = edited(bytes, (view) => {
      view.setBigUint64(shoff + 0x20, 5n, true);
      view.setUint32(shoff + 0x28, 4, true);
      view.setUint16(0x3c, 0, true);
      view.setUint16(0x3e, 0xffff, true);
    });
    expect(await section(extended)).toBe("the types");
  });

  test("as no bytes at all where it has none in the file", async () =>
    expect(await section(buildElf([{ name: ".BTF", type: 8, size: 100n }]).bytes)).toBe(""));

  test("from any ELF file as the decoder sees it that has the whole file", async () => {
    const folder = await temporaryFolder();
    const { bytes, shoff } = buildElf(SECTIONS, { programs: [{ type: 1, offset: 64n, filesz: 4n }] });
    const place = fc.oneof(fc.nat(63), fc.integer({ min: shoff, max: bytes.length - 1 }));
    const changes = fc.array(fc.tuple(place, fc.integer({ min: 0, max: 255 })), { maxLength: 3 });
    let serial = 0;
    await fc.assert(
      fc.asyncProperty(changes, async (list) => {
        const changed = edited(bytes, (view) => {
          for (const [at, value] of list) view.setUint8(at, value);
        });
        const path = join(folder, `${serial++}`);
        await writeFile(path, changed);
        const elf = decodeElf(changed);
        const read = await readOne(path, ".BTF");
        // Of several faults either may name another.
        if (!elf.ok) expect(read).toMatchObject({ ok: false, failure: { reason: "malformed", file: path } });
        else expect(read).toEqual({ ok: true, value: elf.value.section(".BTF")?.data });
      }),
      { numRuns: 300 },
    );
  });

  test("from a file of 600 MB of which next to nothing is on the disk, without reading the rest", async () => {
    const path = join(await temporaryFolder(), "vmlinux");
    const size = 600 * 1024 * 1024;
    const far = size - 4096;
    const { bytes, shoff } = buildElf(SECTIONS);
    // The section headers and the section move to the end; what is between is a hole.
    const header = edited(bytes.subarray(0, shoff), (view) => view.setBigUint64(0x28, BigInt(far), true));
    const table = edited(bytes.subarray(shoff), (view) =>
      view.setBigUint64(2 * 64 + 0x18, BigInt(far - 100), true),
    );
    await writeFile(path, header);
    await truncate(path, size);
    const handle = await open(path, "r+");
    await handle.write(Buffer.from("far types"), 0, 9, far - 100);
    await handle.write(table, 0, table.length, far);
    await handle.close();
    const before = bytesRead();
    const read = await readOne(path, ".BTF");
    expect(read.ok && read.value && Buffer.from(read.value).toString()).toBe("far types");
    expect(bytesRead() - before).toBeLessThan(4 * 1024 * 1024);
  });

  test("as objcopy put it there", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "btf"), "the types");
    await writeFile(join(folder, "hole"), "");
    await truncate(join(folder, "hole"), 32 * 1024 * 1024);
    await writeFile(
      join(folder, "empty.o"),
      buildElf([{ name: ".text", data: Buffer.from("code") }], { machine: 62 }).bytes,
    );
    const path = join(folder, "vmlinux");
    const add = [
      "--add-section",
      `.debug_info=${join(folder, "hole")}`,
      "--add-section",
      `.BTF=${join(folder, "btf")}`,
    ];
    execFileSync("objcopy", [...add, join(folder, "empty.o"), path]);
    const read = await readOne(path, ".BTF");
    expect(read.ok && read.value && Buffer.from(read.value).toString()).toBe("the types");
  });
});

describe("a hostile ELF file is refused, naming the file, the section and the offset", () => {
  const { bytes, shoff } = buildElf(SECTIONS);

  test("cut at any byte", async () => {
    const folder = await temporaryFolder();
    const path = join(folder, "vmlinux");
    for (let length = 0; length < bytes.length; length++) {
      await writeFile(path, bytes.subarray(0, length));
      expect(await readOne(path, ".BTF"), `cut at ${length}`).toMatchObject({
        ok: false,
        failure: { reason: "malformed", format: "ELF", file: path },
      });
    }
  });

  test.each<[string, (view: DataView) => void, unknown[]]>([
    ["of 32 bits", (v) => v.setUint8(4, 1), ["file header", 4, "ELF32; only ELF64 is read"]],
    [
      "with section headers at 2^63",
      (v) => v.setBigUint64(0x28, 2n ** 63n, true),
      ["file header", 0x28, "0x8000000000000000 is no possible offset or size"],
    ],
    [
      "with section headers behind its end",
      (v) => v.setBigUint64(0x28, 2n ** 40n, true),
      ["file header", 0x28, `e_shoff ${2 ** 40} leaves no section header in ${bytes.length} bytes`],
    ],
    [
      "with more section headers than there is room for",
      (v) => v.setUint16(0x3c, 65535, true),
      ["file header", 0x3c, `65535 section headers at ${shoff}, room for 5`],
    ],
    [
      "with a section outside",
      (v) => v.setBigUint64(shoff + 2 * 64 + 0x20, 2n ** 32n, true),
      ["section header 2", shoff + 2 * 64 + 0x18, expect.stringContaining(`of a file of ${bytes.length}`)],
    ],
  ])("%s", async (_, edit, expected) =>
    expect(await section(edited(bytes, edit))).toEqual([true, "ELF", ...expected]),
  );

  test("that is not there", async () => {
    const path = join(await temporaryFolder(), "vmlinux");
    expect(await readOne(path, ".BTF")).toEqual({
      ok: false,
      failure: { reason: "file-failed", operation: "read", file: path, code: "ENOENT" },
    });
  });
});
