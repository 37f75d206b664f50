import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { Command } from "#abi/command.ts";
import type { ParserStage, RunParser } from "#abi/run-parser.ts";
import { latin1 } from "#bytes/reader.ts";
import type { Failure } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { encodeObject } from "#formats/elf/object.ts";
import { appendSignature } from "#formats/signature/signature.ts";
import { decomposeImage } from "#kexec-model/decompose.ts";
import type { Decomposed } from "#kexec-model/types.ts";
import { referenceRunner } from "#reference-parsers/runner.ts";
import { failureText } from "#report/failure-text.ts";
import { copy, DONE, decompress } from "../abi/stream-samples.ts";
import { buildElf, type TestSection } from "../support/elf-builder.ts";
import { buildPe, type TestPeSection } from "../support/pe-builder.ts";
import { buildZboot } from "../support/zboot-builder.ts";

const LIMITS = { kernel: 65536, initrd: 4096, cmdline: 256 };

/** A bytecode object that the loader can open; `word` tells it from others. */
function bytecode(word: string): Uint8Array {
  const bytes = Buffer.from(`${word}\0`);
  const symbols = [
    { name: "opts_data", bytes },
    { name: "opts_insn", bytes },
  ];
  return encodeObject({ machine: 183, symbols });
}

function container(words: readonly string[], nested?: Uint8Array): Uint8Array {
  const programs: TestSection[] = words.map((word, i) => ({ name: `.bpf.${i + 1}`, data: bytecode(word) }));
  return buildElf(nested === undefined ? programs : [...programs, { name: ".bpf.nested", data: nested }])
    .bytes;
}

const pe = (...sections: [name: string, data: string | Uint8Array][]): Uint8Array =>
  buildPe(sections.map(([name, data]): TestPeSection => ({ name, data: Buffer.from(data) }))).bytes;

const KERNEL = "the uncompressed kernel";
const zboot = buildZboot(gzipSync(KERNEL), { compression: "gzip" });
const reference = (revision: "v6" | "v7") => referenceRunner(revision, LIMITS);

/** Answers for each object by its word, and notes the stages it was asked about. */
function scripted(answers: Readonly<Record<string, readonly Command[] | Failure>>) {
  const stages: ParserStage[] = [];
  const run: RunParser = async (object, stage) => {
    stages.push(stage);
    const word = Object.keys(answers).find((key) => latin1(object).includes(`${key}\0`)) ?? "";
    const answer = answers[word] ?? [];
    return "reason" in answer ? err(answer) : ok(answer);
  };
  return { run, stages };
}

function parts(result: Result<Decomposed>): readonly unknown[] {
  if (!result.ok) return [failureText(result.failure)];
  const { kernel, initrd, cmdline } = result.value;
  return [kernel, initrd, cmdline].map((bytes) => bytes && latin1(bytes));
}

