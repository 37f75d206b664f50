/**
 * Seeded inputs for every decoder of an untrusted format, and what must hold for each of them: a short run is
 * in `npm test`, a long one is `npm run bench:random`. A case depends on its seed and its number alone.
 */
import { decodeKbs, encodeKbs } from "#abi/kbs.ts";
import type { Failure } from "#core/failure.ts";
import { ok, type Result } from "#core/result.ts";
import type { Btf } from "#formats/btf/btf.ts";
import { decodeBtf } from "#formats/btf/decode.ts";
import { findBtf } from "#formats/btf/find-btf.ts";
import { decodeBzImage } from "#formats/bzimage/bzimage.ts";
import { decodeBytecodeObject } from "#formats/elf/bytecode-object.ts";
import { decodeContainer, encodeContainer } from "#formats/elf/container.ts";
import { decodeElf } from "#formats/elf/elf-file.ts";
import { encodeObject } from "#formats/elf/object.ts";
import { decodeEnvelope } from "#formats/envelope/decode.ts";
import { encodeEnvelope } from "#formats/envelope/encode.ts";
import { decodeImage } from "#formats/image/image.ts";
import { decodePe } from "#formats/pe/pe-file.ts";
import { decodeSignedData } from "#formats/signature/cms.ts";
import { appendSignature, splitSignature } from "#formats/signature/signature.ts";
import { decodeUkiOrAddon } from "#formats/uki/addon.ts";
import { decodeZboot } from "#formats/zboot/zboot.ts";
import { parseEnvelope } from "#reference-parsers/envelope.ts";
import { parseUki } from "#reference-parsers/uki.ts";
import { parseZboot } from "#reference-parsers/zboot.ts";
import { BtfBuilder } from "./btf-builder.ts";
import { buildElf, symbolSections } from "./elf-builder.ts";
import { expectValue } from "./expect-value.ts";
import { buildPe } from "./pe-builder.ts";
import { encodeUki } from "./uki-encoder.ts";
import { buildZboot } from "./zboot-builder.ts";

/** Numbers from 0 to below 2^32, the same ones for the same seed: a Weyl sequence with mixed bits. */
export class RandomSource {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  u32(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return (mixed ^ (mixed >>> 16)) >>> 0;
  }

  /** From 0 to below `end`; 0 where `end` is 0. */
  below(end: number): number {
    return Math.floor((this.u32() / 2 ** 32) * end);
  }

  pick<T>(from: readonly [T, ...T[]]): T {
    return from[this.below(from.length)] ?? from[0];
  }
}

/** A decoder or parser under test. `decode` also uses what lazy results have to give. */
export type Subject = {
  readonly name: string;
  readonly decode: (bytes: Uint8Array) => Result<unknown>;
};

const LIMITS = { kernel: 512, initrd: 256, cmdline: 256 };

export const SUBJECTS: readonly Subject[] = [
  { name: "decodeElf", decode: elfAndSymbols },
  { name: "decodeContainer", decode: decodeContainer },
  { name: "decodeBytecodeObject", decode: decodeBytecodeObject },
  { name: "decodePe", decode: decodePe },
  { name: "decodeZboot", decode: decodeZboot },
  { name: "decodeUkiOrAddon", decode: decodeUkiOrAddon },
  { name: "decodeEnvelope", decode: decodeEnvelope },
  { name: "decodeImage", decode: decodeImage },
  { name: "decodeBzImage", decode: decodeBzImage },
  { name: "splitSignature", decode: splitSignature },
  { name: "decodeSignedData", decode: decodeSignedData },
  { name: "decodeBtf", decode: btfAndTypes },
  { name: "findBtf", decode: foundBtf },
  { name: "decodeKbs", decode: decodeKbs },
  ...(["v6", "v7"] as const).flatMap((revision) =>
    Object.entries({ parseZboot, parseEnvelope, parseUki }).map(([name, parse]) => ({
      name: `${name} ${revision}`,
      decode: (image: Uint8Array) => parse({ image, limits: LIMITS, revision }),
    })),
  ),
];

