import { describe, expect, test } from "vitest";
import { digest } from "#files/digest.ts";
import { type GoodFile, goodFile } from "#verify/mutations/good-file.ts";
import { goodFiles } from "#verify/mutations/good-files.ts";
import { mutationsOf } from "#verify/mutations/mutations.ts";
import { buildPe } from "../../support/pe-builder.ts";

/** How many there are, and the beginning of the digest of what they are. */
const HOSTILE: Readonly<Record<string, readonly [number, string]>> = {
  zboot: [91, "3c99511ab851c59c"],
  uki: [538, "2a5a6ad90a53ddbd"],
  "uki-profiles": [682, "cbb89cf1902b3234"],
  "uki-text-without-nul": [426, "6f5641ed35abe604"],
  envelope: [559, "bf3b3e8d8151c305"],
  "envelope-headers-last": [239, "3cf24ba615e50451"],
  plain: [78, "fd46a63663eb043f"],
  "pe32-with-empty-parts": [586, "f0c24cb66e34c521"],
  "pe-with-a-long-table": [4161, "9c176f691636d8c6"],
};

const PE32 = buildPe(
  [
    { name: ".linux", data: Uint8Array.from({ length: 700 }, (_, i) => i & 0xff) },
    { name: ".initrd", data: new Uint8Array(0) },
    { name: ".text", data: Uint8Array.of(1, 2, 3) },
    { name: ".cmdline", data: Buffer.from("quiet") },
  ],
  { plus: false },
).bytes;
const LONG = buildPe([
  { name: ".linux", data: new Uint8Array(700).fill(7) },
  ...Array.from({ length: 110 }, (_, i) => ({ name: `.s${i}`, data: new Uint8Array(0) })),
]).bytes;
/** Of shapes that the built-in good files do not have. */
const OTHERS: readonly (GoodFile | undefined)[] = [
  goodFile("pe32-with-empty-parts", PE32),
  goodFile("pe-with-a-long-table", LONG),
];

/** A campaign's first cases are these, by number, and corpora are made of them: who changes one on purpose writes the new digest here. */
describe("hostile mutations are the same in every version:", () => {
  test.each(
    [...goodFiles("v7"), ...OTHERS]
      .flatMap((file) => file ?? [])
      .map((file) => [file.format, file.name, file] as const),
  )("those of a %s: %s", (_format, name, file) => {
    const made = mutationsOf(file).map(({ name: title, expected, apply }) =>
      JSON.stringify([title, expected, digest(apply())]),
    );
    expect([made.length, digest(made.join()).slice(0, 16)]).toEqual(HOSTILE[name]);
  });
});
