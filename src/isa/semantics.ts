/**
 * What an instruction does, without its numbers: the words in which the table (`table.ts`) speaks to
 * the decoder, the disassembler and the executors. Source: RFC 9669, sections 4 and 5, and, where
 * marked "Linux", the kernel's own additions.
 */

/** Two-operand arithmetic, `dst = dst OP source`; `neg` has no source, `mov` ignores the old dst. */
export type AluOperation =
  | "add"
  | "sub"
  | "mul"
  /** Unsigned; by zero gives 0. */
  | "div"
  /** Signed, towards zero; by zero gives 0, and the lowest number by -1 gives itself. */
  | "sdiv"
  | "or"
  | "and"
  /** Shifts use the low 5 (32-bit) or 6 (64-bit) bits of the source. */
  | "lsh"
  | "rsh"
  | "arsh"
  | "neg"
  /** Unsigned; by zero leaves dst (its low half where the width is 32). */
  | "mod"
  /** Signed, with the sign of dst; by zero leaves dst. */
  | "smod"
  | "xor"
  | "mov";

/** `dst TEST source`; `set` is `dst & source` not being zero, the `s` ones compare signed. */
export type JumpTest = "eq" | "ne" | "gt" | "ge" | "lt" | "le" | "set" | "sgt" | "sge" | "slt" | "sle";

export type AtomicOperation = "add" | "or" | "and" | "xor";

/** What the 64 bits of a two-slot LD_IMM64 stand for, by its source field. */
export type Imm64Meaning =
  /** 0: the value itself. */
  | "value"
  /** 1: the map with the file descriptor `imm`. */
  | "map-fd"
  /** 2: the address `high half` bytes into the value of the map with descriptor `imm`. */
  | "map-fd-value"
  /** 3: the address of the kernel variable with BTF id `imm`; the high half is a module's BTF descriptor. */
  | "btf-id"
  /** 4: the address of the function that starts `imm` slots behind this instruction's second slot. */
  | "func"
  /** 5: the map at place `imm` of the load command's `fd_array`. */
  | "map-index"
  /** 6: as `map-fd-value`, by place in `fd_array`. */
  | "map-index-value";

/** Where the second operand comes from: the register `src`, or `imm` sign-extended to the width. */
export type Source = "reg" | "imm";

export type Bytes = 1 | 2 | 4 | 8;
export type Width = 32 | 64;

export type Semantics =
  /** Width 32 uses the low halves and clears the high half of dst. */
  | { readonly kind: "alu"; readonly op: AluOperation; readonly width: Width; readonly source: Source }
  /** dst = the low `bits` of src, sign-extended to the width; width 32 clears the high half. */
  | { readonly kind: "move-signed"; readonly width: Width; readonly bits: 8 | 16 | 32 }
  /** Linux: dst = src moved between the arena's address space and the kernel's; `imm` is to << 16 | from. */
  | { readonly kind: "address-space-cast" }
  /** dst = its low `bits`, in little-endian, big-endian or reversed byte order, zero-extended. */
  | { readonly kind: "byte-order"; readonly to: "le" | "be" | "swap"; readonly bits: 16 | 32 | 64 }
  /** dst = *(src + offset), zero- or sign-extended to 64 bits. */
  | { readonly kind: "load"; readonly bytes: Bytes; readonly signed: boolean }
  /** *(dst + offset) = the low bytes of src, or of `imm` sign-extended. */
  | { readonly kind: "store"; readonly bytes: Bytes; readonly source: Source }
  /** *(dst + offset) OP= src; with `fetch`, src = the old value (zero-extended where `bytes` is 4). */
  | { readonly kind: "atomic"; readonly op: AtomicOperation; readonly bytes: 4 | 8; readonly fetch: boolean }
  /** src and *(dst + offset) change places; what lands in src is zero-extended. */
  | { readonly kind: "exchange"; readonly bytes: 4 | 8 }
  /** If *(dst + offset) equals R0, src goes there; either way R0 = the old value, zero-extended. */
  | { readonly kind: "compare-exchange"; readonly bytes: 4 | 8 }
  /** Linux: dst = *(src + offset), zero-extended, with acquire order. */
  | { readonly kind: "load-acquire"; readonly bytes: Bytes }
  /** Linux: *(dst + offset) = the low bytes of src, with release order. */
  | { readonly kind: "store-release"; readonly bytes: Bytes }
  /** dst = 64 bits from two slots. */
  | { readonly kind: "load-imm64"; readonly meaning: Imm64Meaning }
  /** R0 = big-endian bytes of the packet in R6, at `imm` (and src, where indirect); deprecated. */
  | { readonly kind: "packet-load"; readonly bytes: 1 | 2 | 4; readonly indirect: boolean }
  /** Goes on `distance` slots behind the next instruction: `offset` (ja) or `imm` (gotol). */
  | { readonly kind: "jump"; readonly distance: "offset" | "imm" }
  /** Linux: goes on at the address in dst, which came out of an array of instructions. */
  | { readonly kind: "jump-register" }
  /** As `jump` by `offset`, where the test of the low `width` bits holds. */
  | { readonly kind: "jump-if"; readonly test: JumpTest; readonly width: Width; readonly source: Source }
  /** Linux: jumps by `offset` once the program's time or loop budget is used up. */
  | { readonly kind: "may-goto" }
  /** `helper`: id `imm`. `local`: the function `imm` slots behind the next instruction. `kfunc`: BTF id `imm`, BTF object `offset`. */
  | { readonly kind: "call"; readonly target: "helper" | "local" | "kfunc" }
  /** Calls the address in dst: LLVM writes it for function pointers (before LLVM 19 in another form), no kernel loads it. */
  | { readonly kind: "call-register" }
  | { readonly kind: "exit" };
