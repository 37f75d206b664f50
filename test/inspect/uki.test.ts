import { join } from "node:path";
import { expect, test } from "vitest";
import { digest } from "#files/digest.ts";
import type { Inspection } from "#inspect/types.ts";
import { cliOk } from "../support/cli.ts";
import { newFolder } from "../support/kernel-tree.ts";
import { describeUnless, llvmTool, missingTool } from "../support/tools.ts";
import { arm64Maker, listedSections, makeUki, noX86Pe, type Part, x86Maker } from "../support/uki.ts";

/** Bytes that no two parts share; the length is no multiple of any alignment. */
const bytes = (length: number, seed: number) =>
  Buffer.from(Array.from({ length }, (_, i) => (i * seed) >> 3));

const KERNEL = bytes(70_001, 7);
const INITRD = bytes(9_999, 11);
const CMDLINE = Buffer.from("console=ttyS0 quiet");

const SINGLE: readonly Part[] = [
  { name: ".osrel", data: Buffer.from("ID=debian\nVERSION_ID=12\n") },
  { name: ".cmdline", data: CMDLINE },
  { name: ".initrd", data: INITRD },
  { name: ".linux", data: KERNEL },
];

const PROFILES: readonly Part[] = [
  ...SINGLE,
  { name: ".profile", data: Buffer.from("ID=main\nTITLE=Main\n") },
  { name: ".profile", data: Buffer.from("ID=rescue\nTITLE=Rescue\n") },
  { name: ".cmdline", data: Buffer.from("rescue") },
];

const CMDLINE_OF_MAIN: readonly Part[] = [
  ...SINGLE,
  { name: ".profile", data: Buffer.from("ID=main\n") },
  { name: ".cmdline", data: Buffer.from("of profile 0") },
];

/** The parts that count come last, behind more sections than the first parsers looked at. */
const MANY: readonly Part[] = [
  ...Array.from({ length: 14 }, (_, i) => ({ name: ".dtbauto", data: bytes(100 + i, 13 + i) })),
  ...SINGLE,
];

const CASES: readonly (readonly [string, readonly Part[], readonly Uint8Array[]])[] = [
  ["of one profile", SINGLE, [KERNEL, INITRD, CMDLINE]],
  ["of two profiles, the first with all of the base", PROFILES, [KERNEL, INITRD, CMDLINE]],
  ["whose first profile has a .cmdline", CMDLINE_OF_MAIN, [KERNEL, INITRD, Buffer.from("of profile 0")]],
  ["of more than 16 sections", MANY, [KERNEL, INITRD, CMDLINE]],
  ["without .initrd", SINGLE.filter(({ name }) => name !== ".initrd"), [KERNEL, CMDLINE]],
];

const x86 = { title: "x86-64", missing: noX86Pe(), objdump: "objdump", maker: x86Maker };
const llvm = { objcopy: llvmTool("llvm-objcopy"), objdump: llvmTool("llvm-objdump") };
const arm64 = {
  title: "arm64",
  missing: missingTool(llvm.objcopy, llvm.objdump),
  objdump: llvm.objdump,
  maker: () => arm64Maker(llvm.objcopy),
};

for (const { title, missing, objdump, maker } of [x86, arm64]) {
  describeUnless(missing, `a UKI of objcopy and Debian's stub for ${title}`, () => {
    test.each(CASES)(
      "%s: objdump has the same sections, the stream has the files",
      async (_title, parts, sent) => {
        const cwd = newFolder();
        const uki = makeUki(maker(), cwd, parts);

        const { stdout } = await cliOk(["inspect", uki, "--json"], { cwd });
        const found = JSON.parse(stdout) as Inspection;
        expect(found.format).toBe("UKI");
        const listed = listedSections(objdump, uki);
        expect(listed.slice(-parts.length)).toEqual(
          parts.map(({ name, data }) => ({ name, size: data.length })),
        );
        const sections = found.parts.filter(
          ({ name }) => !["headers", "certificates", "COFF symbols"].includes(name),
        );
        expect(sections.map(({ name, size }) => ({ name, size }))).toEqual(listed);
        expect(sections.slice(-parts.length).map(({ sha256 }) => sha256)).toEqual(
          parts.map(({ data }) => digest(data)),
        );

        await cliOk(["stream", "reference", uki, "-o", "uki.kbs"], { cwd });
        const shown = await cliOk(["stream", "show", "uki.kbs", "--json"], { cwd: join(cwd) });
        const { commands } = JSON.parse(shown.stdout) as {
          commands: { command: string; pipeline: string | null; payload: { size: number; sha256: string } }[];
        };
        expect(commands.map(({ command, pipeline }) => ({ command, pipeline }))).toEqual([
          { command: "COPY", pipeline: "FILL" },
          ...sent.slice(1).map(() => ({ command: "COPY", pipeline: null })),
          { command: "DONE", pipeline: null },
        ]);
        const [text = ""] = sent.slice(-1);
        const ended = Buffer.concat([Buffer.from(text), Buffer.alloc(1)]);
        expect(commands.slice(0, -1).map(({ payload }) => payload.sha256)).toEqual(
          [...sent.slice(0, -1), ended].map(digest),
        );
        // What stands in the file, and that a NUL comes after it.
        const told = found.streams.find(({ parser, revision }) => parser === "uki" && revision === "v7");
        expect(told?.commands?.at(-2)).toMatchObject({
          payload: { size: text.length, sha256: digest(Buffer.from(text)) },
          ended: true,
        });
      },
    );
  });
}
