import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { cliOk } from "../support/cli.ts";
import { type KernelTree, kernelTree } from "../support/kernel-tree.ts";
import {
  because,
  CLANGS,
  compiledArrays,
  complaints,
  globalSymbols,
  header,
  noClang,
  sectionBytes,
  sectionNames,
} from "./judges.ts";

/** `e_machine` in readelf's words. */
const MACHINES = {
  arm64: "AArch64",
  riscv: "RISC-V",
  loongarch: "LoongArch",
  x86: "Advanced Micro Devices X86-64",
} as const;

type Arch = keyof typeof MACHINES;

const ARCHES = Object.keys(MACHINES) as readonly Arch[];
const PARSERS = ["zboot", "uki"] as const;

const HEADERS = ["bpf_helper_defs.h", "image_size.h", "vmlinux.h"];
const filesOf = (parser: string): string[] => [
  ...["c", "lskel.h", "o"].map((suffix) => `${parser}_parser_bpf.${suffix}`),
  ...["c", "o"].map((suffix) => `${parser}_bytecode.${suffix}`),
  `${parser}.bpf`,
];
const MANIFESTS = ["uki.manifest.json", "zboot.manifest.json"];

/** What is to be seen in an output folder, apart from the build's private one. */
const published = (folder: string): string[] => readdirSync(folder).filter((name) => name !== ".kexec-bpf");

let tree: KernelTree;
beforeAll(() => {
  tree = kernelTree();
});

/** `make` in tools/kexec; returns the output folder. */
async function make(out: string, ...words: string[]): Promise<string> {
  await cliOk(["make", ...words, `O=${out}`], { cwd: tree.kexec });
  return join(tree.kexec, out);
}

describe("make zboot uki in tools/kexec", () => {
  it("leaves every artefact under its name and nothing else", async () => {
    const out = await make("names", "zboot", "uki", "ARCH=arm64");
    expect(published(out).sort()).toEqual(
      [...HEADERS, ...filesOf("uki"), ...filesOf("zboot"), ...filesOf("plain"), ...MANIFESTS].sort(),
    );
  });

  it("adds bytecode.c and bytecode.o, the names of v6, for ABI=v6 alone", async () => {
    const out = await make("v6", "zboot", "uki", "ARCH=arm64", "ABI=v6");
    const files = [
      ...HEADERS,
      ...filesOf("uki"),
      ...filesOf("zboot"),
      ...MANIFESTS,
      "bytecode.c",
      "bytecode.o",
    ];
    expect(published(out).sort()).toEqual(files.sort());
    for (const suffix of ["c", "o"]) {
      expect(readFileSync(join(out, `bytecode.${suffix}`))).toEqual(
        readFileSync(join(out, `zboot_bytecode.${suffix}`)),
      );
    }
  });

  it("makes of zboot alone nothing of uki's", async () => {
    const out = await make("zboot-alone", "zboot", "ARCH=arm64");
    expect(published(out).sort()).toEqual([...HEADERS, ...filesOf("zboot"), "zboot.manifest.json"].sort());
  });

  it.each([
    { arch: "arm64", nested: true },
    { arch: "x86", nested: false },
  ])("makes of uki alone also what it nests: on $arch $nested", async ({ arch, nested }) => {
    const out = await make(`uki-alone-${arch}`, "uki", `ARCH=${arch}`, "MAX_KERNEL=64M");
    const inner = nested ? [...filesOf("zboot"), ...filesOf("plain")] : [];
    expect(
      published(out)
        .filter((name) => /^(zboot|plain)/.test(name))
        .sort(),
    ).toEqual(inner.sort());
    expect(published(out)).toContain("uki.bpf");
  });
});

