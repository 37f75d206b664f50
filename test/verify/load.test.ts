import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { loadParser } from "#bpf-vm/load-parser.ts";
import { profileBtf } from "#bpf-vm/target/profile-btf.ts";
import { encodeContainer } from "#formats/elf/container.ts";
import { failureText } from "#report/failure-text.ts";
import { judgeLoad } from "#verify/load.ts";
import { type ParserUnderTest, parsersUnderTest } from "#verify/subject.ts";
import { type BuiltParsers, buildParsers } from "../bpf-vm/support/parsers.ts";
import { expectValue } from "../support/expect-value.ts";
import { buildPe, type TestPeSection } from "../support/pe-builder.ts";
import { buildZboot } from "../support/zboot-builder.ts";

const LIMITS = { kernel: 1 << 20, initrd: 1 << 20, cmdline: 4096 };
const AARCH64 = 183;

/** An arm64 kernel, as far as its header goes. */
const PLAIN = new Uint8Array(4096).fill(7);
PLAIN.set(Buffer.from("ARM\x64"), 0x38);
const ZBOOT = buildZboot(gzipSync(PLAIN));
const GARBAGE = new Uint8Array(4096).fill(9);

const REST: readonly TestPeSection[] = [
  { name: ".initrd", data: Buffer.from("an initrd") },
  { name: ".cmdline", data: Buffer.from("quiet") },
];
const uki = (linux: Uint8Array, rest = REST) => buildPe([{ name: ".linux", data: linux }, ...rest]).bytes;

describe("the load of a container and an image", () => {
  let built: BuiltParsers;
  beforeAll(async () => {
    built = await buildParsers("v7");
  });

  function subjects(container: Uint8Array): readonly ParserUnderTest[] {
    const parser = expectValue(loadParser(container, { target: profileBtf("v7") }));
    return expectValue(parsersUnderTest(parser, { name: "c.bpf", revision: "v7", limits: LIMITS }));
  }

  /** The outcome, and why. */
  async function load(container: Uint8Array, image: Uint8Array): Promise<readonly string[]> {
    const { outcome, failure } = await judgeLoad(container, image, subjects(container));
    return failure === null ? [outcome] : [outcome, failureText(failure).split("\n")[0] ?? ""];
  }

  function container(...sections: readonly (readonly [name: string, data: Uint8Array])[]): Uint8Array {
    return expectValue(
      encodeContainer({
        machine: AARCH64,
        sections: sections.map(([name, data]) => ({ name, data })),
      }),
    );
  }

  it.each([
    ["a kernel that needs no unpacking", PLAIN],
    ["a zboot file", ZBOOT],
  ])("takes a UKI around %s by one container", async (_, linux) =>
    expect(await load(built.file("uki.bpf"), uki(linux))).toEqual(["loads"]),
  );

  it("refuses garbage in .linux, and an image of another format, as it should be", async () => {
    const refused = (layer: number) => ["refused", `layer ${layer}: no parser takes the image`];
    expect(await load(built.file("uki.bpf"), uki(GARBAGE))).toEqual(refused(2));
    expect(await load(built.file("uki.bpf"), ZBOOT)).toEqual(refused(1));
    expect(await load(built.file("zboot.bpf"), uki(ZBOOT))).toEqual(refused(1));
  });

  it("refuses what lacks a part that v7 wants", async () =>
    expect(await load(built.file("uki.bpf"), uki(PLAIN, REST.slice(1)))).toEqual([
      "refused",
      "result: no initrd: v7 wants all three",
    ]));

  it("fails where the container's next layer lacks the parser", async () => {
    const old = container([".bpf.1", built.file("uki_bytecode.o")], [".bpf.nested", built.file("zboot.bpf")]);
    expect(await load(old, uki(PLAIN))).toEqual(["fails", "layer 2: no parser takes the image"]);
    expect(await load(old, uki(ZBOOT))).toEqual(["loads"]);
  });

  it("fails where a parser does not send what its reference does", async () => {
    const cut = built.file("uki.bpf");
    const judged = subjects(cut).map((subject) => ({ ...subject, limits: { ...LIMITS, initrd: 4 } }));
    const { outcome, failure } = await judgeLoad(cut, uki(PLAIN), judged);
    expect(outcome).toBe("fails");
    expect(failure && failureText(failure)).toBe(
      "layer 1, .bpf.1: command 0, command: nothing expected, COPY/KERNEL FILL emitted",
    );
  });
});
