/** In what versions of bpftool differ. */
export type Dialect = {
  /** Types by their names and kinds, rather than in the order of their numbers. */
  readonly sorted: boolean;
  /** Enums of other than four bytes have an attribute. */
  readonly enumModes: boolean;
  /** The kernel's functions for BPF programs are declared after the types: in the order of their tags, or of their names. */
  readonly kfuncs: "by tag" | "by name" | undefined;
  /** Those of them whose calls keep registers are marked. */
  readonly fastcalls: boolean;
  /** A type tag with kind_flag is an attribute of its own. */
  readonly attributes: boolean;
};

/** As observed of 7.1, 7.5 and 7.8, the versions that Debian has; for those between them, a guess that a comparison has to confirm. */
const DIALECTS: readonly (Dialect & { readonly since: readonly [number, number] })[] = [
  { since: [7, 6], sorted: true, enumModes: true, kfuncs: "by name", fastcalls: true, attributes: true },
  { since: [7, 5], sorted: true, enumModes: true, kfuncs: "by tag", fastcalls: false, attributes: false },
  { since: [7, 2], sorted: false, enumModes: true, kfuncs: undefined, fastcalls: false, attributes: false },
  { since: [0, 0], sorted: false, enumModes: false, kfuncs: undefined, fastcalls: false, attributes: false },
];

/** @param version bpftool's own: `7.5.0` */
export function dialectOf(version: string): Dialect | undefined {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return DIALECTS.find(({ since }) => major > since[0] || (major === since[0] && minor >= since[1]));
}
