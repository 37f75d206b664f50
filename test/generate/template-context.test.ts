import { describe, expect, test } from "vitest";
import { type Revision, revisionProfile } from "#abi/revisions.ts";
import type { Target } from "#generate/target.ts";
import { type ContextOptions, templateContext } from "#generate/template-context.ts";

const TARGET: Target = {
  name: "thing",
  description: "takes a thing apart",
  body: { v6: "/t/thing.hbs", v7: "/t/thing.hbs" },
  parts: {
    v6: { cmdline: { command: "COPY" }, kernel: { command: "DECOMPRESS" } },
    v7: { initrd: { command: "COPY" }, kernel: { command: "COPY", flag: "FILL" } },
  },
  architectures: ["arm64"],
  nested: {},
  types: [],
  reference: undefined,
  file: "/t/thing.json",
};

function context(revision: Revision, options: Partial<ContextOptions> = {}) {
  const profile = revisionProfile(revision);
  return templateContext({
    target: TARGET,
    arch: "arm64",
    profile,
    kernelHasContext: true,
    seedPayloadSize: false,
    ...options,
  });
}

describe("what templates see", () => {
  test("are the parts in canonical order, whatever the description's, with their commands", () => {
    expect(context("v6").parts).toEqual([
      {
        name: "kernel",
        ring: "ringbuf_1",
        limit: "KERNEL_SIZE",
        text: "false",
        header: [
          { name: "cmd", value: "CMD_DECOMPRESS" },
          { name: "subcmd", value: "SUBCMD_KERNEL" },
        ],
      },
      {
        name: "cmdline",
        ring: "ringbuf_3",
        limit: "CMDLINE_SIZE",
        text: "true",
        header: [
          { name: "cmd", value: "CMD_COPY" },
          { name: "subcmd", value: "SUBCMD_CMDLINE" },
        ],
      },
    ]);
    expect(context("v7").parts.map(({ name, header }) => [name, header])).toEqual([
      [
        "kernel",
        [
          { name: "cmd", value: "CMD_COPY" },
          { name: "subcmd", value: "SUBCMD_KERNEL" },
          { name: "pipeline_flag", value: "PIPELINE_FILL" },
        ],
      ],
      [
        "initrd",
        [
          { name: "cmd", value: "CMD_COPY" },
          { name: "subcmd", value: "SUBCMD_INITRD" },
        ],
      ],
    ]);
  });

  test("are always four rings in the kernel's order, those of absent parts as small as may be", () => {
    expect(context("v6").rings).toEqual([
      { name: "ringbuf_1", size: "KERNEL_RING_SIZE" },
      { name: "ringbuf_2", size: "MIN_RING_SIZE" },
      { name: "ringbuf_3", size: "CMDLINE_RING_SIZE" },
      { name: "ringbuf_4", size: "MIN_RING_SIZE" },
    ]);
    expect(context("v6").scratchRing).toBe("ringbuf_4");
  });

  test("is the header's layout, in C types", () => {
    expect(context("v6").abi).toMatchObject({
      revision: "v6",
      headerSize: 8,
      header: [
        { type: "__u16", name: "cmd" },
        { type: "__u16", name: "subcmd" },
        { type: "__u32", name: "payload_len" },
      ],
    });
    expect(context("v7").abi.header.map(({ type, name }) => `${type} ${name}`)).toEqual([
      "__u16 cmd",
      "__u8 subcmd",
      "__u8 pipeline_flag",
      "__u32 payload_len",
      "__u16 num_chunks",
    ]);
  });

  test("are the revision's numbers, its image, and the command that ends the stream where it has one", () => {
    const { abi: v6 } = context("v6");
    const { abi: v7 } = context("v7");
    expect(v6.constants.map(({ name, value }) => `${name}=${value}`)).toEqual([
      "CMD_DECOMPRESS=1",
      "CMD_COPY=2",
      "SUBCMD_KERNEL=1",
      "SUBCMD_INITRD=2",
      "SUBCMD_CMDLINE=3",
    ]);
    expect(v7.constants.map(({ name, value }) => `${name}=${value}`)).toEqual([
      "CMD_DONE=1",
      "CMD_DECOMPRESS=2",
      "CMD_COPY=3",
      "SUBCMD_KERNEL=1",
      "SUBCMD_INITRD=2",
      "SUBCMD_CMDLINE=3",
      "PIPELINE_FILL=1",
    ]);
    expect([v6.finish, v7.finish.map(({ command }) => command)]).toEqual([[], ["CMD_DONE"]]);
    expect([v6.imageData, v6.imageSize]).toEqual(["kernel", "kernel_sz"]);
    expect([v7.imageData, v7.imageSize]).toEqual(["parsing_buf[0]", "parsing_buf_sz[0]"]);
  });

  test("is a declaration of the context only where the target kernel has none", () => {
    expect(context("v7").abi.declarations).toEqual([]);
    const [declaration, ...more] = context("v6", { kernelHasContext: false }).abi.declarations;
    expect(more).toEqual([]);
    expect(declaration?.text).toBe(
      [
        "struct kexec_context {",
        "\tbool kdump;",
        "\tchar *kernel;",
        "\tint kernel_sz;",
        "\tchar *initrd;",
        "\tint initrd_sz;",
        "\tchar *cmdline;",
        "\tint cmdline_sz;",
        "} __attribute__((preserve_access_index));",
      ].join("\n"),
    );
  });

  test("are the four bytes that the series' parsers cut off, where they are to be reproduced", () =>
    expect([context("v7").sizeTrailer, context("v7", { seedPayloadSize: true }).sizeTrailer]).toEqual([
      [],
      [4],
    ]));
});
