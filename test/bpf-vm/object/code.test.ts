import { describe, expect, it } from "vitest";
import { codeSections } from "#bpf-vm/object/code.ts";
import { decodeElf } from "#formats/elf/elf-file.ts";
import { buildElf, symbolSections } from "../../support/elf-builder.ts";
import { expectValue } from "../../support/expect-value.ts";

/** `r0 = 0`, `exit`. */
const CODE = new Uint8Array(Buffer.from("b7000000000000009500000000000000", "hex"));
/** A global function. */
const FUNCTION = 0x12;

function code(value: bigint, size: bigint) {
  const symbols = symbolSections([{ name: "parse", section: 1, value, size, info: FUNCTION }], 3);
  const file = buildElf([{ name: "xdp", flags: 0x6, data: CODE }, ...symbols], { machine: 247, type: 1 });
  const elf = expectValue(decodeElf(file.bytes));
  return { sections: codeSections(elf), symbolAt: (file.offsets[2] ?? 0) + 24 };
}

describe("a function of a code section", () => {
  it("is known by its symbol, in instructions", () =>
    expect(code(8n, 8n).sections).toMatchObject({
      ok: true,
      value: [{ functions: [{ name: "parse", global: true, start: 1, end: 2 }] }],
    }));

  it.each([
    ["ends after it", 8n, 16n],
    ["begins after it", 24n, 0n],
    ["is of 2^48 bytes", 0n, 2n ** 48n],
    ["wraps in 64 bits", 2n ** 64n - 8n, 16n],
    ["begins inside an instruction", 4n, 8n],
    ["ends inside an instruction", 0n, 12n],
  ])("is refused where it %s, with the place of its symbol", (_, value, size) => {
    const { sections, symbolAt } = code(value, size);
    expect(sections).toMatchObject({
      ok: false,
      failure: {
        reason: "malformed",
        section: "symbol parse",
        offset: symbolAt + 8,
        detail: `${size} bytes at ${value} of section xdp, which has 16`,
      },
    });
  });
});