/** A message by one signer, whose certificate is CN=x's number 5. */
function someSignedData(): Uint8Array {
  const der = (tag: number, ...parts: readonly Uint8Array[]) => {
    const content = Buffer.concat(parts);
    return Buffer.concat([Buffer.of(tag, content.length), content]);
  };
  const hex = (bytes: string) => Buffer.from(bytes, "hex");
  const one = der(2, hex("01"));
  const sha256 = der(0x30, der(6, hex("608648016503040201")));
  const name = der(0x30, der(0x31, der(0x30, der(6, hex("550403")), der(0x0c, Buffer.from("x")))));
  const signer = der(0x30, one, der(0x30, name, der(2, hex("05"))), sha256, sha256, der(4, hex("abcd")));
  const data = der(6, hex("2a864886f70d010701"));
  const signed = der(0x30, one, der(0x31, sha256), der(0x30, data), der(0x31, signer));
  return new Uint8Array(der(0x30, der(6, hex("2a864886f70d010702")), der(0xa0, signed)));
}

/** Names are read when they are asked for, and may fail then. */
function elfAndSymbols(bytes: Uint8Array): Result<unknown> {
  const elf = decodeElf(bytes);
  if (!elf.ok) return elf;
  const [all, named] = [elf.value.symbols(), elf.value.symbolsNamed("opts_data")];
  if (!all.ok) return all;
  return named.ok ? ok({ elf: elf.value, all: all.value, named: named.value }) : named;
}

function btfAndTypes(bytes: Uint8Array): Result<unknown> {
  const btf = decodeBtf(bytes);
  if (btf.ok) visitTypes(btf.value);
  return btf;
}

/** Decoding has promised that no type can be bad. */
function visitTypes(btf: Btf): void {
  for (const id of btf.ids()) btf.findAll(btf.type(id).name);
}

/** Nothing found counts as a failure that is nowhere in particular, which is why it names the start. */
function foundBtf(bytes: Uint8Array): Result<unknown> {
  const found = findBtf(bytes);
  if (found === undefined) {
    return { ok: false, failure: { reason: "unsupported", what: "bytes", detail: "no BTF" } };
  }
  visitTypes(found.btf);
  return ok({
    ...found,
    view: bytes.subarray(found.offset, found.offset + found.length),
    length: found.length,
  });
}

export type Specimen = {
  readonly bytes: Uint8Array;
  /** The subjects that take it as it is. */
  readonly takenBy: readonly string[];
};

/** A good input of every kind. */
export const SPECIMENS: readonly [Specimen, ...Specimen[]] = makeSpecimens();

