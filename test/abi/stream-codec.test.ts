import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { commandTitle } from "#abi/command.ts";
import { decodeCommand } from "#abi/command-codec.ts";
import { type HeaderLayout, headerLayout, headerLayoutFromBtf } from "#abi/header-layout.ts";
import { decodeBtf } from "#formats/btf/decode.ts";
import { BtfBuilder } from "../support/btf-builder.ts";
import { encodeCommand } from "../support/command-encoder.ts";
import { edited } from "../support/elf-builder.ts";
import { expectValue } from "../support/expect-value.ts";
import { anyStream, copy, DONE, decompress } from "./stream-samples.ts";

const v6 = headerLayout("v6");
const v7 = headerLayout("v7");

const fromHex = (digits: string) => new Uint8Array(Buffer.from(digits.replaceAll(" ", ""), "hex"));

function encoded(command: Parameters<typeof encodeCommand>[0], layout: HeaderLayout): Uint8Array {
  return expectValue(encodeCommand(command, layout));
}

function failure(buffer: Uint8Array, layout: HeaderLayout): unknown {
  const result = decodeCommand(buffer, layout, { index: 3, base: 100 });
  return result.ok ? "ok" : [result.failure.section, result.failure.offset, result.failure.detail];
}

describe("struct cmd_hdr on the wire", () => {
  test("has in v6 u16 cmd, u16 subcmd, u32 payload_len", () => {
    const bytes = fromHex("0200 0300 02000000 6869");
    expect(encoded(copy("CMDLINE", "hi"), v6)).toEqual(bytes);
    expect(decodeCommand(bytes, v6)).toEqual({ ok: true, value: copy("CMDLINE", "hi") });
  });

  test("has in v7 u16 cmd, u8 subcmd, u8 pipeline_flag, u32 payload_len, u16 num_chunks", () => {
    const bytes = fromHex("0300 01 01 02000000 0000 6869");
    expect(encoded(copy("KERNEL", "hi", "FILL"), v7)).toEqual(bytes);
    expect(decodeCommand(bytes, v7)).toEqual({ ok: true, value: copy("KERNEL", "hi", "FILL") });
  });

  test("is all there is of DONE", () => {
    expect(Buffer.from(encoded(DONE, v7)).toString("hex")).toBe("01000000000000000000");
    expect(decodeCommand(encoded(DONE, v7), v7)).toEqual({ ok: true, value: DONE });
  });

  test("numbers DECOMPRESS 1 in v6 and 2 in v7, VERIFY_SIG 4", () => {
    const command = decompress(Uint8Array.of(9));
    expect([encoded(command, v6)[0], encoded(command, v7)[0]]).toEqual([1, 2]);
    expect(encoded({ ...DONE, command: "VERIFY_SIG" }, v7)[0]).toBe(4);
  });

  test("comes back as it went, whatever the command", () => {
    fc.assert(
      fc.property(anyStream, ({ revision, commands }) => {
        const layout = headerLayout(revision);
        for (const command of commands) {
          expect(decodeCommand(encoded(command, layout), layout)).toEqual({ ok: true, value: command });
        }
      }),
    );
  });

  test("leaves the payload where it is", () => {
    const buffer = encoded(copy("INITRD", "initrd"), v7);
    const decoded = decodeCommand(buffer, v7);
    expect(decoded.ok && decoded.value.payload.buffer).toBe(buffer.buffer);
  });
});

describe("a command that cannot be encoded", () => {
  test.each([
    ["DONE in v6", DONE, v6],
    ["VERIFY_SIG in v6", { ...DONE, command: "VERIFY_SIG" as const }, v6],
    ["FILL in v6", copy("KERNEL", "k", "FILL"), v6],
    ["COPY of nothing in particular", { ...copy("KERNEL", "k"), subcommand: undefined }, v7],
  ])("is %s", (_, command, layout) =>
    expect(encodeCommand(command, layout)).toMatchObject({
      ok: false,
      failure: { reason: "unsupported", what: `command ${commandTitle(command)}` },
    }),
  );

  test("is a payload longer than payload_len can say", () => {
    const places = new Map([...v6.places, ["payload_len", { offset: 4, size: 1 }]] as const);
    expect(encodeCommand(copy("KERNEL", "x".repeat(256)), { ...v6, places })).toMatchObject({
      ok: false,
      failure: { reason: "size-exceeded", size: 256, limit: 255 },
    });
  });
});

