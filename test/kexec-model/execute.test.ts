import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { Command } from "#abi/command.ts";
import type { Revision } from "#abi/revisions.ts";
import { latin1 } from "#bytes/reader.ts";
import { EMPTY_CONTEXT } from "#kexec-model/context.ts";
import { executeStream } from "#kexec-model/execute.ts";
import { copy, DONE, decompress } from "../abi/stream-samples.ts";

const GZIP = gzipSync("a kernel");

async function run(revision: Revision, ...commands: Command[]) {
  const { context, refused } = await executeStream({ revision, commands }, EMPTY_CONTEXT, {
    stage: "layer 1, .bpf.1",
  });
  const text = (bytes: Uint8Array | undefined) => bytes && latin1(bytes);
  return {
    parts: [context.kernel, context.initrd, context.cmdline].map(text),
    queued: context.queued.map(text),
    parsed: context.parsed,
    refused: refused && [refused.command, refused.detail],
  };
}

describe("the kernel", () => {
  test("copies, decompresses, and is done", async () =>
    expect(
      await run("v7", decompress(GZIP), copy("INITRD", "initrd"), copy("CMDLINE", "quiet\0"), DONE),
    ).toEqual({
      parts: ["a kernel", "initrd", "quiet\0"],
      queued: [],
      parsed: true,
      refused: undefined,
    }));

  test("adds a NUL to a command line without one in v7, and none in v6", async () => {
    expect((await run("v7", copy("CMDLINE", "quiet"))).parts[2]).toBe("quiet\0");
    expect((await run("v6", copy("CMDLINE", "quiet"))).parts[2]).toBe("quiet");
  });

  test("keeps the last of two commands for one part", async () =>
    expect((await run("v6", copy("KERNEL", "one"), copy("KERNEL", "two"))).parts[0]).toBe("two"));

  test("queues the result of a command with FILL, as it came: a command line without the NUL", async () =>
    expect(
      (await run("v7", decompress(GZIP, "FILL"), copy("CMDLINE", "quiet", "FILL"), copy("KERNEL", "x")))
        .queued,
    ).toEqual(["a kernel", "quiet"]));

  test("has room for 16 queued buffers, and changes nothing for the seventeenth", async () => {
    const fill = (n: number) => Array.from({ length: n }, (_, i) => copy("KERNEL", `k${i}`, "FILL"));
    expect((await run("v7", ...fill(16))).refused).toBeUndefined();
    const full = await run("v7", ...fill(17), DONE);
    expect(full.refused).toEqual([16, "COPY/KERNEL FILL: 16 buffers are queued already"]);
    expect(full.parts[0]).toBe("k15");
    expect(full.queued).toHaveLength(16);
    expect(full.parsed).toBe(false);
  });

  test("takes an empty initrd for none in v7", async () =>
    expect(await run("v7", copy("INITRD", "a"), copy("INITRD", ""))).toMatchObject({
      parts: [undefined, "a", undefined],
      refused: undefined,
    }));

  test("takes gzip without the CRC and the size at its end, as the series' first parsers sent it", async () => {
    for (const cut of [4, 8]) {
      const short = decompress(GZIP.subarray(0, GZIP.length - cut));
      expect((await run("v6", short)).parts[0]).toBe("a kernel");
    }
    const lying = Buffer.from(GZIP);
    lying.fill(0xff, lying.length - 8);
    expect((await run("v6", decompress(lying))).parts[0]).toBe("a kernel");
  });

  test("takes gzip with a file name in its header", async () => {
    const named = Buffer.concat([GZIP.subarray(0, 10), Buffer.from("vmlinux.bin\0"), GZIP.subarray(10)]);
    named[3] = 8;
    expect((await run("v6", decompress(named))).parts[0]).toBe("a kernel");
  });
});

describe("the kernel refuses", () => {
  test.each<[string, Revision, Command, string]>([
    ["DONE in v6", "v6", DONE, "DONE is no command of v6"],
    ["VERIFY_SIG in v6", "v6", { ...DONE, command: "VERIFY_SIG" }, "VERIFY_SIG is no command of v6"],
    [
      "VERIFY_SIG in v7",
      "v7",
      { ...DONE, command: "VERIFY_SIG" },
      "VERIFY_SIG has a number, but the loader has no code for it",
    ],
    ["FILL in v6", "v6", copy("KERNEL", "k", "FILL"), "v6 has no pipeline flags"],
    ["COPY of nothing", "v7", { ...copy("KERNEL", "k"), subcommand: undefined }, "COPY without a subcommand"],
    [
      "a compressed initrd",
      "v7",
      { ...decompress(GZIP), subcommand: "INITRD" },
      "DECOMPRESS/INITRD: only the kernel is decompressed",
    ],
    ["an empty kernel", "v7", copy("KERNEL", ""), "COPY/KERNEL has an empty payload"],
    ["an empty command line", "v7", copy("CMDLINE", ""), "COPY/CMDLINE has an empty payload"],
    ["an empty initrd in v6", "v6", copy("INITRD", ""), "COPY/INITRD has an empty payload"],
    ["an empty stream", "v7", decompress(new Uint8Array(0)), "DECOMPRESS/KERNEL fails"],
    ["an unknown compression", "v7", decompress(Buffer.from("MZ")), "DECOMPRESS/KERNEL fails"],
    ["a gzip stream cut short", "v7", decompress(GZIP.subarray(0, 14)), "DECOMPRESS/KERNEL fails"],
    ["a gzip header cut short", "v7", decompress(GZIP.subarray(0, 9)), "DECOMPRESS/KERNEL fails"],
    ["corrupt gzip data", "v7", decompress(Buffer.from(GZIP).fill(0xff, 10, 14)), "DECOMPRESS/KERNEL fails"],
  ])("%s (%s)", async (_, revision, command, detail) => {
    const before = copy("KERNEL", "before");
    expect(await run(revision, before, command, copy("CMDLINE", "after"))).toEqual({
      parts: ["before", undefined, undefined],
      queued: [],
      parsed: false,
      refused: [1, detail],
    });
  });

  test("a kernel that is larger than its limit when decompressed, to the byte", async () => {
    const stream = { revision: "v7", commands: [decompress(GZIP)] } as const;
    const limited = (decompressedLimit: number) =>
      executeStream(stream, EMPTY_CONTEXT, { stage: "s", decompressedLimit });
    expect((await limited(8)).refused).toBeUndefined();
    expect((await limited(7)).refused).toMatchObject({
      command: 0,
      causes: [{ reason: "size-exceeded", limit: 7 }],
    });
  });

  test("more than 512 MiB", async () => {
    const bomb = gzipSync(new Uint8Array(512 * 1024 * 1024 + 1), { level: 1 });
    const { refused } = await executeStream({ revision: "v7", commands: [decompress(bomb)] }, EMPTY_CONTEXT, {
      stage: "s",
    });
    expect(refused).toMatchObject({ causes: [{ reason: "size-exceeded", limit: 512 * 1024 * 1024 }] });
  });
});
