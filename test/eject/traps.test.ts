import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { revisionProfile } from "#abi/revisions.ts";
import { DEFAULT_CMDLINE_LIMIT, DEFAULT_INITRD_LIMIT, renderImageSize } from "#generate/image-size.ts";
import { INTERFACES, kernelBtf } from "../build/kernel-with-interface.ts";
import { MAPS, skeletonText } from "../formats/light-skeleton/skeleton-text.ts";
import { cliOk } from "../support/cli.ts";
import { newFolder, script, write } from "../support/kernel-tree.ts";
import { buildZboot } from "../support/zboot-builder.ts";
import { CLANG, ejected, make } from "./ejected.ts";

/** What the series' own Makefile and parsers did, once each. */

let folder: string;
let vmlinux: string;
const variables = () => ({ ARCH: "arm64", CLANG, VMLINUX: vmlinux, MAX_KERNEL: "1M" });

beforeAll(async () => {
  folder = await ejected();
  vmlinux = kernelBtf(CLANG, INTERFACES.v7);
  expect(make(folder, variables(), ["zboot", "host-bytecode"])).toMatchObject({ status: 0 });
});

/** What the helper makes of a skeleton. */
function bytecode(text: string) {
  const skeleton = write(join(newFolder(), "x.lskel.h"), text);
  const run = spawnSync(join(folder, "host-bytecode"), ["source", skeleton], { encoding: "utf8" });
  return { status: run.status, stdout: run.stdout, stderr: run.stderr.replaceAll(`${skeleton}`, "x") };
}

describe("a failed step leaves nothing hollow:", () => {
  it("not where bpftool ends in the middle of its output", async () => {
    const out = newFolder();
    const bpftool = script(
      join(newFolder(), "bpftool"),
      'case "$*" in gen*) echo "static const char opts_data[] ="; exit 255 ;; *) exec bpftool "$@" ;; esac',
    );
    const { status, stderr } = make(folder, { ...variables(), BPFTOOL: bpftool, O: out }, ["zboot"]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/zboot_parser_bpf.lskel.h\] Error 255/);
    expect(
      readdirSync(out).filter((name) => /lskel|bytecode|\.bpf$/.test(name) && !/^host|tmp$/.test(name)),
    ).toEqual([]);
  });

  it("not where bpftool is content with a skeleton that has no arrays", () => {
    const out = newFolder();
    const bpftool = script(
      join(newFolder(), "bpftool"),
      'case "$*" in gen*) echo "struct zboot_parser_bpf;" ;; *) exec bpftool "$@" ;; esac',
    );
    const { status, stderr } = make(folder, { ...variables(), BPFTOOL: bpftool, O: out }, ["zboot"]);
    expect(status).toBe(2);
    expect(stderr).toContain("has no opts_data or no opts_insn: bpftool is too old, or failed");
    expect(existsSync(join(out, "zboot_bytecode.c"))).toBe(false);
    expect(existsSync(join(out, "zboot.bpf"))).toBe(false);
  });

  const whole = skeletonText();
  it.each([
    ["an array without a byte", skeletonText({ data: new Uint8Array(0) }), "x: opts_data is empty"],
    ["one that is declared alone", whole.replace(/ = "\\\n[^;]*";/, ";"), "x: opts_data has no value"],
    [
      "one of numbers",
      whole.replace(/ = "\\\n[^;]*";/, " = { 1 };"),
      "x: the value of opts_data is not a string",
    ],
    ["one that ends in a line", whole.replace('";', "\n;"), "x: a string without an end"],
    [
      "one that stands there twice",
      whole + whole,
      "x: map ringbuf_1 is not in its place in the kernel's skeleton",
    ],
    [
      "half an instruction",
      skeletonText({ insns: new Uint8Array(12) }),
      "x: opts_insn is cut within an instruction",
    ],
    ["maps in another order", skeletonText({ maps: [...MAPS].reverse() }), "x: map bss is not in its place"],
    ["a map too few", skeletonText({ maps: MAPS.slice(1) }), "x: map ringbuf_2 is not in its place"],
    ["two programs", skeletonText({ programs: ["a", "b"] }), "x has 8 maps and 2 programs"],
    ["an escape that C does not know", whole.replace("\\x", "\\q"), "x: an unknown escape in a string"],
    ["a comment without an end", `${whole}/*`, "x: a comment without an end"],
  ])("not of %s", (_title, text, words) => {
    const { status, stdout, stderr } = bytecode(text);
    expect(stderr).toContain(`bytecode: ${words}`);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  });
});