function makeSpecimens(): [Specimen, ...Specimen[]] {
  const text = (value: string) => new Uint8Array(Buffer.from(value, "latin1"));
  const zboot = buildZboot(text("\x28\xb5\x2f\xfda compressed kernel"));
  const object = encodeObject({
    machine: 183,
    symbols: [
      { name: "opts_data", bytes: text("one\0") },
      { name: "opts_insn", bytes: text("three\0") },
    ],
  });
  const inner = expectValue(encodeContainer({ machine: 183, sections: [{ name: ".bpf.1", data: object }] }));
  const container = expectValue(
    encodeContainer({
      machine: 183,
      sections: [
        { name: ".bpf.1", data: text("first") },
        { name: ".bpf.2", data: text("second") },
        { name: ".bpf.nested", data: inner },
      ],
    }),
  );
  const uki = expectValue(
    encodeUki({
      arch: "arm64",
      sections: [".linux", ".initrd", ".cmdline", ".profile", ".cmdline", ".profile", ".linux"].map(
        (name, i) => ({ name, data: text(name === ".profile" ? `ID=p${i}\nTITLE="P"\n` : `content ${i}`) }),
      ),
    }),
  );
  const addon = expectValue(
    encodeUki({ arch: "x86", addon: true, sections: [{ name: ".cmdline", data: text("debug\0") }] }),
  );
  const envelope = encodeEnvelope({
    machine: 183,
    kernel: zboot,
    initrd: text("an initrd"),
    cmdline: text("quiet"),
  });
  const commands = (revision: "v6" | "v7") =>
    encodeKbs({
      revision,
      commands: [
        { command: "DECOMPRESS", subcommand: "KERNEL", pipeline: undefined, payload: text("kernel") },
        {
          command: "COPY",
          subcommand: "INITRD",
          pipeline: revision === "v7" ? "FILL" : undefined,
          payload: text("initrd"),
        },
        { command: "COPY", subcommand: "CMDLINE", pipeline: undefined, payload: new Uint8Array(0) },
      ],
    });
  const btf = someBtf(true);
  const parsers = (name: string) => [`${name} v6`, `${name} v7`];
  return [
    { bytes: someElf(true), takenBy: ["decodeElf"] },
    { bytes: someElf(false), takenBy: ["decodeElf"] },
    { bytes: object, takenBy: ["decodeElf", "decodeBytecodeObject"] },
    { bytes: container, takenBy: ["decodeElf", "decodeContainer"] },
    { bytes: somePe(true), takenBy: ["decodePe"] },
    { bytes: somePe(false), takenBy: ["decodePe"] },
    { bytes: zboot, takenBy: ["decodeZboot", ...parsers("parseZboot")] },
    { bytes: uki, takenBy: ["decodePe", "decodeUkiOrAddon", ...parsers("parseUki")] },
    { bytes: addon, takenBy: ["decodePe", "decodeUkiOrAddon"] },
    { bytes: envelope, takenBy: ["decodeElf", "decodeEnvelope", "parseEnvelope v7", "parseZboot v7"] },
    { bytes: imageHeader(0x644d5241), takenBy: ["decodeImage"] },
    { bytes: imageHeader(0x05435352), takenBy: ["decodeImage"] },
    { bytes: imageHeader(0x818223cd), takenBy: ["decodeImage"] },
    { bytes: someBzImage("\x1f\x8b a gzip stream"), takenBy: ["decodeBzImage"] },
    { bytes: someBzImage("\x28\xb5\x2f\xfda zstd stream, size"), takenBy: ["decodeBzImage"] },
    { bytes: appendSignature(text("signed"), text("a message")), takenBy: ["splitSignature"] },
    { bytes: appendSignature(container, text("a message")), takenBy: ["splitSignature", "decodeContainer"] },
    { bytes: someSignedData(), takenBy: ["decodeSignedData"] },
    { bytes: btf, takenBy: ["decodeBtf", "findBtf"] },
    { bytes: someBtf(false), takenBy: ["decodeBtf", "findBtf"] },
    { bytes: new Uint8Array(Buffer.concat([Buffer.alloc(37, 1), btf, btf])), takenBy: ["findBtf"] },
    { bytes: commands("v6"), takenBy: ["decodeKbs"] },
    { bytes: commands("v7"), takenBy: ["decodeKbs"] },
  ];
}

function someElf(littleEndian: boolean): Uint8Array {
  const symbols = symbolSections(
    [
      { name: "opts_data", section: 1, value: 0n, size: 4n },
      { name: "_text", section: 1, value: 4n, size: 4n },
    ],
    3,
    littleEndian,
  );
  return buildElf(
    [{ name: ".text", data: new Uint8Array(24) }, ...symbols, { name: ".bss", type: 8, size: 0x1000n }],
    {
      littleEndian,
      type: 2,
      programs: [{ type: 1, offset: 64n, filesz: 24n, memsz: 48n, align: 8n }],
    },
  ).bytes;
}

