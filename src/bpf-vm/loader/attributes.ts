import { Errno } from "#bpf-vm/errno.ts";
import { ByteReader, latin1 } from "#bytes/reader.ts";
import { Refusal } from "./failure.ts";

/** Numbers of `enum bpf_cmd` that a loader program may use. Source: `include/uapi/linux/bpf.h`. */
export const BpfCommand = {
  MAP_CREATE: 0,
  MAP_UPDATE_ELEM: 2,
  PROG_LOAD: 5,
  BTF_LOAD: 18,
  MAP_FREEZE: 22,
} as const;

/*
 * union bpf_attr, offsets in bytes of the fields that are looked at; pointers and flags have eight bytes,
 * names sixteen, everything else four:
 *
 *   MAP_CREATE        0 map_type  4 key_size  8 value_size  12 max_entries  16 map_flags  28 map_name
 *   MAP_UPDATE_ELEM   0 map_fd  8 key  16 value  24 flags
 *   MAP_FREEZE        0 map_fd
 *   BTF_LOAD          0 btf  16 btf_size
 *   PROG_LOAD         0 prog_type  4 insn_cnt  8 insns  48 prog_name  68 expected_attach_type  72 prog_btf_fd
 *                    76 func_info_rec_size  80 func_info  88 func_info_cnt  92 line_info_rec_size
 *                    96 line_info  104 line_info_cnt  108 attach_btf_id  116 core_relo_cnt
 *                   120 fd_array  128 core_relos  136 core_relo_rec_size
 */

/** Where the last field that each command knows ends, in bytes; what stands behind must be zero. */
const ENDS: Readonly<Record<number, number>> = {
  [BpfCommand.MAP_CREATE]: 88,
  [BpfCommand.MAP_UPDATE_ELEM]: 32,
  [BpfCommand.MAP_FREEZE]: 4,
  [BpfCommand.BTF_LOAD]: 32,
  [BpfCommand.PROG_LOAD]: 152,
};

const NAME_SIZE = 16;

/** A `union bpf_attr` as one command reads it; fields behind its end are zero, as in the kernel. */
export class Attributes {
  readonly #reader: ByteReader;

  /** @throws Refusal (-E2BIG, as `bpf_check_uarg_tail_zero`) where an unknown field is set */
  constructor(command: number, bytes: Uint8Array) {
    const end = ENDS[command] ?? 0;
    if (bytes.subarray(end).some((byte) => byte !== 0)) {
      throw new Refusal(Errno.E2BIG, `a field behind byte ${end} of the attributes is set`);
    }
    const whole = new Uint8Array(Math.max(end, 160));
    whole.set(bytes.subarray(0, end));
    this.#reader = new ByteReader(whole, { format: "bpf_attr", section: "attributes" });
  }

  u32(offset: number): number {
    return this.#reader.u32(offset);
  }

  /** A pointer. */
  u64(offset: number): bigint {
    return this.#reader.u64(offset);
  }

  name(offset: number): string {
    const bytes = this.#reader.slice(offset, NAME_SIZE);
    const end = bytes.indexOf(0);
    if (end < 0) throw new Refusal(Errno.EINVAL, "a name that does not end");
    return latin1(bytes.subarray(0, end));
  }
}