describe("v7, with the reference parsers,", () => {
  const v7 = (packed: Uint8Array, image: Uint8Array) =>
    decomposeImage({ revision: "v7", container: packed, image, runParser: reference("v7") });
  const envelope = buildElf([
    { name: ".kernel", data: zboot },
    { name: ".initrd", data: Buffer.from("an initrd") },
    { name: ".cmdline", data: Buffer.from("quiet\0") },
  ]).bytes;

  test("takes an envelope apart", async () =>
    expect(parts(await v7(container(["zboot"]), envelope))).toEqual([KERNEL, "an initrd", "quiet\0"]));

  test("takes a UKI apart, and the zboot kernel in it with the nested container", async () => {
    const image = pe([".linux", zboot], [".initrd", "an initrd"], [".cmdline", "quiet"]);
    const result = await v7(container(["uki"], container(["zboot"])), image);
    expect(parts(result)).toEqual([KERNEL, "an initrd", "quiet\0"]);
    expect(result.ok && result.value.attempts).toEqual([
      { layer: 1, program: ".bpf.1", failure: undefined },
      { layer: 2, program: ".bpf.1", failure: undefined },
    ]);
  });

  test("leaves the kernel of a UKI as it is without a nested container", async () => {
    const image = pe([".linux", zboot], [".initrd", "i"], [".cmdline", "c"]);
    expect(parts(await v7(container(["uki"]), image))[0]).toBe(latin1(zboot));
  });

  test("may be followed by a signature", async () => {
    const signed = appendSignature(container(["zboot"]), Buffer.from("PKCS#7"));
    expect(parts(await v7(signed, envelope))[0]).toBe(KERNEL);
  });

  test("refuses a signature that is cut short", async () => {
    const bare = Buffer.concat([container(["zboot"]), Buffer.from("~Module signature appended~\n")]);
    expect(parts(await v7(bare, envelope))[0]).toMatch(/^container: a broken signature\n {2}/);
  });

  test("says which of the three parts are missing", async () => {
    expect(parts(await v7(container(["zboot"]), zboot))).toEqual([
      "result: no initrd, no cmdline: v7 wants all three",
    ]);
    expect(parts(await v7(container(["uki"]), pe([".linux", "k"], [".initrd", "i"])))).toEqual([
      "result: no cmdline: v7 wants all three",
    ]);
  });

  test("says why no parser takes the image", async () =>
    expect(parts(await v7(container(["a", "b"]), pe([".cmdline", "c"])))).toEqual([
      [
        "layer 1: no parser takes the image",
        "  layer 1, .bpf.1: sends nothing",
        "    UKI section table, offset 0x138: profile @0 has no .linux",
        "  layer 1, .bpf.2: sends nothing",
        "    UKI section table, offset 0x138: profile @0 has no .linux",
      ].join("\n"),
    ]));

  test("says that the nested parsers do not take the kernel", async () => {
    const image = pe([".linux", "raw"], [".initrd", "i"], [".cmdline", "c"]);
    expect(parts(await v7(container(["uki"], container(["zboot"])), image))[0]).toMatch(
      /^layer 2: no parser takes the image\n {2}layer 2, .bpf.1: sends nothing\n {4}image is not supported/,
    );
  });

  test("names the stream that the next layer's image came out of", async () => {
    const kernel = gzipSync(pe([".cmdline", "c"]));
    const { run } = scripted({
      outer: [decompress(kernel, "FILL"), DONE],
      one: [decompress(gzipSync("another kernel"))],
    });
    const result = await decomposeImage({
      revision: "v7",
      container: container(["outer"], container(["one", "two"])),
      image: Buffer.from("image"),
      runParser: (object, stage) => (stage.program === ".bpf.2" ? reference("v7") : run)(object, stage),
    });
    expect(parts(result)).toEqual([
      [
        "layer 2: no parser takes the image",
        "  layer 2, .bpf.1: ends without DONE",
        "  layer 2, .bpf.2: sends nothing",
        "    inside the gzip stream of layer 1, .bpf.1, command 0: " +
          "UKI section table, offset 0x138: profile @0 has no .linux",
      ].join("\n"),
    ]);
  });

  test("refuses what is no container", async () => {
    expect(parts(await v7(Buffer.from("MZ"), envelope))[0]).toMatch(
      /^container: not a .bpf container\n {2}ELF/,
    );
    const deep = [1, 2, 3, 4, 5].reduce<Uint8Array | undefined>(
      (inner) => container(["x"], inner),
      undefined,
    );
    expect(parts(await v7(deep ?? new Uint8Array(0), envelope))[0]).toContain("nested deeper than 4");
  });
});

