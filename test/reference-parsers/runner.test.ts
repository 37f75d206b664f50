import { expect, test } from "vitest";
import { parseAny, referenceRunner } from "#reference-parsers/runner.ts";
import { buildElf, edited } from "../support/elf-builder.ts";
import { buildPe } from "../support/pe-builder.ts";
import { buildZboot } from "../support/zboot-builder.ts";
import { LIMITS, outcome } from "./outcome.ts";

const zboot = buildZboot(Buffer.from("payload"));
const envelope = buildElf([{ name: ".kernel", data: zboot }]).bytes;
const uki = buildPe([{ name: ".linux", data: Buffer.from("kernel") }]).bytes;

test.each([
  ["a zboot file", zboot, "DECOMPRESS/KERNEL payload"],
  ["an envelope", envelope, "DECOMPRESS/KERNEL payload"],
  ["a UKI", uki, "COPY/KERNEL FILL kernel"],
])("the parser for %s is found by its first bytes", (_, image, command) =>
  expect(outcome(parseAny, image)).toEqual([command, "DONE"]),
);

test("a kernel with a header of its own is taken as it is, in v7", () => {
  const kernel = new Uint8Array(80);
  kernel.set(Buffer.from("MZ"));
  for (const magic of ["ARM\x64", "RSC\x05", "\xcd\x23\x82\x81"]) {
    kernel.set(Buffer.from(magic, "latin1"), 0x38);
    expect(outcome(parseAny, kernel)).toEqual(["DONE"]);
    expect(outcome(parseAny, kernel, "v6")[0]).toBe("malformed");
  }
});

test("no parser takes an ELF file in v6, or what begins as nothing known", () => {
  expect(outcome(parseAny, envelope, "v6")).toEqual(["unsupported"]);
  expect(outcome(parseAny, Buffer.from("bzImage"))).toEqual(["unsupported"]);
  expect(outcome(parseAny, new Uint8Array(0))).toEqual(["unsupported"]);
});

test("a PE file without .linux, and a zboot file that is broken, fail as their own parser says", () => {
  expect(outcome(parseAny, buildPe([]).bytes)[3]).toBe("NumberOfSections is 0");
  expect(
    outcome(
      parseAny,
      edited(zboot, (view) => view.setUint32(0x0c, 0, true)),
    )[3],
  ).toBe("empty payload");
});

test("the runner works on the stage's first buffer, and does not look at the object", async () => {
  const run = referenceRunner("v7", LIMITS);
  const sent = await run(new Uint8Array(0), {
    revision: "v7",
    layer: 1,
    program: ".bpf.1",
    buffers: [uki, zboot],
    kernel: zboot,
    initrd: undefined,
    cmdline: undefined,
  });
  expect(sent.ok && sent.value.map((command) => command.command)).toEqual(["COPY", "DONE"]);
});
