import { describe, expect, test } from "vitest";
import { decodeAddon, decodeUkiOrAddon } from "#formats/uki/addon.ts";
import { decodeUki } from "#formats/uki/uki.ts";
import { expectValue } from "../../support/expect-value.ts";
import { buildPe, type TestPeSection } from "../../support/pe-builder.ts";
import { judgedBy, output, withFile } from "../../support/tools.ts";
import { encodeUki } from "../../support/uki-encoder.ts";

const section = (name: string, text: string): TestPeSection => ({ name, data: Buffer.from(text) });
const text = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString();

describe("an addon", () => {
  test("has a command line and an initrd, each optional, the first of a repeated one", () => {
    const file = buildPe([section(".sbat", "s"), section(".cmdline", "debug"), section(".cmdline", "no")]);
    const addon = expectValue(decodeAddon(file.bytes));
    expect([addon.cmdline, addon.initrd].map(text)).toEqual(["debug", undefined]);
    expect([...addon.sections.keys()].sort()).toEqual([".cmdline", ".sbat"]);
  });

  test.each([".initrd", ".ucode", ".dtb", ".dtbauto", ".hwids", ".efifw"])("may hold %s alone", (name) =>
    expect(decodeAddon(buildPe([section(name, "x")]).bytes)).toMatchObject({ ok: true }),
  );

  test("is told from a UKI by its .linux", () => {
    expect(decodeUkiOrAddon(buildPe([section(".cmdline", "c")]).bytes)).toMatchObject({
      ok: true,
      value: { kind: "addon", addon: { cmdline: Uint8Array.of(99) } },
    });
    expect(decodeUkiOrAddon(buildPe([section(".linux", "K")]).bytes)).toMatchObject({
      ok: true,
      value: { kind: "uki", uki: { linux: Uint8Array.of(75) } },
    });
  });

  test("is not what has an empty .linux: that is a broken UKI", () => {
    const file = buildPe([section(".cmdline", "c"), section(".linux", "")]);
    expect(decodeUkiOrAddon(file.bytes, { base: 9 })).toMatchObject({
      ok: false,
      failure: { format: "UKI", offset: 9 + file.table, detail: "profile @0 has an empty .linux" },
    });
  });

  test.each([
    ["with .linux", [section(".cmdline", "c"), section(".linux", "K")], "section 1 is .linux"],
    ["with an empty .linux", [section(".linux", ""), section(".cmdline", "c")], "section 0 is .linux"],
    ["with nothing to add", [section(".sbat", "s"), section(".cmdlin", "c")], "nothing to add"],
  ])("%s is refused", (_, sections, detail) => {
    const file = buildPe(sections);
    expect(decodeAddon(file.bytes, { base: 50 })).toEqual({
      ok: false,
      failure: {
        reason: "malformed",
        format: "UKI addon",
        section: "section table",
        offset: 50 + file.table,
        detail,
      },
    });
  });

  test("that is no PE file is refused as one", () => {
    const bytes = Buffer.alloc(100);
    expect(decodeAddon(bytes)).toMatchObject({ ok: false, failure: { format: "PE", offset: 0 } });
    expect(decodeUkiOrAddon(bytes)).toMatchObject({ ok: false, failure: { format: "PE", offset: 0 } });
  });
});

describe("the UKI encoder", () => {
  const linux = { name: ".linux", data: Buffer.from("K") };
  const cmdline = { name: ".cmdline", data: Buffer.from("quiet") };
  const encoded = (sections: readonly { name: string; data: Uint8Array }[], addon = false) => {
    const result = encodeUki({ arch: "arm64", sections, addon });
    return result.ok ? result.value : [result.failure.section, result.failure.detail];
  };

  test("writes what the decoder reads, profiles too", () => {
    const profile = { name: ".profile", data: Buffer.from("ID=a") };
    const bytes = encoded([linux, profile, cmdline, profile]) as Uint8Array;
    const uki = expectValue(decodeUki(bytes));
    expect(uki.profiles.map((p) => [p.id, text(p.linux), text(p.cmdline)])).toEqual([
      ["a", "K", "quiet"],
      ["a", "K", undefined],
    ]);
    expect(decodeAddon(encoded([cmdline], true) as Uint8Array)).toMatchObject({ ok: true });
  });

  test.each([
    ["a UKI without .linux", [cmdline], false, ["section table", "no .linux"]],
    [
      "a UKI with an empty .linux",
      [{ ...linux, data: new Uint8Array(0) }],
      false,
      ["section table", "no .linux"],
    ],
    ["an addon with .linux", [linux, cmdline], true, ["section table", "an addon with .linux"]],
    [
      "a long name",
      [linux, { ...cmdline, name: ".cmdline2" }],
      false,
      ["section header 1", 'name ".cmdline2" is not 1 to 8 bytes long'],
    ],
    ["no name", [{ ...linux, name: "" }], false, ["section header 0", 'name "" is not 1 to 8 bytes long']],
    ["no section", [], true, ["section table", "0 sections, must be 1 to 65535"]],
    [
      "65536 sections",
      Array(65536).fill(linux),
      false,
      ["section table", "65536 sections, must be 1 to 65535"],
    ],
  ])("refuses %s", (_, sections, addon, failure) => expect(encoded(sections, addon)).toEqual(failure));
});

judgedBy(["objdump"], "a UKI, judged by objdump,", () => {
  test("has its sections in the order given, with names of 8 bytes whole", () => {
    const sections = [".osrel", ".cmdline", ".initrd", ".linux"].map((name) => ({
      name,
      data: Buffer.from(name),
    }));
    const result = expectValue(encodeUki({ arch: "x86", sections }));
    const listing = withFile(result, (path) => output("objdump", ["-h", path]).toString());
    expect([...listing.matchAll(/^ +\d+ (\.\w+) +(\w+)/gm)].map(([, name, size]) => [name, size])).toEqual([
      [".osrel", "00000006"],
      [".cmdline", "00000008"],
      [".initrd", "00000007"],
      [".linux", "00000006"],
    ]);
  });
});