describe("v7's loader", () => {
  const ALL = [copy("KERNEL", "k"), copy("INITRD", "i"), copy("CMDLINE", "c")];
  const image = Buffer.from("image");

  async function v7(packed: Uint8Array, answers: Parameters<typeof scripted>[0]) {
    const { run, stages } = scripted(answers);
    const result = await decomposeImage({ revision: "v7", container: packed, image, runParser: run });
    return { result, stages };
  }

  test("tries the programs in order until one says DONE", async () => {
    const { result, stages } = await v7(container(["one", "two", "three"]), {
      one: [],
      two: [...ALL, DONE],
      three: [copy("KERNEL", "wrong"), DONE],
    });
    expect(parts(result)).toEqual(["k", "i", "c\0"]);
    expect(stages.map(({ program }) => program)).toEqual([".bpf.1", ".bpf.2"]);
    expect(result.ok && result.value.attempts.map(({ failure }) => failure && failureText(failure))).toEqual([
      "layer 1, .bpf.1: ends without DONE",
      undefined,
    ]);
  });

  test("goes on to the next program where an object cannot be loaded, without running it", async () => {
    const packed = buildElf([
      { name: ".bpf.1", data: Buffer.from("no object") },
      { name: ".bpf.2", data: bytecode("good") },
    ]).bytes;
    const { result, stages } = await v7(packed, { good: [...ALL, DONE] });
    expect(parts(result)[0]).toBe("k");
    expect(stages.map(({ program }) => program)).toEqual([".bpf.2"]);
  });

  test("stops at a refused command: what follows is not executed, so there is no DONE", async () => {
    const { result } = await v7(container(["one"]), { one: [copy("KERNEL", ""), ...ALL, DONE] });
    expect(parts(result)).toEqual([
      [
        "layer 1: no parser takes the image",
        "  layer 1, .bpf.1, command 0: COPY/KERNEL has an empty payload",
      ].join("\n"),
    ]);
  });

  test("keeps the parts of a parser that failed, but not what it queued", async () => {
    const { result, stages } = await v7(container(["one", "two"], container(["inner"])), {
      one: [copy("INITRD", "left over"), copy("KERNEL", "junk", "FILL")],
      two: [copy("KERNEL", "outer", "FILL"), copy("CMDLINE", "c"), DONE],
      inner: [copy("KERNEL", "inner"), DONE],
    });
    expect(parts(result)).toEqual(["inner", "left over", "c\0"]);
    expect(stages.at(-1)).toMatchObject({
      layer: 2,
      program: ".bpf.1",
      initrd: copy("INITRD", "left over").payload,
    });
    expect(stages.at(-1)?.buffers.map(latin1)).toEqual(["outer"]);
  });

  test("hands all queued buffers to the next layer, and the image to each program of the first", async () => {
    const { stages } = await v7(container(["one", "two"], container(["inner"])), {
      two: [copy("KERNEL", "a", "FILL"), copy("INITRD", "b", "FILL"), DONE],
    });
    expect(stages.map(({ buffers }) => buffers.map(latin1))).toEqual([["image"], ["image"], ["a", "b"]]);
  });

  test("does not take an outer layer's DONE for an inner one's", async () => {
    const { result } = await v7(container(["outer"], container(["inner"])), {
      outer: [...ALL, copy("KERNEL", "k", "FILL"), DONE],
      inner: ALL,
    });
    expect(parts(result)[0]).toBe(
      ["layer 2: no parser takes the image", "  layer 2, .bpf.1: ends without DONE"].join("\n"),
    );
  });

  test("has nothing for the nested container where nothing was queued", async () => {
    const { result } = await v7(container(["outer"], container(["inner"])), { outer: [...ALL, DONE] });
    expect(parts(result)).toEqual(["layer 1: nothing was queued for .bpf.nested: no command had FILL"]);
  });

  test("goes four layers deep", async () => {
    const packed = container(["l1"], container(["l2"], container(["l3"], container(["l4"]))));
    const fill = (word: string) => [copy("KERNEL", word, "FILL"), DONE];
    const { result, stages } = await v7(packed, {
      l1: [...ALL, ...fill("k1")],
      l2: fill("k2"),
      l3: fill("k3"),
      l4: [copy("KERNEL", "k4"), DONE],
    });
    expect(parts(result)).toEqual(["k4", "i", "c\0"]);
    expect(stages.map(({ layer, buffers }) => [layer, ...buffers.map(latin1)])).toEqual([
      [1, "image"],
      [2, "k1"],
      [3, "k2"],
      [4, "k3"],
    ]);
  });
});

