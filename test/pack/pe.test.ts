import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, truncateSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { EM } from "#formats/elf/constants.ts";
import { encodeContainer } from "#formats/elf/container.ts";
import { encodePe } from "#formats/pe/encode.ts";
import { PE_MACHINE } from "#formats/pe/machines.ts";
import { decodePe, peSection } from "#formats/pe/pe-file.ts";
import { packPe } from "#pack/pe.ts";
import type { Packed } from "#pack/types.ts";
import { expectValue } from "../support/expect-value.ts";
import { buildPe } from "../support/pe-builder.ts";
import { hasItsChecksum } from "../support/pe-checksum.ts";
import { loong64Zboot } from "../support/real-inputs.ts";
import { testKey } from "../support/test-key.ts";
import { judgedBy, llvmTool, output } from "../support/tools.ts";
import { arm64Maker, listedSections, makeUki, noX86Pe, x86Maker } from "../support/uki.ts";
import { bytecode, imageFor, Workplace, zbootFor } from "./samples.ts";

const OBJDUMP = llvmTool("llvm-objdump");
const OBJCOPY = llvmTool("llvm-objcopy");

let found: string | undefined;
const LOONG64 = (): string => {
  found ??= loong64Zboot();
  return found;
};

/** A zboot image whose headers have no room for another section: a real one's DOS header before six sections. */
async function fullZboot(): Promise<Buffer> {
  const zboot = await zbootFor("arm64");
  const offset = zboot.readUInt32LE(0x08);
  const payload = zboot.subarray(offset, offset + zboot.readUInt32LE(0x0c));
  const small = Array.from({ length: 5 }, (_, i) => ({ name: `.s${i}`, data: Buffer.from(`section ${i}`) }));
  const full = Buffer.from(
    encodePe({
      machine: PE_MACHINE.arm64,
      dosHeader: zboot.subarray(0, 64),
      // In the first section: its old offset lies within what the headers grow to.
      sections: [{ name: ".text", data: payload }, ...small],
    }),
  );
  full.writeUInt32LE(full.indexOf(payload), 0x08);
  return full;
}

judgedBy(["gzip"], "pack pe, with the payload judged by gzip,", () => {
  test.each([
    ["where the headers have room", zbootFor, 0],
    ["where all data move", fullZboot, 0x200],
  ] as const)("leaves a payload that decompresses to the same, %s", async (_, make, shift) => {
    const place = new Workplace();
    const image = place.read(place.file("image", await make("arm64")).slice(place.folder.length + 1));
    place.file("bytecode.o", bytecode());
    const { stderr } = await place.ok("pack", "pe", "image", "bytecode.o", "-o", "zboot.efi");
    const made = place.read("zboot.efi");
    const [offset, size] = [made.readUInt32LE(0x08), made.readUInt32LE(0x0c)];
    expect(offset).toBe(image.readUInt32LE(0x08) + shift);
    expect(size).toBe(image.readUInt32LE(0x0c));
    expect(hasItsChecksum(made)).toBe(true);
    const payload = made.subarray(offset, offset + size);
    expect(output("gzip", ["-dc"], payload).equals(imageFor("arm64"))).toBe(true);
    expect(stderr.includes("the headers grew by 512 bytes")).toBe(shift > 0);
    await place.ok("extract", "zboot.efi", "-o", "Image");
    expect(place.read("Image").equals(imageFor("arm64"))).toBe(true);
  });
});

judgedBy([OBJDUMP, OBJCOPY], "pack pe, judged by LLVM's objdump and objcopy,", () => {
  test("adds .bpf to a real kernel, whose payload and other sections stay as they are", async () => {
    const place = new Workplace();
    place.file("bytecode.o", bytecode());
    const before = listedSections(OBJDUMP, LOONG64());
    await place.ok("pack", "pe", LOONG64(), "bytecode.o", "-o", "zboot.efi");
    const file = place.path("zboot.efi");
    expect(listedSections(OBJDUMP, file)).toEqual([...before, { name: ".bpf", size: bytecode().length }]);
    await place.ok("extract", "zboot.efi", "-o", "a");
    await place.ok("extract", LOONG64(), "-o", "b");
    expect(place.read("a").equals(place.read("b"))).toBe(true);
    const { stdout } = await place.ok("inspect", "zboot.efi", "--json");
    expect(JSON.parse(stdout).warnings).toEqual([]);
  });

  test("adds a container to an arm64 UKI", async () => {
    const place = new Workplace();
    const parts = [
      { name: ".linux", data: imageFor("arm64") },
      { name: ".cmdline", data: Buffer.from("quiet") },
    ];
    const uki = makeUki(arm64Maker(OBJCOPY), place.folder, parts);
    const container = expectValue(
      encodeContainer({
        machine: EM.AARCH64,
        sections: [{ name: ".bpf.1", data: bytecode() }],
      }),
    );
    place.file("uki.bpf", container);
    await place.ok("pack", "pe", uki, "uki.bpf", "-o", "out.efi");
    expect(listedSections(OBJDUMP, place.path("out.efi")).at(-1)).toEqual({
      name: ".bpf",
      size: container.length,
    });
    await place.ok("unpack", "out.efi", "-o", "parts");
    expect(place.read("parts/bpf").equals(Buffer.from(container))).toBe(true);
    await place.ok("extract", "out.efi", "-o", "Image");
    expect(place.read("Image").equals(imageFor("arm64"))).toBe(true);
  });
});

