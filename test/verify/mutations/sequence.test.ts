import { describe, expect, test } from "vitest";
import { digest } from "#files/digest.ts";
import { goodFiles } from "#verify/mutations/good-files.ts";
import { mutationsOf } from "#verify/mutations/mutations.ts";

/** How many there are, and the beginning of the digest of what they are. */
const HOSTILE: Readonly<Record<string, readonly [number, string]>> = {
  zboot: [91, "3c99511ab851c59c"],
  uki: [538, "2a5a6ad90a53ddbd"],
  "uki-profiles": [682, "cbb89cf1902b3234"],
  "uki-text-without-nul": [426, "6f5641ed35abe604"],
  envelope: [559, "bf3b3e8d8151c305"],
  "envelope-headers-last": [239, "3cf24ba615e50451"],
  plain: [78, "fd46a63663eb043f"],
};

/** A campaign's first cases are these, by number, and corpora are made of them: who changes one on purpose writes the new digest here. */
describe("hostile mutations are the same in every version:", () => {
  test.each(goodFiles("v7").map((file) => [file.format, file.name, file] as const))(
    "those of a %s: %s",
    (_format, name, file) => {
      const made = mutationsOf(file).map(({ name: title, expected, apply }) =>
        JSON.stringify([title, expected, digest(apply())]),
      );
      expect([made.length, digest(made.join()).slice(0, 16)]).toEqual(HOSTILE[name]);
    },
  );
});