describe.each(ARCHES)("artefacts for ARCH=%s", (arch) => {
  const nests = arch !== "x86";
  let out: string;
  beforeAll(async () => {
    const goals = ["zboot.bpf", "uki.bpf"];
    out = await make(`judged-${arch}`, ...goals, `ARCH=${arch}`, "MAX_KERNEL=64M");
  });

  it.each(PARSERS)("%s.bpf has the loader's sections and no other", (parser) => {
    const file = join(out, `${parser}.bpf`);
    const nested = parser === "uki" && nests ? [".bpf.nested PROGBITS"] : [];
    expect(sectionNames(file)).toEqual(["null", ".bpf.1 PROGBITS", ...nested, ".shstrtab STRTAB"]);
    expect(header(file)).toMatchObject({
      Class: "ELF64",
      Data: "2's complement, little endian",
      Machine: MACHINES[arch],
      "Number of program headers": "0",
    });
    expect(complaints(file)).toBe("");
  });

  it("uki.bpf nests the bytecode of zboot and plain, in this order, where kernels are zboot images or Images", () => {
    if (!nests) return expect(sectionNames(join(out, "uki.bpf")).join()).not.toContain("nested");
    const nested = join(out, "nested.bpf");
    writeFileSync(nested, sectionBytes(join(out, "uki.bpf"), ".bpf.nested"));
    expect(sectionNames(nested)).toEqual(["null", ".bpf.1 PROGBITS", ".bpf.2 PROGBITS", ".shstrtab STRTAB"]);
    for (const [section, parser] of [
      [".bpf.1", "zboot"],
      [".bpf.2", "plain"],
    ] as const) {
      const bytecode = readFileSync(join(out, `${parser}_bytecode.o`));
      expect(sectionBytes(nested, section).equals(bytecode), section).toBe(true);
    }
  });

  it.each(PARSERS)("%s.bpf carries the bytecode object as .bpf.1", (parser) => {
    const first = sectionBytes(join(out, `${parser}.bpf`), ".bpf.1");
    expect(first.equals(readFileSync(join(out, `${parser}_bytecode.o`)))).toBe(true);
  });

  it.each(PARSERS)("%s_bytecode.o spans the skeleton's arrays and a NUL by two global objects", (parser) => {
    const file = join(out, `${parser}_bytecode.o`);
    expect(header(file)).toMatchObject({
      Class: "ELF64",
      Data: "2's complement, little endian",
      Type: "REL (Relocatable file)",
      Machine: MACHINES[arch],
    });
    expect(complaints(file)).toBe("");
    const arrays = compiledArrays(join(out, `${parser}_parser_bpf.lskel.h`));
    const symbols = globalSymbols(file);
    expect(Object.keys(symbols).sort()).toEqual(["opts_data", "opts_insn"]);
    for (const [name, bytes] of Object.entries(arrays)) {
      const symbol = symbols[name];
      expect(symbol).toMatchObject({ type: "OBJECT", bind: "GLOBAL", size: bytes.length + 1 });
      expect(symbol?.bytes.equals(Buffer.concat([bytes, Buffer.alloc(1)]))).toBe(true);
      expect(bytes.length).toBeGreaterThan(1000);
    }
  });
});

/** clang 14 was built without LoongArch. */
const SUPPORTED: Readonly<Record<(typeof CLANGS)[number], readonly Arch[]>> = {
  "clang-14": ["arm64", "riscv", "x86"],
  "clang-19": ["arm64", "riscv", "loongarch", "x86"],
};

describe.each(CLANGS)("--bytecode-object compiled with %s", (clang) => {
  it.skipIf(noClang(clang) !== undefined).each(SUPPORTED[clang])(
    `has the symbols, sizes and bytes of the direct one for %s${because(clang)}`,
    async (arch) => {
      // One folder for all, so that the object alone is made again.
      const out = join(tree.kexec, `compiled-${clang}`);
      const build = async (kind: "direct" | "compiled") => {
        const options = ["--arch", arch, "--clang", clang, "--max-kernel", "64M", "--kernel-tree", tree.root];
        const words = ["build", "uki_bytecode.o", "-o", out, ...options, "--bytecode-object", kind];
        await cliOk(words, { cwd: tree.kexec });
        const file = join(out, "uki_bytecode.o");
        return {
          machine: header(file)["Machine"],
          symbols: globalSymbols(file),
          sections: sectionNames(file),
        };
      };
      const direct = await build("direct");
      const compiled = await build("compiled");
      expect(Object.keys(compiled.symbols).sort()).toEqual(["opts_data", "opts_insn"]);
      expect(compiled.symbols).toEqual(direct.symbols);
      expect(compiled.machine).toBe(direct.machine);
      // It is clang's own work, not the direct one again.
      expect(compiled.sections.join()).toContain(".comment");
      expect(direct.sections.join()).not.toContain(".comment");
    },
  );
});
