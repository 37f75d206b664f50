import { describe, expect, test } from "vitest";
import { decodeUki } from "#formats/uki/uki.ts";
import { expectValue } from "../support/expect-value.ts";
import { hasItsChecksum } from "../support/pe-checksum.ts";
import { judgedBy, llvmTool, output } from "../support/tools.ts";
import { arm64Maker, listedSections, noX86Pe, x86Maker } from "../support/uki.ts";
import { imageFor, Workplace } from "./samples.ts";

const OBJDUMP = llvmTool("llvm-objdump");

const TOOLS = [
  ["gzip", "gzip", ["-dc"]],
  ["lz4", "lz4", ["-dc"]],
  ["lzma", "xz", ["-dc", "--format=lzma"]],
  ["lzo", "lzop", ["-dc"]],
  ["xzkern", "xz", ["-dc", "--format=xz"]],
  ["zstd22", "zstd", ["-dc"]],
  ["zstd", "zstd", ["-dc"]],
] as const;

describe.each(TOOLS)("pack zboot --compress %s", (compression, tool, args) => {
  judgedBy([tool], `judged by ${tool}`, () => {
    test.each(["without a stub", "in a stub"])("has a payload that comes back, %s", async (how) => {
      const place = new Workplace();
      place.file("Image", imageFor("arm64"));
      const stub = how === "in a stub" ? ["--stub", arm64Maker("").stub] : [];
      const { stderr } = await place.ok(
        ...["pack", "zboot", "Image", "--compress", compression, "-o", "zboot.efi"],
        ...stub,
      );
      expect(stderr).toContain(stub.length === 0 ? "kexec-bpf: no EFI stub: " : "the EFI stub is that of ");
      const made = place.read("zboot.efi");
      expect(made.toString("latin1", 0x18, 0x18 + compression.length + 1)).toBe(`${compression}\0`);
      const offset = made.readUInt32LE(0x08);
      const payload = made.subarray(offset, offset + made.readUInt32LE(0x0c));
      expect(output(tool, args, payload).equals(imageFor("arm64"))).toBe(true);
      await place.ok("extract", "zboot.efi", "-o", "back");
      expect(place.read("back").equals(imageFor("arm64"))).toBe(true);
    });
  });
});

describe("pack zboot", () => {
  const words = ["pack", "zboot", "Image", "--compress", "gzip", "-o", "out"] as const;

  test("takes the architecture from the Image", async () => {
    const place = new Workplace();
    place.file("Image", imageFor("riscv"));
    await place.ok(...words);
    const made = place.read("out");
    expect(made.readUInt16LE(made.readUInt32LE(0x3c) + 4)).toBe(0x5064);
    const { status, stderr } = await place.run(...words, "--arch", "arm64");
    expect([status, stderr]).toEqual([1, expect.stringContaining("the Image is for riscv")]);
  });

  test("takes any bytes where the architecture is told; x86 has no zboot images", async () => {
    const place = new Workplace();
    place.file("Image", "a kernel of a kind");
    expect((await place.run(...words)).stderr).toContain("--arch packs it all the same");
    expect((await place.run(...words, "--arch", "x86")).stderr).toContain("a zboot image for x86");
    await place.ok(...words, "--arch", "loongarch");
  });

  test("refuses a zboot image as the stub of another", async () => {
    const place = new Workplace();
    place.file("Image", imageFor("arm64"));
    await place.ok(...words);
    const { status, stderr } = await place.run(...words, "--stub", "out");
    expect([status, stderr]).toEqual([1, expect.stringContaining("a zboot image as stub")]);
  });
});