describe("v6", () => {
  const v6 = (image: Uint8Array, runParser = reference("v6")) =>
    decomposeImage({ revision: "v6", image, runParser });
  const object = bytecode("v6");
  /** A zboot PE file with a `.bpf` section. */
  function zbootPe(payload: Uint8Array): Uint8Array {
    const image = pe([".data", payload], [".bpf", object]);
    const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
    image.set(Buffer.from("zimg"), 4);
    view.setUint32(8, Buffer.from(image).indexOf(payload), true);
    view.setUint32(12, payload.length, true);
    return image;
  }

  test("parses the image by its own .bpf section, once the kernel has none", async () => {
    const result = await v6(zbootPe(gzipSync(KERNEL)));
    expect(parts(result)).toEqual([KERNEL, undefined, undefined]);
    expect(result.ok && result.value.attempts).toHaveLength(1);
  });

  test("goes on where the kernel has a .bpf section of its own", async () => {
    const image = pe(
      [".linux", zbootPe(gzipSync(KERNEL))],
      [".initrd", "i"],
      [".cmdline", "c"],
      [".bpf", object],
    );
    const result = await v6(image);
    expect(parts(result)).toEqual([KERNEL, "i", "c\0"]);
    expect(result.ok && result.value.attempts.map(({ layer }) => layer)).toEqual([1, 2]);
  });

  test("stops at a kernel that is a PE file without .bpf", async () => {
    const inner = pe([".text", "code"]);
    expect(parts(await v6(pe([".linux", inner], [".bpf", object])))[0]).toBe(latin1(inner));
  });

  test("refuses an image without .bpf, and one that is no PE file", async () => {
    expect(parts(await v6(pe([".linux", "k"])))).toEqual(["image: no .bpf section"]);
    expect(parts(await v6(Buffer.from("raw")))).toEqual([
      "image: no .bpf section\n  PE DOS header, offset 0x0: no MZ magic",
    ]);
  });

  test("refuses an object that cannot be loaded", async () =>
    expect(parts(await v6(pe([".linux", "k"], [".bpf", "x"])))[0]).toMatch(
      /^layer 1, .bpf: cannot be loaded\n {2}ELF/,
    ));

  test("names the stream that a broken image or parser came out of", async () => {
    const stream = "the gzip stream of layer 1, .bpf, command 0";
    const broken = Buffer.from(pe([".linux", "k"], [".bpf", "no object"]));
    expect(parts(await v6(zbootPe(gzipSync(broken))))).toEqual([
      [
        "layer 2, .bpf: cannot be loaded",
        `  inside ${stream}: ELF file header, offset 0x${broken.indexOf("no object").toString(16)}: no ELF magic`,
      ].join("\n"),
    ]);
    expect(parts(await v6(zbootPe(gzipSync(pe([".bpf", object])))))).toEqual([
      [
        "layer 2, .bpf: sends nothing",
        `  inside ${stream}: UKI section table, offset 0x138: profile @0 has no .linux`,
      ].join("\n"),
    ]);
  });

  test("says which command the kernel refuses, and why", async () =>
    expect(parts(await v6(zbootPe(Buffer.from("not compressed"))))).toEqual([
      [
        "layer 1, .bpf, command 0: DECOMPRESS/KERNEL fails",
        "  compression is not supported: no decompressor knows a stream that begins with 6e6f7420",
      ].join("\n"),
    ]));

  test("refuses a round that makes no kernel, which the loader would repeat for ever", async () => {
    const { run } = scripted({ v6: [copy("INITRD", "i")] });
    expect(parts(await v6(pe([".bpf", object]), run))).toEqual([
      "layer 1, .bpf: makes no new kernel: the loader would run it again, without end",
    ]);
    const inner = pe([".bpf", bytecode("inner")]);
    const second = scripted({
      v6: [{ ...copy("KERNEL", ""), payload: inner }],
      inner: [copy("INITRD", "i")],
    });
    expect(parts(await v6(pe([".bpf", object]), second.run))).toEqual([
      "layer 2, .bpf: makes no new kernel: the loader would run it again, without end",
    ]);
    const silent = scripted({ v6: { reason: "usage", detail: "no" } });
    expect(parts(await v6(pe([".bpf", object]), silent.run))).toEqual(["layer 1, .bpf: sends nothing\n  no"]);
  });

  test("gives up on an image that contains itself", async () => {
    const image = pe([".bpf", object]);
    const { run } = scripted({ v6: [{ ...copy("KERNEL", ""), payload: image }] });
    expect(parts(await v6(image, run))).toEqual([
      "result: the kernel has a .bpf section after 16 rounds still",
    ]);
  });
});
