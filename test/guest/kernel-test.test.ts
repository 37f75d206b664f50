import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { REVISIONS, type Revision } from "#abi/revisions.ts";
import { anyImage } from "../reference-parsers/images.ts";
import { cli, cliOk, type Outcome } from "../support/cli.ts";
import { buildElf } from "../support/elf-builder.ts";
import { extent } from "../support/extent.ts";
import { ENV, makeTargets, noGuest, PATIENCE, REFUSED } from "../support/guest.ts";
import { newFolder, write } from "../support/kernel-tree.ts";
import { buildPe } from "../support/pe-builder.ts";
import { arm64Image, loong64Zboot } from "../support/real-inputs.ts";
import { describeUnless } from "../support/tools.ts";
import { buildZboot } from "../support/zboot-builder.ts";

const PAYLOAD = Uint8Array.from({ length: 5000 }, (_, i) => (i * 7) & 0xff);
/** As much of an arm64 Image as a loader looks at: its magic number. */
const ARM64_HEADER = Buffer.alloc(64);
ARM64_HEADER.write("ARM\x64", 0x38, "latin1");
const HOSTILE = extent(25, 150);
/** Of the corpus, one image in so many. */
const SPARSE = extent(4, 1);
/** The part of `kernel-test --json` that is looked at here. */
type Report = {
  readonly passed: boolean;
  readonly kernels: readonly {
    readonly release: string;
    readonly crashes: readonly unknown[];
    readonly trouble: readonly string[];
    readonly parsers: readonly {
      readonly name: string;
      readonly reference: "uki" | "zboot" | "plain";
      readonly load: { readonly state: string; readonly instructions?: number; readonly jited?: number };
      readonly cases: number;
      readonly asVm: number;
      readonly asReference: number | null;
      readonly findings: readonly { readonly case: string; readonly what: string; readonly detail: string }[];
      readonly commands: readonly { readonly image: string; readonly commands: number | null }[];
    }[];
  }[];
};

const parse = ({ stdout }: Outcome) => JSON.parse(stdout) as Report;

/** Builds parsers as a user does. */
async function build(revision: Revision, ...words: readonly string[]): Promise<string> {
  const out = newFolder("parsers");
  const sizes = ["--max-kernel", "32M", "--max-initrd", "1M"];
  await cliOk(["build", ...words, "--image", arm64Image(), "-o", out, "--abi", revision, ...sizes], {
    cwd: out,
  });
  return out;
}

/** Good images of every kind, a real one, and hostile ones, in a folder. */
function corpus(): string {
  const folder = newFolder("corpus");
  const zboot = buildZboot(PAYLOAD);
  const parts = { linux: PAYLOAD, initrd: PAYLOAD.subarray(0, 700), cmdline: Buffer.from("console=ttyS0\0") };
  write(join(folder, "empty"), "");
  write(join(folder, "zboot"), zboot);
  write(join(folder, "plain"), ARM64_HEADER);
  const elf = [
    { name: ".kernel", data: zboot },
    { name: ".initrd", data: parts.initrd },
    { name: ".cmdline", data: parts.cmdline },
  ];
  write(join(folder, "envelope"), buildElf(elf).bytes);
  const pe = Object.entries(parts).map(([name, data]) => ({ name: `.${name}`, data }));
  write(join(folder, "uki"), buildPe(pe).bytes);
  fc.sample(anyImage, { numRuns: HOSTILE, seed: 20260321 }).forEach((bytes, index) => {
    write(join(folder, `hostile-${index}`), bytes);
  });
  return folder;
}

