import { expect, test } from "vitest";
import { ok, type Result } from "#core/result.ts";
import type { Btf } from "#formats/btf/btf.ts";
import { emitHeader } from "#formats/btf/c/c-header.ts";
import { decodeBtf } from "#formats/btf/decode.ts";
import { dumpCost } from "#formats/btf/dump-cost.ts";
import { decodeBtfExt } from "#formats/btf/ext.ts";
import { sizeOf } from "#formats/btf/resolve.ts";
import { decompress } from "#formats/compression/codecs.ts";
import { decodeElf, type ElfFile } from "#formats/elf/elf-file.ts";
import { loadPlan } from "#formats/image/load-plan.ts";
import { parseLightSkeleton } from "#formats/light-skeleton/light-skeleton.ts";
import { planAppend } from "#formats/pe/append.ts";
import { peCertificates } from "#formats/pe/certificates.ts";
import { coffSymbols, longSectionNames } from "#formats/pe/coff-symbols.ts";
import { peFacts, peOverlay } from "#formats/pe/facts.ts";
import { decodePe } from "#formats/pe/pe-file.ts";
import { type Answers, hostileNeighbours, summary } from "../support/answers.ts";
import { BtfBuilder } from "../support/btf-builder.ts";
import { buildElf, edited } from "../support/elf-builder.ts";
import { flatBytes } from "../support/flat-image.ts";
import { buildPe } from "../support/pe-builder.ts";
import { SPECIMENS, SUBJECTS } from "../support/random-cases.ts";
import GOLDEN from "./answers.json" with { type: "json" };
import { everyKind, opened } from "./btf/samples.ts";
import { codec, GOOD } from "./compression/small-streams.ts";
import { skeletonText } from "./light-skeleton/skeleton-text.ts";

/**
 * What decoders say of files with one byte wrong, and where: a check that is left out, an offset that is told wrong or a field that is
 * read from elsewhere changes an answer. Who changes one on purpose looks at the difference (`summary()`) and writes the new
 * digest into answers.json.
 */
const golden: Readonly<Record<string, readonly (number | string)[]>> = GOLDEN;

type Reader = (bytes: Uint8Array) => Result<unknown> | Promise<Result<unknown>>;

/** Of what takes longer, one case in so many. */
const SPARSE: ReadonlyMap<string, number> = new Map([
  ["BTF in C", 7],
  ["light skeleton", 3],
  ["PE append", 2],
  ["PE replace", 2],
]);

async function answers(name: string, good: Uint8Array, read: Reader): Promise<Answers> {
  const step = SPARSE.get(name) ?? 1;
  const cases = hostileNeighbours(good).filter((_, i) => i % step === 0);
  return summary(name, await Promise.all(cases.map(read)));
}

/** What a reader makes of the value of another. */
function then<T>(first: (bytes: Uint8Array) => Result<T>, second: (value: T) => unknown): Reader {
  return (bytes) => {
    const result = first(bytes);
    if (!result.ok) return result;
    const made = second(result.value);
    return isResult(made) ? made : ok(made);
  };
}

function isResult(value: unknown): value is Result<unknown> {
  return typeof value === "object" && value !== null && "ok" in value;
}

function types(btf: Btf): unknown {
  const all = [...btf.ids()].map((id) => [btf.type(id), btf.findAll(btf.name(id)), sizeOf(btf, id)]);
  return [all, dumpCost(btf)];
}

function inC(btf: Btf): unknown {
  const names = [...btf.ids()].map((id) => btf.name(id)).filter((name) => name !== "");
  return emitHeader(btf, [...names, "MINUS"]);
}

const pe = (bytes: Uint8Array) => decodePe(bytes);
const elf = (bytes: Uint8Array) => decodeElf(bytes);
const btf = (bytes: Uint8Array) => decodeBtf(bytes, { offset: 1000 });