const cause = noX86Pe();
const signed =
  cause === undefined ? judgedBy : (_: unknown, title: string) => describe.skip(`${title} (${cause})`);
signed(["sbsign", "sbverify", "openssl", "objcopy"], "pack pe on a signed UKI, judged by sbverify,", () => {
  const verifies = (place: Workplace, certificate: string, name: string): boolean =>
    spawnSync("sbverify", ["--cert", certificate, place.path(name)]).status === 0;

  function signedUki() {
    const place = new Workplace();
    const { key, certificate } = testKey(place.folder);
    makeUki(x86Maker(), place.folder, [{ name: ".linux", data: imageFor("arm64") }]);
    const sign = (from: string, to: string) =>
      execFileSync(
        "sbsign",
        ["--key", key, "--cert", certificate, "--output", place.path(to), place.path(from)],
        { stdio: "pipe" },
      );
    sign("uki.efi", "signed.efi");
    place.file("bytecode.o", bytecode());
    return { place, certificate, sign };
  }

  test("strips the certificates, says so, and leaves a file that can be signed again", async () => {
    const { place, certificate, sign } = signedUki();
    expect(verifies(place, certificate, "signed.efi")).toBe(true);
    const { stderr } = await place.ok("pack", "pe", "signed.efi", "bytecode.o", "-o", "out.efi");
    expect(stderr).toMatch(/the certificates \(\d+ bytes\) were stripped/);
    expect(output("sbverify", ["--list", place.path("out.efi")]).toString()).not.toContain("signature 1");
    sign("out.efi", "again.efi");
    expect(verifies(place, certificate, "again.efi")).toBe(true);
    output("objcopy", [
      `--dump-section=.bpf=${place.path("bpf")}`,
      place.path("again.efi"),
      place.path("copy"),
    ]);
    expect(place.read("bpf").equals(bytecode())).toBe(true);
  });

  test("keeps the certificates when told to, says that they no longer verify, and they do not", async () => {
    const { place, certificate } = signedUki();
    const { stderr } = await place.ok(
      ...["pack", "pe", "signed.efi", "bytecode.o", "-o", "out.efi", "--certificates", "keep"],
    );
    expect(stderr).toMatch(/the certificates \(\d+ bytes\) were kept, but no longer verify/);
    expect(output("sbverify", ["--list", place.path("out.efi")]).toString()).toContain("signature 1");
    expect(verifies(place, certificate, "out.efi")).toBe(false);
  });
});

test("an image that has a .bpf is refused without --replace, and then has the new one alone", async () => {
  const place = new Workplace();
  place.file("image", await zbootFor("arm64"));
  place.file("one.o", bytecode("the first of two"));
  place.file("two.o", bytecode("two"));
  const { stderr } = await place.ok("pack", "pe", "image", "one.o", "-o", "once.efi");
  expect(stderr).toBe("kexec-bpf: the image has no certificates\n");
  const twice = await place.run("pack", "pe", "once.efi", "two.o", "-o", "twice.efi");
  expect([twice.status, twice.stderr]).toEqual([1, expect.stringContaining("--replace")]);
  expect(existsSync(place.path("twice.efi"))).toBe(false);
  await place.ok("pack", "pe", "once.efi", "two.o", "-o", "twice.efi", "--replace");
  await place.ok("pack", "pe", "image", "two.o", "-o", "direct.efi");
  expect(place.read("twice.efi").equals(place.read("direct.efi"))).toBe(true);
});

test("--json has the section's place and sums", async () => {
  const place = new Workplace();
  place.file("image", await zbootFor("arm64"));
  place.file("bytecode.o", bytecode());
  const report = await place.json<Packed>("pack", "pe", "image", "bytecode.o", "-o", "out.efi");
  const pe = decodePe(place.read("out.efi"));
  const section = pe.ok ? peSection(pe.value, ".bpf") : undefined;
  expect(report.parts).toEqual([
    {
      name: ".bpf",
      offset: section?.pointerToRawData,
      size: bytecode().length,
      sha256: output("sha256sum", ["-"], bytecode()).toString().split(" ")[0],
    },
  ]);
});

