import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  check,
  doctor,
  make,
  pack,
  readStream,
  recordStream,
  sign,
  stream,
  unpack,
  verifySignature,
} from "#library/index.ts";
import { IMAGES } from "../fixtures/wrong-parsers/images.ts";
import { expectFailure, expectValue } from "../support/expect-value.ts";
import { newFolder, write } from "../support/kernel-tree.ts";

describe("a call of the library", () => {
  it("takes relative paths for those of its folder", async () => {
    const cwd = newFolder();
    write(join(cwd, "zboot.img"), IMAGES.zboot);
    write(join(cwd, "cmdline"), "quiet\n");
    write(join(cwd, "initrd"), "initrd");
    const packed = expectValue(
      await pack(
        {
          kind: "envelope",
          force: true,
          arch: "arm64",
          kernel: "zboot.img",
          initrd: "initrd",
          cmdline: { textOf: "cmdline" },
          output: "e.elf",
          command: ["pack", "it"],
        },
        { cwd },
      ),
    );
    expect(packed.output).toBe(join(cwd, "e.elf"));
    expect(JSON.parse(readFileSync(join(cwd, "e.elf.manifest.json"), "utf8"))).toMatchObject({
      subject: [{ name: "e.elf" }],
    });
    expect(expectValue(await check({ manifest: "e.elf.manifest.json", inputs: true }, { cwd })).ok).toBe(
      true,
    );
    expectValue(await unpack({ file: "e.elf", folder: "parts" }, { cwd }));
    expect(readFileSync(join(cwd, "parts/cmdline"), "utf8")).toBe("quiet\0");
  });

  it("packs a UKI, and gives and keeps the stream that is expected of it", async () => {
    const cwd = newFolder();
    write(join(cwd, "linux"), IMAGES.zboot);
    const sections = [
      { name: ".linux", content: { file: "linux" } },
      { name: ".cmdline", content: { text: "quiet" } },
    ];
    expectValue(await pack({ kind: "uki", sections, arch: "arm64", output: "u.efi" }, { cwd }));
    expect(existsSync(join(cwd, "u.efi.manifest.json"))).toBe(false);
    const expected = expectValue(await stream({ image: "u.efi" }, { cwd }));
    expect(expected.commands.map(({ command }) => command)).toContain("DONE");
    expectValue(await recordStream({ image: "u.efi", output: "u.kbs" }, { cwd }));
    expect(expectValue(await readStream("u.kbs", { cwd }))).toMatchObject({
      commands: expected.commands.map(({ command, payload }) => ({ command, payload: Buffer.from(payload) })),
    });
  });

  it("makes what make's words say, and refuses those that ask", async () => {
    const cwd = newFolder();
    expect(expectValue(await make(["clean", "O=out"], { cwd, env: {} }))).toMatchObject({
      cleaned: { kept: [] },
      built: undefined,
    });
    for (const words of [["-n"], ["-q"]])
      expect(expectFailure(await make(words, { cwd, env: {} }))).toMatchObject({ reason: "usage" });
    expect(expectFailure(await make([], { cwd, env: { MAKEFLAGS: "n" } }))).toMatchObject({
      reason: "usage",
    });
  });

  it("gives a failure as a value", async () => {
    const context = { cwd: newFolder() };
    const [signed, verified] = [
      await sign({ file: "none", key: "none", certificate: "none" }, context),
      await verifySignature({ file: "none", authorities: "none" }, context),
    ];
    expect([expectFailure(signed).reason, expectFailure(verified).reason]).toEqual([
      "file-failed",
      "file-failed",
    ]);
  });

  it("says what tools there are", async () => {
    const cwd = newFolder();
    expect(expectValue(await doctor({}, { cwd, env: { PATH: cwd } })).healthy).toBe(false);
  });
});