function somePe(plus: boolean): Uint8Array {
  const data = new Uint8Array(16).fill(0x61);
  const certificate = new Uint8Array([16, 0, 0, 0, 0, 2, 2, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
  return buildPe(
    [
      { name: ".text", data },
      { name: ".data", data, virtualSize: 9 },
    ],
    { plus, certificate },
  ).bytes;
}

function imageHeader(magic: number): Uint8Array {
  const bytes = new Uint8Array(80);
  const view = new DataView(bytes.buffer);
  bytes.set(Buffer.from("MZ"));
  view.setBigUint64(0x08, 0x20_0000n, true);
  view.setBigUint64(0x10, 0x1ab_0000n, true);
  view.setBigUint64(0x18, 0xan, true);
  view.setUint32(0x38, magic, true);
  view.setUint32(0x3c, 0x40, true);
  return bytes;
}

function someBzImage(stream: string): Uint8Array {
  const start = 2 * 512 + 16;
  const bytes = new Uint8Array(start + stream.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0x1f1, 1);
  view.setUint16(0x1fe, 0xaa55, true);
  bytes.set(Buffer.from("HdrS"), 0x202);
  view.setUint16(0x206, 0x020f, true);
  view.setUint16(0x20e, 0x100, true);
  bytes.set(Buffer.from("7.1.0-test\0"), 0x300);
  view.setUint32(0x248, 16, true);
  view.setUint32(0x24c, stream.length, true);
  bytes.set(Buffer.from(stream, "latin1"), start);
  return bytes;
}

function someBtf(littleEndian: boolean): Uint8Array {
  const btf = new BtfBuilder({ littleEndian });
  const int = btf.int("int", 4, 1);
  const pointer = btf.ptr(int);
  const list = btf.array(int, int, 3);
  const task = btf.struct("task_struct", 24, [
    { name: "pid", type: int, at: 0 },
    { name: "next", type: pointer, at: 64 },
    { name: "list", type: list, at: 128 - 32 },
  ]);
  btf.typedef("task_t", btf.const(task));
  btf.enum("state", { RUNNING: 0, DEAD: 1 });
  btf.enum64("wide", { LARGE: 1n << 40n });
  const call = btf.func("schedule", btf.proto(int, [["task", btf.ptr(task)]]));
  btf.declTag("bpf_kfunc", call);
  btf.datasec(".data", 4, [[btf.var("jiffies", int), 0, 4]]);
  return btf.build();
}

/** Room around each case, so that a view which reaches outside of it would be one into other bytes. */
const MARGIN = 64;
const LONGEST = 512 + Math.max(...SPECIMENS.map(({ bytes }) => bytes.length));

/** Values that a check may get wrong; each is written in the width and byte order that comes up. */
const EDGES: readonly [bigint, ...bigint[]] = [
  0n,
  1n,
  2n,
  3n,
  4n,
  8n,
  0x7fn,
  0x80n,
  0xffn,
  0x100n,
  0x7fffn,
  0xff00n,
  0xffffn,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_fff0n,
  0xffff_ffffn,
  1n << 32n,
  (1n << 53n) - 1n,
  1n << 53n,
  (1n << 63n) - 1n,
  1n << 63n,
  (1n << 64n) - 64n,
  (1n << 64n) - 1n,
];

const HEADS: readonly [string, ...string[]] = [
  "",
  "MZ",
  "MZ\0\0zimg",
  "\x7fELF\x02\x01\x01",
  "\x7fELF\x02\x02\x01",
  "\x9f\xeb\x01\0\x18\0\0\0",
  "\xeb\x9f\x01\0\0\0\0\x20",
  "\x89KBS\x01\0\x07\0",
];

/** Case `index` of `seed`: noise, or a specimen with a few things wrong. A view into a larger buffer. */
export function randomCase(seed: number, index: number): Uint8Array {
  const random = new RandomSource(Math.imul(seed, 0x2545f491) ^ Math.imul(index + 1, 0x27d4eb2d));
  const buffer = new Uint8Array(LONGEST + 2 * MARGIN).fill(0xee);
  const whole = buffer.subarray(MARGIN, MARGIN + LONGEST);
  const length = random.below(8) === 0 ? noise(random, whole) : mutant(random, whole);
  // What is behind a case that was cut short must not be the rest of it.
  buffer.fill(0xee, MARGIN + length);
  return buffer.subarray(MARGIN, MARGIN + length);
}

function noise(random: RandomSource, into: Uint8Array): number {
  const length = random.below(random.pick([16, 100, 700]));
  for (let at = 0; at < length; at++) into[at] = random.u32();
  // Sparse noise gets further: most fields of most formats may be zero.
  if (random.below(2) === 0) for (let at = 0; at < length; at++) if (random.below(8) > 0) into[at] = 0;
  const head = Buffer.from(random.pick(HEADS), "latin1").subarray(0, length);
  into.set(head);
  return length;
}

function mutant(random: RandomSource, into: Uint8Array): number {
  const { bytes } = random.pick(SPECIMENS);
  into.set(bytes);
  let length = bytes.length;
  for (let changes = random.below(5); changes > 0; changes--) length = change(random, into, length);
  return length;
}

/** @returns the length afterwards */
function change(random: RandomSource, into: Uint8Array, length: number): number {
  const at = place(random, length);
  switch (random.below(12)) {
    case 0:
      return at;
    case 1: {
      const other = random.pick(SPECIMENS).bytes;
      const from = random.below(other.length);
      const part = other.subarray(from, from + Math.min(random.below(200), length - at));
      into.set(part, at);
      return length;
    }
    case 2: {
      const grown = Math.min(LONGEST, length + random.below(64));
      into.fill(random.below(256), length, grown);
      return grown;
    }
    case 3: {
      const shift = Math.min(random.below(16), LONGEST - length);
      into.copyWithin(at + shift, at, length);
      return length + shift;
    }
    case 4:
      into[at] = random.u32();
      return length;
    case 5:
      into[at] = (into[at] ?? 0) ^ (1 << random.below(8));
      return length;
    default:
      overwrite(random, into, at, length);
      return length;
  }
}

/** Anywhere, or among the headers, of which most formats' stand at the beginning and ELF's others at the end. */
function place(random: RandomSource, length: number): number {
  const near = Math.min(length, 256);
  const kind = random.below(4);
  if (kind === 0) return random.below(near);
  return kind === 1 ? length - near + random.below(near) : random.below(length);
}

function overwrite(random: RandomSource, into: Uint8Array, near: number, length: number): void {
  const width = random.pick([1, 2, 4, 8]);
  // Fields are aligned to their width in most of the formats.
  const at = random.below(8) === 0 ? near : near - (near % width);
  if (at + width > length) return;
  const value = random.pick([
    random.pick(EDGES),
    BigInt(random.below(64)),
    BigInt(random.below(length + 16)),
    BigInt(length) - BigInt(random.below(32)),
  ]);
  const bigEndian = random.below(8) === 0;
  for (let i = 0; i < width; i++) {
    into[at + (bigEndian ? width - 1 - i : i)] = Number((value >> BigInt(8 * i)) & 0xffn);
  }
}

export type Checked = {
  readonly taken: boolean;
  /** In words: an exception, a failure that says nothing of where it is, a view that reaches outside. */
  readonly problems: readonly string[];
};

/** Runs a subject on a case; where all is well there are no `problems`. */
export function check(subject: Subject, bytes: Uint8Array): Checked {
  let result: Result<unknown>;
  try {
    result = subject.decode(bytes);
  } catch (error) {
    const words = error instanceof Error ? error.stack : String(error);
    return { taken: false, problems: [`throws ${words}`] };
  }
  if (!result.ok) return { taken: false, problems: failureProblems(result.failure) };
  return { taken: true, problems: outsideViews(result.value, bytes, "value", new Set()) };
}

/** A failure that is about bytes says where they are, or where they were wanted, be it beyond the end. */
function failureProblems(failure: Failure): readonly string[] {
  // What is well-formed but not for this version is so as a whole.
  if (failure.reason === "unsupported") return [];
  const where = failure.reason === "size-exceeded" ? failure.field : failure;
  const placed =
    where !== undefined &&
    "section" in where &&
    where.section !== "" &&
    "offset" in where &&
    Number.isSafeInteger(where.offset) &&
    where.offset >= 0;
  return placed ? [] : [`failure without a place: ${JSON.stringify(failure)}`];
}

function outsideViews(value: unknown, input: Uint8Array, path: string, seen: Set<unknown>): string[] {
  if (typeof value !== "object" || value === null || seen.has(value)) return [];
  seen.add(value);
  if (value instanceof Uint8Array) {
    // An empty view shows nothing, wherever it is.
    const inside =
      value.length === 0 ||
      (value.buffer === input.buffer &&
        value.byteOffset >= input.byteOffset &&
        value.byteOffset + value.length <= input.byteOffset + input.length);
    return inside ? [] : [`${path}: ${value.length} bytes outside the input, or a copy`];
  }
  if (isEndedText(value)) return textProblems(value, input, path);
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  return entries.flatMap(([key, part]) => outsideViews(part, input, `${path}.${String(key)}`, seen));
}

/** A command whose payload is a text of the input and a NUL that the input does not have. */
type EndedText = { readonly payload: Uint8Array; readonly textAt: number };

function isEndedText(value: object): value is EndedText {
  return "textAt" in value && "payload" in value;
}

function textProblems({ payload, textAt }: EndedText, input: Uint8Array, path: string): string[] {
  const text = Buffer.from(input.subarray(textAt, textAt + payload.length - 1));
  return Buffer.concat([text, Buffer.alloc(1)]).equals(payload)
    ? []
    : [`${path}: ${payload.length} bytes that are no text of the input`];
}
