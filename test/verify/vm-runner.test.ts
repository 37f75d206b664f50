import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { REVISIONS, type Revision } from "#abi/revisions.ts";
import { encodeZboot } from "#formats/zboot/encode.ts";
import { type BuiltParsers, buildParsers } from "../bpf-vm/support/parsers.ts";
import { cli, cliOk } from "../support/cli.ts";
import { expectValue } from "../support/expect-value.ts";
import { newFolder, write } from "../support/kernel-tree.ts";
import { encodeUki } from "../support/uki-encoder.ts";

const text = (words: string) => new Uint8Array(Buffer.from(words));
const KERNEL = text("the uncompressed kernel");

/** A zboot file; v6 finds its parser in it. */
const zboot = encodeZboot({
  arch: "arm64",
  compression: "gzip",
  payload: gzipSync(KERNEL),
  uncompressedSize: undefined,
});

describe.each(REVISIONS)("decompose with the bytecode of %s", (revision: Revision) => {
  let built: BuiltParsers;
  let bpf: readonly { readonly name: string; readonly data: Uint8Array }[];
  beforeAll(async () => {
    built = await buildParsers(revision);
    bpf = revision === "v6" ? [{ name: ".bpf", data: built.file("uki_bytecode.o") }] : [];
  });

  const uki = (linux: Uint8Array) =>
    expectValue(
      encodeUki({
        arch: "arm64",
        sections: [
          ...bpf,
          { name: ".linux", data: linux },
          { name: ".initrd", data: text("an initrd") },
          { name: ".cmdline", data: text("quiet\0") },
        ],
      }),
    );

  function folderWith(image: Uint8Array): string {
    const cwd = newFolder();
    write(join(cwd, "parser.bpf"), built.file("uki.bpf"));
    write(join(cwd, "image"), image);
    return cwd;
  }
  const decompose = ["decompose", "parser.bpf", "image", "--abi", revision, "-o", "out"];

  it("gives the kernel, the initrd and the command line of a UKI", async () => {
    // v7's nested parser takes the zboot file apart; a v6 kernel stops where there is no .bpf.
    const cwd = folderWith(uki(revision === "v7" ? zboot : KERNEL));
    await cliOk(decompose, { cwd });
    const part = (name: string) => readFileSync(join(cwd, "out", name), "utf8");
    expect(["kernel", "initrd", "cmdline"].map(part)).toEqual([
      "the uncompressed kernel",
      "an initrd",
      "quiet\0",
    ]);
  });

  it("says why the parser takes no image, in the parser's own words", async () => {
    const image = uki(KERNEL);
    image.set(text(".nolin"), Buffer.from(image).indexOf(".linux"));
    const { status, stderr } = await cli(decompose, { cwd: folderWith(image) });
    expect(status).toBe(1);
    expect(stderr).toContain("kexec uki: no .linux, or an empty one");
  });
});
