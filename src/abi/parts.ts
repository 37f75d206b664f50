/**
 * What a stream may carry, in canonical order (docs/spec.md, "What a parser emits"). Names that a revision, a parser's source or a
 * command line derive from a part stand here alone; reference parsers, templates and mutations have copies of their own, on
 * purpose: they are witnesses.
 */
const ROWS = [
  { name: "kernel", subcommand: "KERNEL", number: 1, ring: "ringbuf_1", text: false },
  { name: "initrd", subcommand: "INITRD", number: 2, ring: "ringbuf_2", text: false },
  { name: "cmdline", subcommand: "CMDLINE", number: 3, ring: "ringbuf_3", text: true },
] as const;

export type PartName = (typeof ROWS)[number]["name"];

/** `subcmd` of a part's command, as C names it behind `SUBCMD_`. */
export type Subcommand = (typeof ROWS)[number]["subcommand"];

export type Part = {
  readonly name: PartName;
  readonly subcommand: Subcommand;
  /** The subcommand's number, the same in every revision. */
  readonly number: number;
  /** The ring whose one record carries it. */
  readonly ring: string;
  /** The macro of `image_size.h` with the largest payload of its record, in bytes, and that with the ring's size. */
  readonly sizeMacro: string;
  readonly ringMacro: string;
  /** The option that bounds it: `--max-kernel`. */
  readonly option: string;
  /** A text, which ends in a NUL. */
  readonly text: boolean;
};

/** One value for each part. */
export type PerPart<T> = { readonly [Name in PartName]: T };

export const PARTS: readonly Part[] = ROWS.map((row) => ({
  ...row,
  sizeMacro: `${row.subcommand}_SIZE`,
  ringMacro: `${row.subcommand}_RING_SIZE`,
  option: `--max-${row.name}`,
}));

export function perPart<T>(value: (part: Part, index: number) => T): PerPart<T> {
  const values: Partial<Record<PartName, T>> = {};
  for (const [index, part] of PARTS.entries()) values[part.name] = value(part, index);
  return values as PerPart<T>;
}

/** The values of all parts; undefined where one of them is missing. */
export function ofEveryPart<T>(values: PerPart<T | undefined>): PerPart<T> | undefined {
  return PARTS.some(({ name }) => values[name] === undefined) ? undefined : (values as PerPart<T>);
}

export function partNamed(name: string): Part | undefined {
  return PARTS.find((part) => part.name === name);
}