test.each([
  { digests: false, passes: "CheckSum's and the writing" },
  { digests: true, passes: "hashing the image, CheckSum's and the writing" },
])("progress is told of $passes as of one", async ({ digests }) => {
  const place = new Workplace();
  const image = place.file("image", Buffer.concat([await zbootFor("arm64"), Buffer.alloc(1 << 20, "more")]));
  const request = {
    image,
    bytecode: place.file("bytecode.o", bytecode()),
    output: place.path("out.efi"),
    replace: false,
    certificates: "strip",
  } as const;
  const done: number[] = [];
  const totals = new Set<number>();
  const progress = (bytes: number, total: number) => {
    done.push(bytes);
    totals.add(total);
  };
  const packed = await packPe(request, { digests, signal: new AbortController().signal, progress });
  const [before, after] = [place.read("image").length, place.read("out.efi").length];
  expect(packed.ok).toBe(true);
  expect([...totals]).toEqual([2 * after + (digests ? before : 0)]);
  expect(done).toEqual([...done].sort((a, b) => a - b));
  expect(done).toContain(after + (digests ? before : 0));
  expect(done.at(-1)).toBe([...totals][0]);
});

test("what is no bytecode is refused", async () => {
  const place = new Workplace();
  place.file("image", await zbootFor("arm64"));
  place.file("bytecode.o", await zbootFor("arm64"));
  const { status, stderr } = await place.run("pack", "pe", "image", "bytecode.o", "-o", "out.efi");
  expect([status, stderr]).toEqual([1, expect.stringContaining("bytecode.o: ELF")]);
});

judgedBy(["objdump"], "pack pe, judged by binutils' objdump,", () => {
  const LONG = ".a_name_of_many_letters";
  const SIGNATURE = 0x80;

  /** A PE file whose second section has its name in the string table, behind so many symbols. */
  function longNamed(symbols: number): Buffer {
    const { bytes, pe } = buildPe(
      [
        { name: ".text", data: Buffer.from("text") },
        { name: "/4", data: Buffer.from("the long one") },
      ],
      { machine: 0x8664 },
    );
    expect(pe).toBe(SIGNATURE);
    const strings = Buffer.from(`\0\0\0\0${LONG}\0`);
    strings.writeUInt32LE(strings.length, 0);
    const image = Buffer.concat([bytes, Buffer.alloc(18 * symbols), strings]);
    image.writeUInt32LE(bytes.length, pe + 12);
    image.writeUInt32LE(symbols, pe + 16);
    image.writeUInt32LE(0x3000, pe + 24 + 0x38);
    return image;
  }

  const names = (file: string): readonly string[] =>
    [
      ...output("objdump", ["-h", file])
        .toString()
        .matchAll(/^ +\d+ (\S+)/gm),
    ].map(([, name = ""]) => name);

  test.each([0, 3])(
    "leaves long section names readable, behind %i symbols, also when .bpf is replaced",
    async (symbols) => {
      const place = new Workplace();
      const old = place.file("image", longNamed(symbols));
      place.file("bytecode.o", bytecode());
      expect(names(old)).toEqual([".text", LONG]);
      const { stderr } = await place.ok("pack", "pe", "image", "bytecode.o", "-o", "out.efi");
      expect(stderr).toContain("the COFF string table, in which section names stand, is kept");
      expect(names(place.path("out.efi"))).toEqual([".text", LONG, ".bpf"]);
      await place.ok("pack", "pe", "out.efi", "bytecode.o", "-o", "again.efi", "--replace");
      expect(place.read("again.efi").equals(place.read("out.efi"))).toBe(true);
    },
  );

  test("tells of a SizeOfImage that the sections do not ask for, and of no other", async () => {
    const place = new Workplace();
    const image = longNamed(0);
    place.file("good", image);
    image.writeUInt32LE(0x9000, SIGNATURE + 24 + 0x38);
    place.file("odd", image);
    place.file("bytecode.o", bytecode());
    const good = await place.ok("pack", "pe", "good", "bytecode.o", "-o", "good.efi");
    expect(good.stderr).not.toContain("SizeOfImage");
    const odd = await place.ok("pack", "pe", "odd", "bytecode.o", "-o", "odd.efi");
    expect(odd.stderr).toContain(
      "SizeOfImage was 36864, while the sections end at 12288: it is computed anew",
    );
  });
});

test("a PE file past 4 GiB is refused in words", async () => {
  const place = new Workplace();
  place.file("image", Buffer.from("MZ"));
  truncateSync(place.path("image"), 2 ** 40);
  place.file("bytecode.o", bytecode());
  const { status, stderr } = await place.run("pack", "pe", "image", "bytecode.o", "-o", "out.efi");
  expect([status, stderr]).toEqual([1, expect.stringContaining("1099511627776")]);
});