describe("a hostile buffer", () => {
  const good = encoded(copy("KERNEL", "kernel", "FILL"), v7);
  const goodV6 = encoded(copy("KERNEL", "kernel"), v6);

  test("cut at any byte", () => {
    for (let length = 0; length < good.length; length++) {
      expect(failure(good.subarray(0, length), v7), `v7 cut at ${length}`).not.toBe("ok");
    }
    for (let length = 0; length < goodV6.length; length++) {
      expect(failure(goodV6.subarray(0, length), v6), `v6 cut at ${length}`).not.toBe("ok");
    }
    expect(failure(good.subarray(0, 9), v7)).toEqual(["command 3", 100, "10 bytes wanted, 9 left"]);
  });

  test.each([0, 5, 0xffff])("with command %i", (number) =>
    expect(
      failure(
        edited(good, (v) => v.setUint16(0, number, true)),
        v7,
      ),
    ).toEqual(["command 3", 100, `unknown command ${number}`]),
  );

  test("with v7's COPY in v6", () =>
    expect(
      failure(
        edited(goodV6, (v) => v.setUint16(0, 3, true)),
        v6,
      ),
    ).toEqual(["command 3", 100, "unknown command 3"]));

  test("with subcommand 4, or none", () => {
    expect(
      failure(
        edited(good, (v) => v.setUint8(2, 4)),
        v7,
      ),
    ).toEqual(["command 3", 102, "unknown subcommand 4"]);
    expect(
      failure(
        edited(good, (v) => v.setUint8(2, 0)),
        v7,
      ),
    ).toEqual(["command 3", 102, "COPY without a subcommand"]);
  });

  test("with one byte behind the payload, and not one more", () => {
    const longer = (buffer: Uint8Array) => Buffer.concat([buffer, Buffer.alloc(1)]);
    expect(failure(longer(good), v7)).toEqual(["command 3", 116, "1 byte behind the payload"]);
    expect(failure(longer(goodV6), v6)).toEqual(["command 3", 114, "1 byte behind the payload"]);
    expect(failure(longer(encoded(DONE, v7)), v7)).toEqual(["command 3", 110, "1 byte behind the payload"]);
  });

  test("with an unknown pipeline flag", () =>
    expect(
      failure(
        edited(good, (v) => v.setUint8(3, 3)),
        v7,
      ),
    ).toEqual(["command 3", 103, "unknown pipeline flag 3"]));

  test("with chunks", () =>
    expect(
      failure(
        edited(good, (v) => v.setUint16(8, 1, true)),
        v7,
      ),
    ).toEqual(["command 3", 108, "1 chunks, which v7 does not have"]));

  test.each([7, 0x7fff_ffff, 0xffff_ffff])("with payload_len %i against 6 bytes", (length) =>
    expect(
      failure(
        edited(good, (v) => v.setUint32(4, length, true)),
        v7,
      ),
    ).toEqual(["command 3", 104, `payload_len is ${length}, 6 bytes are there`]),
  );

  test("with bytes behind the payload", () =>
    expect(
      failure(
        edited(good, (v) => v.setUint32(4, 4, true)),
        v7,
      ),
    ).toEqual(["command 3", 114, "2 bytes behind the payload"]));

  test("of arbitrary bytes is decoded or refused, and what is decoded encodes to the same bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 30 }), fc.constantFrom(v6, v7), (bytes, layout) => {
        const decoded = decodeCommand(bytes, layout);
        if (decoded.ok) expect(encoded(decoded.value, layout)).toEqual(bytes);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("the layout of a kernel's own struct cmd_hdr", () => {
  type Member = readonly [name: string, bytes: 1 | 2 | 4 | 8, at: number, bits?: number];

  function layoutOf(
    size: number,
    members: readonly Member[],
    revision: "v6" | "v7" = "v7",
    extra?: Member[],
  ) {
    const btf = new BtfBuilder();
    const ints = new Map([1, 2, 4, 8].map((bytes) => [bytes, btf.int(`u${8 * bytes}`, bytes)]));
    const build = (list: readonly Member[]) =>
      btf.struct(
        "cmd_hdr",
        size,
        list.map(([name, bytes, at, bits]) => ({
          name,
          type: ints.get(bytes) ?? 0,
          at: bits === undefined ? 8 * at : at,
          ...(list.some((m) => m[3] !== undefined) ? { width: bits ?? 0 } : {}),
        })),
      );
    if (extra !== undefined) build(extra);
    build(members);
    const decoded = expectValue(decodeBtf(btf.build()));
    return headerLayoutFromBtf(decoded, revision);
  }

  const V7: readonly Member[] = [
    ["cmd", 2, 0],
    ["subcmd", 1, 2],
    ["pipeline_flag", 1, 3],
    ["payload_len", 4, 4],
    ["num_chunks", 2, 8],
  ];
  const with_ = (...members: Member[]) => [
    ...V7.filter(([name]) => !members.some((member) => member[0] === name)),
    ...members,
  ];
  const differences = (result: ReturnType<typeof layoutOf>) =>
    result.ok ? "ok" : result.failure.differences;

  test("is the built-in one where the kernel agrees with the mails", () => {
    expect(layoutOf(10, V7)).toEqual({ ok: true, value: v7 });
    expect(
      layoutOf(
        8,
        [
          ["cmd", 2, 0],
          ["subcmd", 2, 2],
          ["payload_len", 4, 4],
        ],
        "v6",
      ),
    ).toEqual({ ok: true, value: v6 });
  });

  test("may have its members elsewhere, and wider", () => {
    const moved = expectValue(
      layoutOf(16, [
        ["payload_len", 4, 0],
        ["cmd", 4, 4],
        ["subcmd", 2, 8],
        ["pipeline_flag", 1, 10],
        ["num_chunks", 4, 12],
      ]),
    );
    const bytes = encoded(copy("KERNEL", "k", "FILL"), moved);
    expect(Buffer.from(bytes).toString("hex")).toBe(`01000000${"03000000"}${"0100"}${"01"}00${"00000000"}6b`);
    expect(decodeCommand(bytes, moved)).toEqual({ ok: true, value: copy("KERNEL", "k", "FILL") });
  });

  test("is the fitting one where several structs have the name", () => {
    expect(layoutOf(10, V7, "v7", [["cmd", 4, 0]])).toEqual({ ok: true, value: v7 });
  });

  test.each<[string, number, readonly Member[], string]>([
    ["a member too few", 10, V7.slice(0, 4), "member num_chunks is missing"],
    ["a member too many", 12, with_(["more", 2, 10]), "member more is none of the revision's"],
    ["a member twice", 12, [...V7, ["cmd", 2, 10]], "member cmd is there twice"],
    ["a width of 8", 18, with_(["num_chunks", 8, 10]), "member num_chunks has 8 bytes, not 1, 2 or 4"],
    ["an overlap", 10, with_(["num_chunks", 2, 7]), "member num_chunks overlaps payload_len"],
    [
      "a member outside",
      10,
      with_(["num_chunks", 2, 9]),
      "member num_chunks at offset 9 reaches outside 10 bytes",
    ],
  ])("is refused with %s", (_, size, members, difference) =>
    expect(differences(layoutOf(size, members))).toEqual([`struct cmd_hdr ${difference}`]),
  );

  test("is refused with a bit-field", () => {
    const members: Member[] = V7.map(([name, bytes, at]) => [name, bytes, 8 * at, name === "subcmd" ? 3 : 0]);
    expect(differences(layoutOf(10, members))).toEqual(["struct cmd_hdr member subcmd is a bit-field"]);
  });

  test("is refused where there is none", () => {
    const decoded = decodeBtf(new BtfBuilder().build());
    expect(decoded.ok && headerLayoutFromBtf(decoded.value, "v7")).toEqual({
      ok: false,
      failure: { reason: "abi-mismatch", revision: "v7", differences: ["struct cmd_hdr is missing"] },
    });
  });
});