/** Shared names, overlapping and unaligned sections, bytes behind them: all that there are facts about. */
function oddPe(): Uint8Array {
  const data = new Uint8Array(16).fill(0x61);
  const section = (name: string, more: object = {}) => ({ name, data, virtualSize: 16, ...more });
  const certificate = new Uint8Array([16, 0, 0, 0, 0, 2, 2, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
  return buildPe(
    [section(".text"), section(".data", { virtualSize: 9 }), section(".text"), section(".profile")],
    {
      plus: true,
      certificate,
    },
  ).bytes;
}

/** Two segments, of which the first begins with an arm64 kernel's header. */
function kernelElf(): Uint8Array {
  const start = 0xffff_8000_0800_0000n;
  const header = edited(new Uint8Array(96), (view) => {
    view.setUint32(0x38, 0x644d5241, true);
    view.setBigUint64(0x10, 0x4000n, true);
  });
  const first = { type: 1, offset: 64n, filesz: 64n, memsz: 80n, align: 8n, vaddr: start };
  const second = { type: 1, offset: 128n, filesz: 8n, memsz: 16n, align: 8n, vaddr: start + 96n };
  const { bytes } = buildElf([{ name: ".text", data: header, flags: 2, address: start }], {
    type: 2,
    machine: 183,
    programs: [first, second],
  });
  return edited(bytes, (view) => view.setBigUint64(0x18, start, true));
}

const own = SUBJECTS.filter(({ name }) => /^(decode|split|find)/.test(name)).flatMap(({ name, decode }) =>
  SPECIMENS.filter(({ takenBy }) => takenBy.includes(name))
    .slice(0, 3)
    .map(({ bytes }, i): readonly [string, Uint8Array, Reader] => [`${name} ${i + 1}`, bytes, decode]),
);
const ADDED = [
  { name: ".bpf.1", size: 700, characteristics: 0x4000_0040 },
  { name: ".bpf.2", size: 0, characteristics: 0x4000_0040 },
];
const peReaders: readonly (readonly [string, Reader])[] = [
  ["PE append", then(pe, (file) => planAppend(file, { added: ADDED, certificates: "keep" }))],
  [
    "PE replace",
    then(pe, (file) =>
      planAppend(file, {
        added: ADDED.slice(0, 1),
        removed: ".data",
        overlay: "drop",
        strings: { offset: 64, length: 9 },
        certificates: "strip",
      }),
    ),
  ],
  ["PE facts", then(pe, peFacts)],
  [
    "PE tail",
    then(pe, (file) => [peOverlay(file), coffSymbols(file), longSectionNames(file), peCertificates(file)]),
  ],
];
const elfReaders: readonly (readonly [string, Reader])[] = [
  ["flat ELF", then(elf, (file: ElfFile) => flatBytes(file, { limit: 4096 }))],
  ["load plan", then(elf, loadPlan)],
];
const streams = Object.entries(GOOD).filter(([name]) => name !== "gzip");

/** A function, two lines and a relocation, of 32-bit words as the kernel's btf.rst has them. */
function someExt(): { readonly btf: Btf; readonly bytes: Uint8Array } {
  const b = new BtfBuilder({ littleEndian: true });
  const [section, text, file, access] = ["fentry.s/anchor", ".text", "/src/parser.c", "0:3:0"].map((one) =>
    b.string(one),
  );
  const int = b.int("int", 4);
  const f = b.func("f", b.proto(int, []));
  const s = b.struct("s", 4, [{ name: "a", type: int, at: 0 }]);
  const functions = [8, section, 1, 0, f];
  const lines = [16, section, 1, 0, file, text, (12 << 10) | 5, text, 1, 8, file, 0, (13 << 10) | 1];
  const relocations = [16, section, 1, 16, s, access, 0];
  const tables = [functions, lines, relocations].map((words) => 4 * words.length);
  const [first = 0, second = 0, third = 0] = tables;
  const header = [0x0001_eb9f, 32, 0, first, first, second, first + second, third];
  const words = [...header, ...functions, ...lines, ...relocations].map((word) => word ?? 0);
  return { btf: opened(b.build()), bytes: new Uint8Array(Uint32Array.from(words).buffer) };
}
const ext = someExt();

const ROWS: readonly (readonly [string, Uint8Array, Reader])[] = [
  ...own,
  ...peReaders.map(([name, read]) => [name, oddPe(), read] as const),
  ...elfReaders.map(([name, read]) => [name, kernelElf(), read] as const),
  ["BTF of every kind", everyKind(true).builder.build(), then(btf, types)],
  ["BTF of every kind, big-endian", everyKind(false).builder.build(), then(btf, types)],
  ["BTF in C", everyKind(true).builder.build(), then(btf, inC)],
  ["BTF.ext", ext.bytes, (bytes) => decodeBtfExt(bytes, ext.btf, { offset: 1000 })],
  [
    "light skeleton",
    Buffer.from(skeletonText()),
    (bytes) => parseLightSkeleton(Buffer.from(bytes).toString("latin1")),
  ],
  ...streams.map(([name, bytes]): readonly [string, Uint8Array, Reader] => [
    name,
    bytes,
    (stream) => decompress(codec(name), stream, { base: 1000, limit: 1000 }),
  ]),
];

test.each(ROWS)("%s: every byte says what it did", async (name, good, read) => {
  expect(await answers(name, Uint8Array.from(good), read)).toEqual(golden[name]);
});
