/** In what versions of bpftool differ. */
export type Dialect = {
  /** Types by their names and kinds, rather than in the order of their numbers. */
  readonly sorted: boolean;
  /** Enums of other than four bytes have an attribute. */
  readonly enumModes: boolean;
  /** The kernel's functions for BPF programs are declared after the types: in the order of their tags, or in their own. */
  readonly kfuncs: "by tag" | "by function" | undefined;
  /** Those of them whose calls keep registers are marked. */
  readonly fastcalls: boolean;
  /** A type tag with kind_flag is an attribute of its own. */
  readonly attributes: boolean;
};