it("an array's bytes are read by C's rules, whatever their spelling", () => {
  const text = skeletonText().replace(
    /(opts_data\[\].*?) = "[^;]*";/s,
    '$1 = "a\\x01" /* " */ "\\0\\12\\377\\n\\\\" "\\\nz";',
  );
  expect(bytecode(text).stdout).toContain(
    'const char opts_data[] __attribute__((__aligned__(8))) =\n\t"\\x61\\x01\\x00\\x0a\\xff\\x0a\\x5c\\x7a";\n',
  );
});

it("a payload is sent whole, not payload_size - 4", async () => {
  const work = newFolder();
  const payload = Buffer.from("a payload whose last four bytes are not its size");
  const image = write(join(work, "zboot"), buildZboot(payload, { compression: "zstd22" }));
  const stream = join(work, "stream.kbs");
  await cliOk(["stream", "record", join(folder, "zboot.bpf"), image, "-o", stream], { cwd: work });
  const { stdout } = await cliOk(["stream", "show", stream, "--json"], { cwd: work });
  expect(JSON.parse(stdout).commands[0]).toMatchObject({
    payload: { size: payload.length },
  });
});

it("a ring holds its record, for a kernel just under a power of two as well; and image_size.h is a build's", () => {
  const power = 1 << 24;
  for (const revision of ["v6", "v7"] as const) {
    const { headerSize } = revisionProfile(revision);
    for (const kernel of [
      1,
      65_500,
      65_536 - headerSize - 16,
      power - 65,
      power - 32,
      power - 18,
      power - 1,
      power,
    ]) {
      const program = join(folder, "host-image-size");
      const words = [`header=${headerSize}`, "image=", `kernel=${kernel}`, "initrd=", "cmdline="];
      const text = execFileSync(program, words, { encoding: "utf8" });
      const limits = { kernel, initrd: DEFAULT_INITRD_LIMIT, cmdline: DEFAULT_CMDLINE_LIMIT };
      expect({ ok: true, value: text }).toEqual(
        renderImageSize({ ...limits, image: kernel }, revisionProfile(revision)),
      );
      const ring = Number(/KERNEL_RING_SIZE (\d+)/.exec(text)?.[1]);
      expect(ring).toBeGreaterThan(headerSize + kernel + 8);
    }
  }
});

it.each(["1T", "64MB", "-1", "12x", "5000000000G", "0", "512M"])(
  "MAX_KERNEL=%s is not a size that it takes",
  (size) => {
    const run = spawnSync(join(folder, "host-image-size"), ["header=10", `kernel=${size}`], {
      encoding: "utf8",
    });
    expect(run).toMatchObject({ status: 1, stdout: "" });
    expect(run.stderr).toMatch(
      /^image-size: kernel(=\S+ is not a size| of \d+ bytes: at least 1 and less than 536870912)\n$/,
    );
  },
);

it("the sources that it builds are those of the program, with their licences", () => {
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!/\.[ch]$|^(README|Makefile)$/.test(name) || /vmlinux|lskel/.test(name)) continue;
    expect(readFileSync(join(folder, name), "utf8").slice(0, 60), name).toContain(
      "SPDX-License-Identifier: GPL-2.0-only",
    );
  }
});
