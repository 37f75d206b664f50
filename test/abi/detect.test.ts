import { describe, expect, test } from "vitest";
import { detectAbi } from "#abi/detect.ts";
import type { Revision } from "#abi/revisions.ts";
import type { Btf } from "#formats/btf/btf.ts";
import { addStruct, addTypes, kernelWith, V6, V7 } from "./interface.ts";

/** What was found, in a line or a list of differences behind the revision they are from. */
function found(btf: Btf, wanted: Revision | "auto" = "auto"): unknown {
  const result = detectAbi(btf, wanted);
  if (result.ok) return `${result.value.revision} ${result.value.source}`;
  return result.failure.reason === "abi-mismatch"
    ? [result.failure.revision, ...result.failure.differences]
    : result.failure;
}

const without = <T extends object>(members: T, name: keyof T) =>
  Object.fromEntries(Object.entries(members).filter(([key]) => key !== name));

const INTERFACE = [
  "kexec_image_parser_anchor",
  "bpf_get_parser_context",
  "bpf_put_parser_context",
  "bpf_buffer_parser",
  "struct kexec_context",
  "struct cmd_hdr",
];

describe("a stock kernel", () => {
  const stock = kernelWith({});

  test("gets the built-in v7, with all that it lacks named", () =>
    expect(detectAbi(stock, "auto")).toEqual({
      ok: true,
      value: { revision: "v7", source: "built-in", missing: INTERFACE },
    }));

  test.each(["v6", "v7"] as const)("gets the built-in %s where that is wanted", (revision) =>
    expect(found(stock, revision)).toBe(`${revision} built-in`),
  );

  test("is one still where some other code has a struct cmd_hdr, which is then not missing", () =>
    expect(detectAbi(kernelWith({ header: { opcode: "u8", length: "u32" } }), "auto")).toEqual({
      ok: true,
      value: { revision: "v7", source: "built-in", missing: INTERFACE.slice(0, -1) },
    }));

  test("is one still where variables and typedefs, not functions and structs, have the names", () => {
    const btf = kernelWith({}, (b) => {
      const int = b.int("long", 8);
      b.typedef("kexec_context", int);
      b.var("kexec_image_parser_anchor", int);
      b.fwd("kexec_context");
    });
    expect(found(btf)).toBe("v7 built-in");
  });
});

describe("a kernel with the interface", () => {
  test.each([
    ["v6", V6],
    ["v7", V7],
  ] as const)("of %s is detected, and agrees where that revision is wanted", (revision, shape) => {
    const btf = kernelWith(shape);
    expect(detectAbi(btf, "auto")).toEqual({
      ok: true,
      value: { revision, source: "target", missing: [] },
    });
    expect(found(btf, revision)).toBe(`${revision} target`);
  });

  test("of v6 may have sizes of unsigned long, as later copies of the series do", () => {
    const wide = {
      kernel_sz: "unsigned long",
      initrd_sz: "unsigned long",
      cmdline_sz: "unsigned long",
    } as const;
    expect(found(kernelWith({ ...V6, context: { ...V6.context, ...wide } }))).toBe("v6 target");
  });

  test("of v7 may have more in its context, in another order", () => {
    const { kdump, ...rest } = V7.context;
    const context = { sig_mode: "int", ...rest, next_parsing_buf: "char *[16]", kdump } as const;
    expect(found(kernelWith({ ...V7, context }))).toBe("v7 target");
  });

  test("is not confused by an unrelated struct cmd_hdr before or behind the right one", () => {
    const other = { opcode: "u8", length: "u32" } as const;
    const behind = kernelWith(V7, (b) => addStruct(b, addTypes(b), "cmd_hdr", other));
    const before = kernelWith({ ...V7, header: other }, (b) =>
      addStruct(b, addTypes(b), "cmd_hdr", V7.header, { packed: true }),
    );
    expect([found(behind), found(before)]).toEqual(["v7 target", "v7 target"]);
  });
});

