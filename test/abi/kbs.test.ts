import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Command } from "#abi/command.ts";
import { decodeKbs, encodeKbs } from "#abi/kbs.ts";
import { streamJson } from "#abi/stream-json.ts";
import { edited } from "../support/elf-builder.ts";
import { anyStream, copy, DONE, decompress, stream } from "./stream-samples.ts";

const SAMPLE = stream("v7", copy("KERNEL", "kernel", "FILL"), copy("CMDLINE", "quiet\0"), DONE);
const GOOD = encodeKbs(SAMPLE);

function failure(bytes: Uint8Array): unknown {
  const result = decodeKbs(bytes);
  return result.ok ? "ok" : [result.failure.section, result.failure.offset, result.failure.detail];
}

describe("a .kbs file", () => {
  test("is laid out as its writer says", () => {
    expect(Buffer.from(GOOD).toString("hex")).toBe(
      [
        "894b4253 0100 0700 03000000 00000000 3c00000000000000",
        "03 01 01 00 06000000 6b65726e656c",
        "03 03 00 00 06000000 717569657400",
        "01 00 00 00 00000000",
      ]
        .join("")
        .replaceAll(" ", ""),
    );
  });

  test("gives its stream back", () => expect(decodeKbs(GOOD)).toEqual({ ok: true, value: SAMPLE }));

  test("gives back any stream of either revision, and has one form only", () => {
    fc.assert(
      fc.property(anyStream, (any) => {
        const bytes = encodeKbs(any);
        const decoded = decodeKbs(bytes);
        expect(decoded).toEqual({ ok: true, value: any });
        expect(decoded.ok && encodeKbs(decoded.value)).toEqual(bytes);
      }),
    );
  });

  test("hands out payloads as views", () => {
    const decoded = decodeKbs(GOOD);
    expect(decoded.ok && decoded.value.commands[0]?.payload.buffer).toBe(GOOD.buffer);
  });

  test("in JSON has sizes and digests in the payloads' stead", () => {
    expect(streamJson(stream("v7", copy("KERNEL", "a kernel of 24 bytes ...", "FILL"), DONE))).toEqual({
      format: "kbs",
      version: 1,
      revision: "v7",
      commands: [
        {
          index: 0,
          command: "COPY",
          subcommand: "KERNEL",
          pipeline: "FILL",
          payload: {
            size: 24,
            // printf 'a kernel of 24 bytes ...' | sha256sum
            sha256: "9e36b417500d6ef234ef6b113d77f62872410cb7ebe5ca01f3f6cb40fddc87d1",
            head: Buffer.from("a kernel of 24 b").toString("hex"),
          },
        },
        {
          index: 1,
          command: "DONE",
          subcommand: null,
          pipeline: null,
          payload: {
            size: 0,
            sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            head: "",
          },
        },
      ],
    });
  });
});

describe("a hostile .kbs file", () => {
  test("cut at any byte", () => {
    for (let length = 0; length < GOOD.length; length++) {
      expect(failure(GOOD.subarray(0, length)), `cut at ${length}`).not.toBe("ok");
    }
  });

  test("cut at any byte, with a header that says so", () => {
    for (let length = 24; length < GOOD.length; length++) {
      const cut = edited(GOOD.subarray(0, length), (v) => v.setBigUint64(0x10, BigInt(length), true));
      expect(failure(cut), `cut at ${length}`).not.toBe("ok");
    }
  });

  test.each<[string, string, number, string, (view: DataView) => void]>([
    ["no magic", "file header", 0, "no kbs magic", (v) => v.setUint8(3, 0)],
    ["another version", "file header", 4, "version 2, only 1 is known", (v) => v.setUint16(4, 2, true)],
    ["an unknown revision", "file header", 6, "unknown revision 8", (v) => v.setUint16(6, 8, true)],
    ["a reserved field", "file header", 12, "reserved field is not zero", (v) => v.setUint8(15, 1)],
    ["another size", "file header", 16, "size is 63, the file has 60 bytes", (v) => v.setUint8(16, 63)],
    [
      "a wild size",
      "file header",
      16,
      "0xff0000000000003c is no possible offset or size",
      (v) => v.setUint8(23, 255),
    ],
    ["a record too few", "file header", 52, "8 bytes behind the last record", (v) => v.setUint32(8, 2, true)],
    ["a record too many", "record 3", 60, "1 byte wanted, 0 left", (v) => v.setUint32(8, 4, true)],
    ["2^32 - 1 records", "record 3", 60, "1 byte wanted, 0 left", (v) => v.setUint32(8, 0xffff_ffff, true)],
    ["an unknown command", "record 0", 24, "unknown command 5", (v) => v.setUint8(24, 5)],
    ["command 0", "record 0", 24, "unknown command 0", (v) => v.setUint8(24, 0)],
    ["an unknown subcommand", "record 0", 25, "unknown subcommand 4", (v) => v.setUint8(25, 4)],
    ["COPY of nothing", "record 0", 25, "COPY without a subcommand", (v) => v.setUint8(25, 0)],
    ["an unknown flag", "record 0", 26, "unknown pipeline flag 2", (v) => v.setUint8(26, 2)],
    ["a reserved byte", "record 0", 27, "reserved byte is not zero", (v) => v.setUint8(27, 1)],
    [
      "v7's DONE in v6",
      "record 2",
      52,
      "DONE is no command of v6",
      (v) => {
        v.setUint16(6, 6, true);
        v.setUint8(26, 0);
      },
    ],
    ["FILL in v6", "record 0", 26, "v6 has no pipeline flags", (v) => v.setUint16(6, 6, true)],
    ["a payload past the end", "record 2", 56, "payload of DONE: 1 bytes, 0 left", (v) => v.setUint8(56, 1)],
    [
      "a payload of UINT_MAX",
      "record 0",
      28,
      "payload of COPY/KERNEL FILL: 4294967295 bytes, 28 left",
      (v) => v.setUint32(28, 0xffff_ffff, true),
    ],
  ])("with %s", (_, section, offset, detail, edit) =>
    expect(failure(edited(GOOD, edit))).toEqual([section, offset, detail]),
  );

  test("with a tail", () =>
    expect(failure(Buffer.concat([GOOD, Buffer.of(0)]))).toEqual([
      "file header",
      16,
      "size is 60, the file has 61 bytes",
    ]));

  test("is refused or decoded, never more: arbitrary bytes and good files with bytes changed", () => {
    const change = fc.tuple(fc.nat(GOOD.length - 1), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 4 }), fc.uint8Array({ maxLength: 80 }), (changes, noise) => {
        const bytes = Uint8Array.from(GOOD);
        for (const [at, value] of changes) bytes[at] = value;
        for (const file of [bytes, noise]) {
          const decoded = decodeKbs(file);
          if (decoded.ok) expect(encodeKbs(decoded.value)).toEqual(new Uint8Array(file));
        }
      }),
      { numRuns: 2000 },
    );
  });
});

test("a payload of 4 GiB is a bug of the caller, not a file", () => {
  const payload = { length: 2 ** 32 } as Uint8Array;
  const command: Command = { ...decompress(new Uint8Array(0)), payload };
  expect(() => encodeKbs(stream("v7", command))).toThrow(RangeError);
});
