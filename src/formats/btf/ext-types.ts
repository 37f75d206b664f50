/** Records of one of the object's code sections. */
export type ExtSection<Item> = {
  /** The ELF section's name: `fentry.s/kexec_image_parser_anchor`. */
  readonly section: string;
  /** In the file's order; at least one. */
  readonly records: readonly Item[];
};

/** A function begins. */
export type FunctionInfo = {
  /** Bytes from the section's start, a multiple of 8. */
  readonly offset: number;
  /** The BTF id of a `func`. */
  readonly type: number;
};

/** An instruction comes from another source line than the one before it. */
export type LineInfo = {
  /** Bytes from the section's start, a multiple of 8. */
  readonly offset: number;
  /** As the compiler was given it. */
  readonly file: string;
  /** The source line's text, "" where the compiler could not read it. */
  readonly text: string;
  /** Counts from 1 (0: none), below 2^22. */
  readonly line: number;
  /** Counts from 1 (0: none), below 2^10. */
  readonly column: number;
};

/**
 * What a CO-RE relocation asks of the target kernel's types, by number (0 to 12).
 * Source: the kernel's `include/uapi/linux/bpf.h`, `enum bpf_core_relo_kind`.
 */
export const CORE_KINDS = [
  "field-byte-offset",
  "field-byte-size",
  "field-exists",
  "field-signed",
  "field-lshift-u64",
  "field-rshift-u64",
  "type-id-local",
  "type-id-target",
  "type-exists",
  "type-size",
  "enumval-exists",
  "enumval-value",
  "type-matches",
] as const;

export type CoreKind = (typeof CORE_KINDS)[number];

/** An instruction whose immediate or offset depends on the kernel that loads the program. */
export type CoreRelocation = {
  /** Bytes from the section's start, a multiple of 8. */
  readonly offset: number;
  /** The BTF id of the type in the program. */
  readonly type: number;
  /** Member and array indices from that type on, `0:3:0`; `0` for a whole type. */
  readonly access: string;
  readonly kind: CoreKind;
};

/** A decoded `.BTF.ext` section. */
export type BtfExt = {
  readonly functions: readonly ExtSection<FunctionInfo>[];
  readonly lines: readonly ExtSection<LineInfo>[];
  readonly relocations: readonly ExtSection<CoreRelocation>[];
};
