import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { Command } from "#abi/command.ts";
import { diffEffects } from "#kexec-model/effects.ts";
import { copy, DONE, decompress, stream } from "../abi/stream-samples.ts";

const GZIP = gzipSync("kernel");
const v7 = (...commands: Command[]) => stream("v7", ...commands);
const GOOD = v7(copy("KERNEL", "kernel", "FILL"), copy("INITRD", "i"), copy("CMDLINE", "c\0"), DONE);

describe("two streams have the same effect", () => {
  test.each<[string, readonly Command[]]>([
    [
      "in another order",
      [copy("CMDLINE", "c\0"), DONE, copy("INITRD", "i"), copy("KERNEL", "kernel", "FILL")],
    ],
    ["with a command that a later one overrides", [copy("INITRD", "x"), ...GOOD.commands]],
    [
      "with a kernel that is decompressed instead of copied",
      [decompress(GZIP, "FILL"), ...GOOD.commands.slice(1)],
    ],
    ["with an empty initrd behind the real one", [copy("INITRD", "i"), copy("INITRD", ""), ...GOOD.commands]],
    ["with gzip four bytes short", [decompress(GZIP.subarray(0, -4), "FILL"), ...GOOD.commands.slice(1)]],
  ])("%s", async (_, commands) => expect(await diffEffects(GOOD, v7(...commands))).toBeUndefined());
});

describe("two streams differ in effect", () => {
  test("where a part does, in the first byte that differs", async () =>
    expect(await diffEffects(GOOD, v7(...GOOD.commands, copy("INITRD", "ix")))).toMatchObject({
      index: undefined,
      field: "initrd",
      a: "1 bytes",
      b: "2 bytes",
      bytes: { offset: 1 },
    }));

  test("where one's command line has no NUL: there are loaders that put one over its last byte", async () => {
    const without = [copy("KERNEL", "kernel", "FILL"), copy("INITRD", "i"), copy("CMDLINE", "c"), DONE];
    expect(await diffEffects(GOOD, v7(...without))).toMatchObject({
      field: "cmdline",
      a: "2 bytes",
      b: "1 bytes",
    });
  });

  test.each<[string, readonly Command[], string, string, string]>([
    ["one has no initrd", [GOOD.commands[0] ?? DONE, DONE], "initrd", "1 bytes", "nothing"],
    [
      "one queues nothing",
      [copy("KERNEL", "kernel"), ...GOOD.commands.slice(1)],
      "next buffer 0",
      "6 bytes",
      "nothing",
    ],
    ["one is not done", GOOD.commands.slice(0, 3), "end of the stream", "DONE", "nothing"],
    [
      "the kernel refuses what follows",
      [...GOOD.commands, copy("KERNEL", "")],
      "refusal",
      "nothing",
      "COPY/KERNEL has an empty payload",
    ],
  ])("where %s", async (_, commands, field, a, b) =>
    expect(await diffEffects(GOOD, v7(...commands))).toEqual({ index: undefined, field, a, b }),
  );

  test("where their revisions do", async () =>
    expect(await diffEffects(GOOD, stream("v6"))).toMatchObject({ field: "revision", a: "v7", b: "v6" }));
});
