import { envelopeMutations } from "./envelope.ts";
import { OWN_FORMAT } from "./formats.ts";
import type { GoodFile } from "./good-file.ts";
import type { Draft, Mutation } from "./mutation.ts";
import { ownMutations } from "./own.ts";
import { plainMutations } from "./plain.ts";
import { ukiMutations } from "./uki.ts";
import { zbootMutations } from "./zboot.ts";

/**
 * The hostile inputs of one file, each a good file with one thing wrong: sizes and offsets at their limits,
 * sums that wrap, headers cut at every byte, names, duplicates, profiles.
 */
export function mutationsOf(file: GoodFile): readonly Mutation[] {
  return draftsOf(file).map(([name, expected, apply]) => ({ name, format: file.format, expected, apply }));
}

function draftsOf(file: GoodFile): readonly Draft[] {
  switch (file.format) {
    case "zboot":
      return zbootMutations(file.image, file.layout);
    case "uki":
      return ukiMutations(file.image, file.layout);
    case "plain":
      return plainMutations(file.image, file.layout);
    case OWN_FORMAT:
      return ownMutations(file.image, file.layout);
    case "envelope":
      return envelopeMutations(file.image, file.layout);
  }
}
