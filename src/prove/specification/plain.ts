import { bits64 } from "#prove/terms/bits.ts";
import { all, any, compare, not } from "#prove/terms/truth.ts";
import { says, size } from "./image.ts";
import type { Specification } from "./specification.ts";
import { ABSENT } from "./zboot.ts";

/** At 0x38 of a kernel's header, by architecture. */
const MAGICS: ReadonlyMap<string, string> = new Map([
  ["arm64", "ARM\x64"],
  ["riscv", "RSC\x05"],
  ["loongarch", "\xcd\x23\x82\x81"],
]);

/** A kernel that needs no unpacking, of one architecture or of any: rule 6 of "What a parser emits". */
export function plain(arch: string | undefined): Specification {
  const magics = arch === undefined ? [...MAGICS.values()] : [MAGICS.get(arch) ?? ""];
  const accepted = all(
    compare("ule", bits64(64), size()),
    not(says(bits64(4), "zimg")),
    any(...magics.map((magic) => says(bits64(0x38), magic))),
  );
  return { outcome: () => ({ accepted, parts: { kernel: ABSENT, initrd: ABSENT, cmdline: ABSENT } }) };
}
