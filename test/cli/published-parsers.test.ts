import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { compileParser } from "#build/compile/compile-parser.ts";
import type { Verification } from "#core/verification.ts";
import { IMAGES } from "../fixtures/wrong-parsers/images.ts";
import { CLANGS } from "../formats/btf/clang.ts";
import { cli, cliOk } from "../support/cli.ts";
import { expectValue } from "../support/expect-value.ts";
import { newFolder, write } from "../support/kernel-tree.ts";
import { amd64Kernel, arm64Image } from "../support/real-inputs.ts";

const FIXTURE = fileURLToPath(new URL("../fixtures/series-style", import.meta.url));
const PARSER = "zboot_parser_bpf.c";
const MISTAKE = "if (head.size > size)";
const MENDED = "if (head.offset > size || head.size > size - head.offset)";

/** A folder with a parser as the series writes them, and no header that a Makefile would generate. */
function published(): string {
  const cwd = newFolder();
  for (const name of [PARSER, "template.c"]) copyFileSync(join(FIXTURE, name), join(cwd, name));
  write(join(cwd, "zboot.img"), IMAGES.zboot);
  return cwd;
}

async function verify(cwd: string, ...more: readonly string[]) {
  const btf = ["--btf", amd64Kernel().vmlinux];
  const { status, stdout, stderr } = await cli(["verify", "--parser", PARSER, ...btf, "--json", ...more], {
    cwd,
  });
  if (stdout === "") throw new Error(stderr);
  return { status, stderr, verification: JSON.parse(stdout) as Verification };
}

const MADE = [
  `${PARSER}: vmlinux.h is made of ${amd64Kernel().vmlinux}`,
  `${PARSER}: image_size.h is made for kernels of up to 67043328 bytes`,
];
const INTERFACE = `${PARSER}: the parsers' interface, which vmlinux.h lacks, is the built-in v7's`;

describe("verify of a parser as the series writes them", () => {
  it.each(CLANGS)("makes the headers that are nowhere, and judges it, by %s", async (clang) => {
    const cwd = published();
    const { stderr, verification } = await verify(
      cwd,
      "--abi",
      "v7",
      "--image",
      "zboot.img",
      "--clang",
      clang,
    );
    for (const note of [...MADE, INTERFACE]) expect(stderr).toContain(note);
    expect(verification).toMatchObject({
      errors: [],
      // One ring takes all parts, rounded up to what the kernel takes.
      parsers: [
        { reference: "zboot", limits: { kernel: 67_108_838, initrd: 67_108_838, cmdline: 67_108_838 } },
      ],
      verdicts: [{ ok: true, commands: [{ title: "DECOMPRESS/KERNEL", size: 3000 }, { title: "DONE" }] }],
    });
  });

  it("knows as its sources only files that stay", async () => {
    const file = join(published(), PARSER);
    const kernel = { revision: "v7", btf: amd64Kernel().vmlinux } as const;
    const compiled = expectValue(await compileParser(file, [], kernel, {}));
    const { sources } = compiled;
    expect(sources).toEqual(expect.arrayContaining([file, join(dirname(file), "template.c")]));
    expect(sources.filter((source) => !existsSync(source))).toEqual([]);
  });

  it("judges it on the hostile corpus where no image is named, and finds its mistake and no more", async () => {
    const cwd = published();
    const strays = async () => {
      const { status, verification } = await verify(cwd, "--no-fault-paths");
      const plain = verification.verdicts.filter(({ image }) => image.startsWith("kexec-bpf:zboot"));
      expect(plain.length).toBeGreaterThan(80);
      const findings = plain.flatMap((verdict) => verdict.findings.map(({ kind }) => [verdict.image, kind]));
      return { status, findings };
    };
    const { status, findings } = await strays();
    expect(status).toBe(1);
    expect(findings).toContainEqual(["kexec-bpf:zboot-payload-at-the-end", "stray-read"]);
    const text = readFileSync(join(cwd, PARSER), "utf8");
    expect(text).toContain(MISTAKE);
    write(join(cwd, PARSER), text.replace(MISTAKE, MENDED));
    expect((await strays()).findings).toEqual([]);
  });

  describe("adds to what there is, and no more:", () => {
    let built: string;
    beforeAll(async () => {
      built = newFolder("built");
      await cliOk(
        ["build", "zboot", "--image", arm64Image(), "--vmlinux", amd64Kernel().vmlinux, "-o", built],
        {
          cwd: built,
        },
      );
    });

    it("nothing but the interface where the headers are given", async () => {
      const { stderr, verification } = await verify(published(), "--image", "zboot.img", "-I", built);
      expect(verification.errors).toEqual([]);
      expect(stderr).toContain(INTERFACE);
      for (const note of MADE) expect(stderr).not.toContain(note);
    });

    it("no interface where the source has its own", async () => {
      const cwd = published();
      copyFileSync(join(built, PARSER), join(cwd, PARSER));
      const { status, stderr, verification } = await verify(cwd, "--image", "zboot.img");
      expect({ status, errors: verification.errors }).toEqual({ status: 0, errors: [] });
      for (const note of MADE) expect(stderr).toContain(note);
      expect(stderr).not.toContain("interface, which");
    });
  });
});
