import type { Malformed, MissingArray } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { type Token, tokenize } from "./c-tokens.ts";

/** What a light skeleton (`bpftool gen skeleton -L`) says of its program. */
export type LightSkeleton = {
  /** The loader program's data, without the C string's NUL. */
  readonly optsData: Uint8Array;
  /** The loader program, eight bytes an instruction, without the C string's NUL. */
  readonly optsInsn: Uint8Array;
  /** Members of the skeleton's `maps`, in order. */
  readonly maps: readonly string[];
  /** Members of the skeleton's `progs`, in order. */
  readonly programs: readonly string[];
};

const INSTRUCTION = 8;

/**
 * Reads the arrays and the shape of a light skeleton.
 *
 * Errors: `missing-array` for `opts_data` or `opts_insn` absent (as older bpftool leaves them out for
 * programs with kfuncs, or has no arrays at all), given twice, empty or cut; `malformed` for text that is no C.
 */
export function parseLightSkeleton(text: string): Result<LightSkeleton, Malformed | MissingArray> {
  const tokens = tokenize(text);
  if (!tokens.ok) return tokens;
  const optsData = findArray(tokens.value, "opts_data");
  if (!optsData.ok) return optsData;
  const optsInsn = findArray(tokens.value, "opts_insn");
  if (!optsInsn.ok) return optsInsn;
  if (optsInsn.value.length % INSTRUCTION !== 0) {
    return err(missing("opts_insn", `${optsInsn.value.length} bytes are no whole instructions`));
  }
  return ok({
    optsData: optsData.value,
    optsInsn: optsInsn.value,
    maps: members(tokens.value, "bpf_map_desc"),
    programs: members(tokens.value, "bpf_prog_desc"),
  });
}

/** The bytes of `char NAME[] … = "…" "…";`, adjacent literals joined. */
function findArray(tokens: readonly Token[], name: string): Result<Uint8Array, MissingArray> {
  const starts = tokens.flatMap((token, index) =>
    isWord(token, name) && isPunctuation(tokens[index + 1], "[") ? [index] : [],
  );
  const [start] = starts;
  if (start === undefined) {
    return err(missing(name, `not in the light skeleton${whyAbsent(tokens)}`));
  }
  if (starts.length > 1) return err(missing(name, "defined more than once"));

  let index = start;
  while (!isPunctuation(tokens[index], "=")) {
    if (index >= tokens.length || isPunctuation(tokens[index], ";")) {
      return err(missing(name, "declared without a value"));
    }
    index += 1;
  }
  const parts: Uint8Array[] = [];
  for (index += 1; ; index += 1) {
    const token = tokens[index];
    if (token?.kind === "string") parts.push(token.bytes);
    else if (isPunctuation(token, ";")) break;
    else return err(missing(name, "its value is no string literal"));
  }
  const bytes = Buffer.concat(parts);
  return bytes.length === 0 ? err(missing(name, "empty")) : ok(bytes);
}

function whyAbsent(tokens: readonly Token[]): string {
  // opts.data = (void *)"…": where there are arrays, their names stand there instead.
  const inPlace = tokens.some(
    (token, index) =>
      (isWord(token, "opts.data") || isWord(token, "opts.insns")) && tokens[index + 6]?.kind === "string",
  );
  return inPlace
    ? ", which assigns opts.data and opts.insns as older bpftool (7.1 and before it) writes them: make it with a newer one"
    : ": bpftool's libbpf is too old for programs with kfuncs";
}

/** Names of `struct TYPE NAME;` in order. */
function members(tokens: readonly Token[], type: string): readonly string[] {
  return tokens.flatMap((token, index) => {
    const name = tokens[index + 2];
    return isWord(token, "struct") &&
      isWord(tokens[index + 1], type) &&
      name?.kind === "word" &&
      isPunctuation(tokens[index + 3], ";")
      ? [name.text]
      : [];
  });
}

function isWord(token: Token | undefined, text: string): boolean {
  return token?.kind === "word" && token.text === text;
}

function isPunctuation(token: Token | undefined, text: string): boolean {
  return token?.kind === "punctuation" && token.text === text;
}

function missing(array: string, detail: string): MissingArray {
  return { reason: "missing-array", array, detail };
}
