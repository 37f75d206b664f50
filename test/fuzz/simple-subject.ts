import type { Revision } from "#abi/revisions.ts";
import { type ParserUnderTest, parserInterface } from "#verify/subject.ts";
import { exit, type Line, op, programOf } from "../bpf-vm/support/assemble.ts";
import { expectValue } from "../support/expect-value.ts";

/** A parser that looks whether an image has more bytes than so many, and sends nothing either way: wrong for all good images. */
export function silentParser(revision: Revision, bytes: number): ParserUnderTest {
  return silentParserOf(revision, [op("jgt", { dst: 1, imm: bytes, offset: 1 })]);
}

/** Sends nothing, after it has jumped over an instruction or not, by the image's size in register 1. */
export function silentParserOf(revision: Revision, jumps: readonly Line[]): ParserUnderTest {
  const known = expectValue(parserInterface(revision));
  const { context } = known;
  return {
    ...known,
    name: "silent.bpf",
    layer: 1,
    revision,
    programs: [
      programOf([
        op("ldxdw", { dst: 1, src: 1 }),
        op("ldxdw", { dst: 1, src: 1, offset: context.length.offset }),
        op("mov", { dst: 0, imm: 0 }),
        ...jumps.flatMap((jump) => [jump, op("mov", { dst: 0, imm: 0 })]),
        exit,
      ]),
    ],
    reference: "zboot",
    arch: "arm64",
    limits: { kernel: 1 << 20, initrd: 1 << 20, cmdline: 2048 },
  };
}
