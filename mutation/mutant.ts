/** One change of the program: within `file`, the text from `start` to `end` becomes `replacement`. */
export type Mutant = {
  readonly id: number;
  /** From the project's root, with slashes. */
  readonly file: string;
  readonly line: number;
  readonly start: number;
  readonly end: number;
  readonly form: "expression" | "statement";
  readonly original: string;
  readonly replacement: string;
};

export type Outcome = "killed" | "timeout" | "survived" | "uncovered";

/** Whitespace as one blank, long texts cut in the middle: a name that a moved or reformatted line keeps. */
function short(text: string): string {
  const flat = text.replaceAll(/\s+/g, " ");
  return flat.length <= 100 ? flat : `${flat.slice(0, 60)} … ${flat.slice(-36)}`;
}

/**
 * What mutants are called in reports and in the list of equivalents. Where one file has the same change more than once, the
 * later ones are numbered.
 */
export function namesOf(mutants: readonly Mutant[]): ReadonlyMap<number, string> {
  const copies = new Map<string, number>();
  return new Map(
    mutants.map((mutant) => {
      const name = `${mutant.file}: ${short(mutant.original)} → ${short(mutant.replacement) || "nothing"}`;
      const copy = (copies.get(name) ?? 0) + 1;
      copies.set(name, copy);
      return [mutant.id, copy === 1 ? name : `${name} (${copy})`];
    }),
  );
}