describe("a kernel with another interface is refused, naming", () => {
  test("every member in which v7 is not the v6 that was wanted", () =>
    expect(found(kernelWith(V7), "v6")).toEqual([
      "v6",
      "struct cmd_hdr member subcmd has 1 bytes at offset 2, not 2 at 2",
      "struct cmd_hdr has a member pipeline_flag that the revision has not",
      "struct cmd_hdr has a member num_chunks that the revision has not",
      "struct cmd_hdr has 10 bytes, not 8",
    ]));

  test("every member in which v6 is not the v7 that was wanted", () =>
    expect(found(kernelWith(V6), "v7")).toEqual([
      "v7",
      "struct kexec_context member parsed is missing",
      "struct kexec_context member parsing_buf is missing",
      "struct kexec_context member parsing_buf_sz is missing",
      "struct kexec_context member kernel_sz has 4 bytes, not 8",
      "struct kexec_context member initrd_sz has 4 bytes, not 8",
      "struct kexec_context member cmdline_sz has 4 bytes, not 8",
      "struct cmd_hdr member subcmd has 2 bytes at offset 2, not 1 at 2",
      "struct cmd_hdr member pipeline_flag is missing",
      "struct cmd_hdr member num_chunks is missing",
      "struct cmd_hdr has 8 bytes, not 10",
    ]));

  test.each(INTERFACE.slice(0, 4))("%s() where it is missing", (name) =>
    expect(
      found(kernelWith({ ...V7, functions: without(V7.functions, name as "bpf_buffer_parser") })),
    ).toEqual(["v7", `${name}() is missing`]),
  );

  test("a struct that is missing", () => {
    expect(found(kernelWith({ header: V7.header, functions: V7.functions }))).toEqual([
      // Nothing is left to prefer one revision but the header.
      "v7",
      "struct kexec_context is missing",
    ]);
    expect(found(kernelWith({ context: V6.context, functions: V6.functions }))).toEqual([
      "v6",
      "struct cmd_hdr is missing",
    ]);
  });

  test("all the rest where the interface is nothing but its anchor", () =>
    expect(found(kernelWith({ functions: { kexec_image_parser_anchor: 2 } }), "v7")).toEqual([
      "v7",
      "bpf_get_parser_context() is missing",
      "bpf_put_parser_context() is missing",
      "bpf_buffer_parser() is missing",
      "struct kexec_context is missing",
      "struct cmd_hdr is missing",
    ]));

  test("a context member of another size", () => {
    const context = { ...V7.context, kernel_sz: "int", parsing_buf: "char *" } as const;
    expect(found(kernelWith({ ...V7, context }))).toEqual([
      "v7",
      "struct kexec_context member parsing_buf has 8 bytes, not 128",
      "struct kexec_context member kernel_sz has 4 bytes, not 8",
    ]);
  });

  test("both sizes that v6 may have, where it has neither", () => {
    const context = { ...V6.context, kernel_sz: "u16" } as const;
    expect(found(kernelWith({ ...V6, context }))).toEqual([
      "v6",
      "struct kexec_context member kernel_sz has 2 bytes, not 4 or 8",
    ]);
  });

  test("a header member too many", () =>
    expect(found(kernelWith({ ...V7, header: { ...V7.header, flags: "u16" } }))).toEqual([
      "v7",
      "struct cmd_hdr has a member flags that the revision has not",
      "struct cmd_hdr has 12 bytes, not 10",
    ]));

  test("header members that have changed places", () => {
    const { cmd, subcmd, pipeline_flag, payload_len, num_chunks } = V7.header;
    const header = { cmd, pipeline_flag, subcmd, payload_len, num_chunks };
    expect(found(kernelWith({ ...V7, header }))).toEqual([
      "v7",
      "struct cmd_hdr member subcmd has 1 bytes at offset 3, not 1 at 2",
      "struct cmd_hdr member pipeline_flag has 1 bytes at offset 2, not 1 at 3",
    ]);
  });

  test("a header that is not packed", () =>
    expect(found(kernelWith({ ...V7, headerSize: 12 }))).toEqual([
      "v7",
      "struct cmd_hdr has 12 bytes, not 10",
    ]));

  test("a header member that is a bit-field", () => {
    const btf = kernelWith({ ...V6, header: {} }, (b) => {
      const types = addTypes(b);
      const members = [
        { name: "cmd", type: types.u16, at: 0, width: 9 },
        { name: "subcmd", type: types.u16, at: 16, width: 0 },
        { name: "payload_len", type: types.u32, at: 32, width: 0 },
      ];
      b.struct("cmd_hdr", 8, members);
    });
    expect(found(btf)).toEqual(["v6", "struct cmd_hdr member cmd has no bytes at offset 0, not 2 at 0"]);
  });

  test("a function with another number of parameters", () => {
    const functions = { ...V7.functions, bpf_buffer_parser: 4, kexec_image_parser_anchor: 1 };
    expect(found(kernelWith({ ...V7, functions }))).toEqual([
      "v7",
      "kexec_image_parser_anchor() has 1 parameters, not 2",
      "bpf_buffer_parser() has 4 parameters, not 3",
    ]);
  });
});
