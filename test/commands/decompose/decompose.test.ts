import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { digest } from "#files/digest.ts";
import { encodeContainer } from "#formats/elf/container.ts";
import { encodeObject } from "#formats/elf/object.ts";
import { encodeEnvelope } from "#formats/envelope/encode.ts";
import { cli, cliOk } from "../../support/cli.ts";
import { expectValue } from "../../support/expect-value.ts";
import { newFolder, write } from "../../support/kernel-tree.ts";
import { encodeUki } from "../../support/uki-encoder.ts";
import { buildZboot } from "../../support/zboot-builder.ts";

const text = (words: string) => Buffer.from(words);

const bytecode = encodeObject({
  machine: 183,
  symbols: [
    { name: "opts_data", bytes: text("data\0") },
    { name: "opts_insn", bytes: text("insn\0") },
  ],
});

function container(): Uint8Array {
  return expectValue(encodeContainer({ machine: 183, sections: [{ name: ".bpf.1", data: bytecode }] }));
}

const KERNEL = text("the uncompressed kernel");
const zboot = buildZboot(gzipSync(KERNEL), { compression: "gzip" });

/** A folder with `parser.bpf` and `image`. */
function folderWith(image: Uint8Array): string {
  const cwd = newFolder();
  write(join(cwd, "parser.bpf"), container());
  write(join(cwd, "image"), image);
  return cwd;
}

describe("decompose --reference", () => {
  test("writes the kernel, the initrd and the command line of an envelope", async () => {
    const envelope = encodeEnvelope({
      machine: 183,
      kernel: zboot,
      initrd: text("initrd"),
      cmdline: text("quiet"),
    });
    const cwd = folderWith(envelope);
    const { stdout } = await cliOk(
      ["decompose", "parser.bpf", "image", "--reference", "-o", "out", "--json"],
      { cwd },
    );
    const wanted = [
      ["kernel", KERNEL],
      ["initrd", text("initrd")],
      ["cmdline", text("quiet\0")],
    ] as const;
    expect(JSON.parse(stdout)).toEqual({
      schema: 1,
      revision: "v7",
      parts: wanted.map(([name, bytes]) => ({
        name,
        file: join(cwd, "out", name),
        size: bytes.length,
        sha256: digest(bytes),
      })),
    });
    for (const [name, bytes] of wanted)
      expect(digest(readFileSync(join(cwd, "out", name)))).toBe(digest(bytes));
    expect(readdirSync(join(cwd, "out")).sort()).toEqual(["cmdline", "initrd", "kernel"]);
  });

  test.each([
    [
      "an envelope without an initrd",
      encodeEnvelope({ machine: 183, kernel: zboot, cmdline: text("quiet") }),
    ],
    [
      "a payload that does not decompress",
      encodeEnvelope({
        machine: 183,
        kernel: buildZboot(gzipSync(KERNEL).subarray(0, 20), { compression: "gzip" }),
        initrd: text("initrd"),
        cmdline: text("quiet"),
      }),
    ],
    ["an image that no parser knows", text("words")],
  ])("writes nothing for %s", async (_title, image) => {
    const cwd = folderWith(image);
    const { status, stdout, stderr } = await cli(
      ["decompose", "parser.bpf", "image", "--reference", "-o", "out"],
      { cwd },
    );
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).not.toBe("");
    expect(readdirSync(cwd).sort()).toEqual(["image", "parser.bpf"]);
  });
});

describe("decompose of a v6 UKI without an initrd", () => {
  const uki = () => {
    return expectValue(
      encodeUki({
        arch: "arm64",
        sections: [
          { name: ".linux", data: KERNEL },
          { name: ".cmdline", data: text("quiet") },
          { name: ".bpf", data: bytecode },
        ],
      }),
    );
  };
  const words = ["decompose", "parser.bpf", "image", "--reference", "-o", "out", "--abi", "v6"];

  test("removes the initrd of an earlier run", async () => {
    const cwd = folderWith(uki());
    mkdirSync(join(cwd, "out"));
    write(join(cwd, "out/initrd"), "of an earlier run");
    write(join(cwd, "out/notes"), "of the user");
    await cliOk(words, { cwd });
    expect(readdirSync(join(cwd, "out")).sort()).toEqual(["cmdline", "kernel", "notes"]);
    expect(digest(readFileSync(join(cwd, "out/kernel")))).toBe(digest(KERNEL));
  });

  test("writes no part where one cannot be put into its place", async () => {
    const cwd = folderWith(uki());
    mkdirSync(join(cwd, "out/cmdline"), { recursive: true });
    write(join(cwd, "out/initrd"), "of an earlier run");
    const { status, stderr } = await cli(words, { cwd });
    expect(status).toBe(1);
    expect(stderr).toContain(join(cwd, "out/cmdline"));
    expect(readdirSync(join(cwd, "out")).sort()).toEqual(["cmdline", "initrd"]);
    expect(readFileSync(join(cwd, "out/initrd"), "utf8")).toBe("of an earlier run");
  });
});
