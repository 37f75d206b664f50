import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { PeChecksum } from "#formats/pe/checksum.ts";
import { encodePe } from "#formats/pe/encode.ts";
import { PE_MACHINE } from "#formats/pe/machines.ts";
import { checksumByDefinition } from "../../support/pe-checksum.ts";
import { testKey } from "../../support/test-key.ts";
import { judgedBy, withFile } from "../../support/tools.ts";

const CHECKSUM_AT = 64 + 24 + 0x40;

function checksum(bytes: Uint8Array, chunks: readonly number[]): number {
  const sum = new PeChecksum();
  let at = 0;
  for (const length of [...chunks, bytes.length]) {
    sum.add(bytes.subarray(at, at + length));
    at += length;
  }
  return sum.value();
}

test.each([
  ["nothing", Buffer.alloc(0)],
  ["zeros", Buffer.alloc(100)],
  ["ones", Buffer.alloc(100, 0xff)],
  ["one byte", Buffer.of(7)],
  ["an odd number of bytes", Buffer.from("odd bytes")],
  ["more words than one sum takes", Buffer.alloc(9 << 20, "a file of many words ")],
])("the sum of %s is that of the definition, in whatever chunks it comes", (_, bytes) => {
  for (const chunks of [[], [1], [3, 5], [2, 1, 4], [64]]) {
    expect(checksum(bytes, chunks)).toBe(checksumByDefinition(bytes));
  }
});

judgedBy(["sbsign", "openssl"], "judged by sbsign, which writes CheckSum,", () => {
  test("the sum of a signed image is the one in its header", () => {
    const bytes = encodePe({
      machine: PE_MACHINE.x86,
      sections: [{ name: ".text", data: Buffer.alloc(5000, "code and data ") }],
    });
    withFile(bytes, (path, folder) => {
      const { key, certificate } = testKey(folder);
      const signed = join(folder, "signed.efi");
      execFileSync("sbsign", ["--key", key, "--cert", certificate, "--output", signed, path], {
        stdio: "pipe",
      });
      const image = readFileSync(signed);
      const told = image.readUInt32LE(CHECKSUM_AT);
      image.writeUInt32LE(0, CHECKSUM_AT);
      expect(told).toBeGreaterThan(image.length);
      expect(checksum(image, [])).toBe(told);
    });
  });
});