judgedBy([OBJDUMP], "pack uki, judged by llvm-objdump,", () => {
  const sections = (place: Workplace) => listedSections(OBJDUMP, place.path("uki.efi"));

  async function workplace(): Promise<Workplace> {
    const place = new Workplace();
    place.file("linux", imageFor("arm64"));
    place.file("initrd", "an initrd");
    place.file("osrel", "ID=debian\n");
    return place;
  }

  test("writes the sections in the order of the options, without a stub, and says so", async () => {
    const place = await workplace();
    const { stderr } = await place.ok(
      ...["pack", "uki", "--section", ".osrel=osrel", "--cmdline", "quiet", "--initrd", "initrd"],
      ...["--linux", "linux", "--arch", "arm64", "-o", "uki.efi"],
    );
    expect(stderr).toContain("kexec-bpf: no EFI stub: no firmware starts this image");
    expect(sections(place)).toEqual([
      { name: ".osrel", size: 10 },
      { name: ".cmdline", size: 5 },
      { name: ".initrd", size: 9 },
      { name: ".linux", size: imageFor("arm64").length },
    ]);
    expect(hasItsChecksum(place.read("uki.efi"))).toBe(true);
  });

  test("gives what follows a --profile to that profile", async () => {
    const place = await workplace();
    await place.ok(
      ...[
        "pack",
        "uki",
        "--linux",
        "linux",
        "--cmdline",
        "base",
        "--profile",
        "ID=main",
        "--cmdline",
        "main",
      ],
      ...["--profile", "ID=rescue", "--cmdline", "rescue", "--initrd", "initrd"],
      ...["--arch", "arm64", "-o", "uki.efi"],
    );
    const names = [".linux", ".cmdline", ".profile", ".cmdline", ".profile", ".cmdline", ".initrd"];
    expect(sections(place).map(({ name }) => name)).toEqual(names);
    const uki = expectValue(decodeUki(place.read("uki.efi")));
    expect(
      uki.profiles.map(({ id, cmdline, initrd }) => [id, cmdline?.toString(), initrd?.toString()]),
    ).toEqual([
      ["main", "main", undefined],
      ["rescue", "rescue", "an initrd"],
    ]);
  });

  test("puts the sections behind those of systemd's stub for arm64", async () => {
    const place = await workplace();
    const { stub } = arm64Maker("");
    await place.ok(
      ...["pack", "uki", "--linux", "linux", "--cmdline", "quiet", "--stub", stub, "-o", "uki.efi"],
    );
    expect(sections(place)).toEqual([
      ...listedSections(OBJDUMP, stub),
      { name: ".linux", size: imageFor("arm64").length },
      { name: ".cmdline", size: 5 },
    ]);
    await place.ok("extract", "uki.efi", "-o", "back");
    expect(place.read("back").equals(imageFor("arm64"))).toBe(true);
  });

  test.each([
    ["no .linux", ["--cmdline", "quiet"], "no section .linux"],
    ["an empty .linux", ["--linux", "/dev/null"], "section .linux is empty"],
    ["two of a section", ["--linux", "linux", "--linux", "linux"], "a second section .linux"],
    ["a name of nine bytes", ["--linux", "linux", "--section", ".nine-byt=osrel"], "1 to 8 characters"],
  ])("refuses %s", async (_, words, detail) => {
    const place = await workplace();
    const { status, stderr } = await place.run("pack", "uki", ...words, "--arch", "arm64", "-o", "uki.efi");
    expect([status, stderr]).toEqual([1, expect.stringContaining(detail)]);
  });
});

const cause = noX86Pe();
const onX86 =
  cause === undefined ? judgedBy : (_: unknown, title: string) => describe.skip(`${title} (${cause})`);
onX86(["objdump", "objcopy"], "pack uki with systemd's stub for x86, judged by binutils,", () => {
  test("leaves the stub's symbols out, so that the sections stand without a gap", async () => {
    const place = new Workplace();
    place.file("linux", imageFor("arm64"));
    const { stderr } = await place.ok(
      ...[
        "pack",
        "uki",
        "--linux",
        "linux",
        "--cmdline",
        "quiet",
        "--stub",
        x86Maker().stub,
        "-o",
        "uki.efi",
      ],
    );
    expect(stderr).toContain("the COFF symbols behind the sections are left out");
    const listing = output("objdump", ["-h", place.path("uki.efi")]).toString();
    const rows = [...listing.matchAll(/^ +\d+ (\.\w+) +(\S+) +\S+ +\S+ +(\S+)/gm)].map(
      ([, name, ...numbers]) => ({
        name,
        size: Number.parseInt(numbers[0] ?? "", 16),
        offset: Number.parseInt(numbers[1] ?? "", 16),
      }),
    );
    rows.slice(1).forEach(({ offset }, i) => {
      const before = rows[i];
      expect(offset).toBe((before?.offset ?? 0) + Math.ceil((before?.size ?? 0) / 512) * 512);
    });
    output("objcopy", ["-O", "binary", "--only-section=.linux", place.path("uki.efi"), place.path("back")]);
    expect(place.read("back").subarray(0, imageFor("arm64").length).equals(imageFor("arm64"))).toBe(true);
  });
});