describeUnless(
  noGuest("qemu-system-x86_64"),
  "kernel-test, in Debian's kernel of bookworm-backports,",
  () => {
    describe.each(extent(["v7"] as const, REVISIONS))("all parsers of %s,", (revision) => {
      let outcome: Outcome;
      beforeAll(async () => {
        const out = await build(revision, "zboot", "uki");
        await cliOk(["corpus", "--abi", revision, "-o", "hostile"], { cwd: out });
        const left = readdirSync(join(out, "hostile")).filter((name) => name.endsWith(".img"));
        for (const name of left.filter((_, i) => i % SPARSE !== 0)) rmSync(join(out, "hostile", name));
        outcome = await cli(
          [
            ...["kernel-test", "zboot.bpf", "uki.bpf", "--abi", revision, "--json"],
            ...["--corpus", corpus(), "--image", "hostile", "--image", loong64Zboot()],
          ],
          { cwd: out, env: ENV },
        );
      }, PATIENCE);

      it("finds kernel, VM and reference of one mind about them, over good, real and hostile images", () => {
        const [kernel] = parse(outcome).kernels;
        expect(kernel).toMatchObject({
          ...{ passed: true, source: "bookworm-backports", trouble: [] },
          release: expect.stringMatching(/^6\.12\./),
        });
        expect(kernel?.parsers.map(({ name, reference }) => [name, reference])).toEqual([
          ["zboot.bpf .bpf.1", "zboot"],
          ["uki.bpf .bpf.1", "uki"],
          ["uki.bpf .bpf.nested/.bpf.1", "zboot"],
          ...(revision === "v7" ? [["uki.bpf .bpf.nested/.bpf.2", "plain"]] : []),
        ]);
        const done = revision === "v7" ? 1 : 0;
        const sends = {
          uki: { empty: 0, uki: 3 + done, zboot: 0, vmlinuz: 0, plain: 0 },
          zboot: { empty: 0, uki: 0, zboot: 1 + done, vmlinuz: 1 + done, envelope: 4 * done, plain: 0 },
          plain: { empty: 0, uki: 0, zboot: 0, vmlinuz: 0, envelope: 0, plain: 1 },
        };
        for (const parser of kernel?.parsers ?? []) {
          const { name, reference, load, cases, asVm, asReference, findings, commands } = parser;
          expect(load.state, name).toBe("loaded");
          expect(load.instructions).toBeGreaterThan(100);
          expect(load.jited).toBeGreaterThan(100);
          // A plain parser has few corpus cases of its own, and little that can be denied to it.
          expect(cases).toBeGreaterThan(3 * HOSTILE + (reference === "plain" ? 0 : 500 / SPARSE));
          expect([asVm, asReference, findings]).toEqual([cases, cases, []]);
          const sent = Object.fromEntries(commands.map((item) => [item.image, item.commands]));
          expect(sent).toMatchObject(sends[reference]);
        }
      });

      it("has passed, and says nothing else", () => {
        expect([outcome.status, outcome.stderr, parse(outcome).passed]).toEqual([0, "", true]);
      });
    });

    describe("of wrong parsers, in a kernel and one that cannot be had,", () => {
      let outcome: Outcome;
      const logs = newFolder("logs");
      beforeAll(async () => {
        const targets = makeTargets({
          refused: REFUSED,
          beyond: {
            locate: "scratch->parts.kernel = (struct part){ .offset = image->size - 4, .size = 8 };",
          },
        });
        const out = await build("v7", "zboot", "--seed-payload-size");
        const wrong = await build("v7", "refused", "beyond", "--targets", targets);
        const image = write(join(out, "zboot"), buildZboot(PAYLOAD));
        const containers = [join(out, "zboot.bpf"), join(wrong, "refused.bpf"), join(wrong, "beyond.bpf")];
        const suites = ["--deb", "bookworm-backports", "--deb", "no-such-suite"];
        outcome = await cli(
          ["kernel-test", ...containers, "--image", image, "-o", logs, "--json", ...suites],
          {
            ...{ cwd: out, env: ENV },
          },
        );
      }, PATIENCE);
      const parser = (name: string) =>
        parse(outcome).kernels[0]?.parsers.find((item) => item.name === `${name}.bpf .bpf.1`);

      it("tries the kernel that can be had, and has not passed", () => {
        expect(outcome.stderr).toMatch(/^kexec-bpf: module-root failed .*no-such-suite amd64\n/m);
        expect([outcome.status, parse(outcome).passed]).toEqual([1, false]);
        expect(parse(outcome).kernels).toHaveLength(1);
      });

      it("tells of one that the verifier refuses by the reason, and then by the whole log", () => {
        expect(outcome.status).toBe(1);
        expect(parser("refused")).toMatchObject({ load: { state: "refused", error: "EACCES" }, cases: 0 });
        const lines = outcome.stderr.split("\n");
        const first = lines.findIndex((line) =>
          line.startsWith("kexec-bpf: refused.bpf .bpf.1 does not load"),
        );
        expect(lines[first]).toMatch(
          /^kexec-bpf: refused\.bpf \.bpf\.1 does not load \(EACCES\): R\d invalid mem access 'scalar'$/,
        );
        expect(lines.slice(first + 1).join("\n")).toMatch(/^ {2}processed \d+ insns/m);
      });

      it("finds one that sends four bytes less, by the reference alone", () => {
        const found = parser("zboot");
        expect(found?.load.state).toBe("loaded");
        expect(found?.asVm).toBe(found?.cases);
        expect(found?.findings[0]).toEqual({
          ...{ case: "zboot", what: "reference" },
          detail: "command 0, payload: kernel 4996 bytes, here 5000 bytes, first difference at byte 4996",
        });
      });

      it("finds one that reads beyond the image, which only works where something is mapped there", () => {
        const about = (name: string) => parser("beyond")?.findings.filter((item) => item.case === name);
        expect(about("zboot")).toEqual([
          { case: "zboot", what: "VM", detail: "command 0, command: kernel COPY/KERNEL, here nothing" },
          { case: "zboot", what: "VM's trace", detail: "kernel:  | VM: kexec beyond: part not readable" },
        ]);
        expect(about("zboot, at the end of its memory")).toEqual([]);
      });

      it("keeps the console and the verifier's logs in a folder", () => {
        const release = parse(outcome).kernels[0]?.release;
        const log = readFileSync(join(logs, `${release}-refused.bpf-.bpf.1.verifier`), "latin1");
        expect(log).toMatch(/invalid mem access 'scalar'/);
        expect(existsSync(join(logs, `${release}.console`))).toBe(true);
      });
    });
  },
);
