import type { Failure } from "#core/failure.ts";
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

/**
 * `struct kexec_pe_parser_bpf` in the series' kernel (docs/spec.md, "The kernel's side"): the loader
 * program stores file descriptors by position, so another order silently mixes them up.
 */
export const KERNEL_MAPS: readonly string[] = [
  "ringbuf_1",
  "ringbuf_2",
  "ringbuf_3",
  "ringbuf_4",
  "rodata",
  "data",
  "rodata_str1_1",
  "bss",
];

const KERNEL_PROGRAMS = 1;

const INSTRUCTION = 8;

/**
 * Reads the arrays and the shape of a light skeleton.
 *
 * Errors: `missing-array` for `opts_data` or `opts_insn` absent (as older bpftool leaves them out for
 * programs with kfuncs), given twice, empty or cut; `malformed` for text that is no C.
 */
export function parseLightSkeleton(text: string, file: string): Result<LightSkeleton> {
  const tokens = tokenize(text, file);
  if (!tokens.ok) return tokens;
  const optsData = findArray(tokens.value, "opts_data", file);
  if (!optsData.ok) return optsData;
  const optsInsn = findArray(tokens.value, "opts_insn", file);
  if (!optsInsn.ok) return optsInsn;
  if (optsInsn.value.length % INSTRUCTION !== 0) {
    return err(missing("opts_insn", `${optsInsn.value.length} bytes are no whole instructions`, file));
  }
  return ok({
    optsData: optsData.value,
    optsInsn: optsInsn.value,
    maps: members(tokens.value, "bpf_map_desc"),
    programs: members(tokens.value, "bpf_prog_desc"),
  });
}

/** Compares the skeleton's shape with the kernel's fixed struct; a difference carries both lists. */
export function checkSkeletonShape(skeleton: LightSkeleton, file: string): Result<void> {
  if (skeleton.maps.join() !== KERNEL_MAPS.join()) {
    return err({
      reason: "skeleton-mismatch",
      what: "maps",
      expected: KERNEL_MAPS,
      found: skeleton.maps,
      file,
    });
  }
  if (skeleton.programs.length !== KERNEL_PROGRAMS) {
    return err({
      reason: "skeleton-mismatch",
      what: "programs",
      expected: ["one program"],
      found: skeleton.programs,
      file,
    });
  }
  return ok(undefined);
}

/** The bytes of `char NAME[] … = "…" "…";`, adjacent literals joined. */
function findArray(tokens: readonly Token[], name: string, file: string): Result<Uint8Array> {
  const starts = tokens.flatMap((token, index) =>
    isWord(token, name) && isPunctuation(tokens[index + 1], "[") ? [index] : [],
  );
  const [start] = starts;
  if (start === undefined) {
    const why = "not in the light skeleton: bpftool's libbpf is too old for programs with kfuncs";
    return err(missing(name, why, file));
  }
  if (starts.length > 1) return err(missing(name, "defined more than once", file));

  let index = start;
  while (!isPunctuation(tokens[index], "=")) {
    if (index >= tokens.length || isPunctuation(tokens[index], ";")) {
      return err(missing(name, "declared without a value", file));
    }
    index += 1;
  }
  const parts: Uint8Array[] = [];
  for (index += 1; ; index += 1) {
    const token = tokens[index];
    if (token?.kind === "string") parts.push(token.bytes);
    else if (isPunctuation(token, ";")) break;
    else return err(missing(name, "its value is no string literal", file));
  }
  const bytes = Buffer.concat(parts);
  return bytes.length === 0 ? err(missing(name, "empty", file)) : ok(bytes);
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

function missing(array: string, detail: string, file: string): Failure {
  return { reason: "missing-array", array, detail, file };
}
