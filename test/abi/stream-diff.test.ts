import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { diffStreams } from "#abi/stream-diff.ts";
import { anyStream, copy, DONE, decompress, stream } from "./stream-samples.ts";

const GOOD = stream("v7", copy("KERNEL", "kernel", "FILL"), copy("INITRD", "initrd"), DONE);

describe("two streams", () => {
  test("are the same where every command is", () => {
    fc.assert(
      fc.property(anyStream, (any) => {
        const again = { ...any, commands: any.commands.map((c) => ({ ...c, payload: c.payload.slice() })) };
        expect(diffStreams(any, again)).toBeUndefined();
      }),
    );
  });

  test("differ whenever their JSON does", () => {
    const shown = (value: unknown) =>
      JSON.stringify(value, (_, v) => (v instanceof Uint8Array ? Buffer.from(v).toString("hex") : v));
    fc.assert(
      fc.property(anyStream, anyStream, (a, b) => {
        expect(diffStreams(a, b) === undefined).toBe(shown(a) === shown(b));
      }),
    );
  });

  test("differ in their revision before anything else", () =>
    expect(diffStreams(stream("v6", copy("KERNEL", "a")), stream("v7", copy("KERNEL", "b")))).toEqual({
      index: undefined,
      field: "revision",
      a: "v6",
      b: "v7",
    }));

  test("differ in the first command that only one has", () =>
    expect(diffStreams(GOOD, stream("v7", ...GOOD.commands.slice(0, 2)))).toEqual({
      index: 2,
      field: "command",
      a: "DONE",
      b: "nothing",
    }));

  test("differ in their order", () => {
    const [kernel, initrd] = [copy("KERNEL", "kernel", "FILL"), copy("INITRD", "initrd")];
    expect(diffStreams(GOOD, stream("v7", initrd, kernel, DONE))).toEqual({
      index: 0,
      field: "subcommand",
      a: "KERNEL",
      b: "INITRD",
    });
  });

  test("differ in a flag that one has not", () => {
    const kernel = copy("KERNEL", "kernel");
    expect(diffStreams(GOOD, stream("v7", kernel, ...GOOD.commands.slice(1)))).toEqual({
      index: 0,
      field: "pipeline",
      a: "FILL",
      b: "nothing",
    });
  });

  test("differ in their payloads' first byte, in the last, and in length alone", () => {
    const offset = (payload: string) =>
      diffStreams(GOOD, stream("v7", copy("KERNEL", payload, "FILL"), ...GOOD.commands.slice(1)))?.bytes
        ?.offset;
    expect(["Kernel", "kerneL", "kerne", "kernel1", ""].map(offset)).toEqual([0, 5, 5, 6, 0]);
  });

  test("differ in command and pipeline flag", () => {
    const kernel = decompress(Buffer.from("kernel"), "FILL");
    expect(diffStreams(GOOD, stream("v7", kernel, ...GOOD.commands.slice(1)))).toMatchObject({
      field: "command",
      a: "COPY",
      b: "DECOMPRESS",
    });
    expect(diffStreams(GOOD, stream("v7", copy("KERNEL", "kernel")))).toMatchObject({
      field: "pipeline",
      a: "FILL",
      b: "nothing",
    });
  });

  test("differ in a byte far inside a payload, shown with what is around it", () => {
    const long = "0123456789abcdef".repeat(10_000);
    const other = `${long.slice(0, 100_007)}X${long.slice(100_008)}`;
    expect(diffStreams(stream("v6", copy("INITRD", long)), stream("v6", copy("INITRD", other)))).toEqual({
      index: 0,
      field: "payload",
      a: "160000 bytes",
      b: "160000 bytes",
      bytes: {
        offset: 100_007,
        a: [
          "00018690  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|",
          "000186a0  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|",
          "000186b0  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|",
        ],
        b: [
          "00018690  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|",
          "000186a0  30 31 32 33 34 35 36 58  38 39 61 62 63 64 65 66  |0123456X89abcdef|",
          "000186b0  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|",
        ],
      },
    });
  });

  test("differ in a payload that is only the beginning of the other", () =>
    expect(diffStreams(stream("v6", copy("KERNEL", "kern")), stream("v6", copy("KERNEL", "kernel")))).toEqual(
      {
        index: 0,
        field: "payload",
        a: "4 bytes",
        b: "6 bytes",
        bytes: {
          offset: 4,
          a: ["00000000  6b 65 72 6e                                       |kern            |"],
          b: ["00000000  6b 65 72 6e 65 6c                                 |kernel          |"],
        },
      },
    ));
});
