import { Errno } from "#bpf-vm/errno.ts";

/** Numbers of `enum bpf_map_type` that this machine can use. Source: `include/uapi/linux/bpf.h`. */
export const MapType = { HASH: 1, ARRAY: 2, PERCPU_ARRAY: 6, RINGBUF: 27 } as const;

/** BPF_MAP_TYPE_INSN_ARRAY, the newest that is known (Linux 6.19); 0 is BPF_MAP_TYPE_UNSPEC. */
const LAST_MAP_TYPE = 34;

/** Whether programs can use such a map here. The kernel's other types can be created, and fault when they are used. */
export function isModelled({ type }: { readonly type: number }): boolean {
  return MODELLED.has(type);
}

const MODELLED: ReadonlySet<number> = new Set(Object.values(MapType));

/** Programs may not write. */
export const BPF_F_RDONLY_PROG = 0x80;
/** Programs may not read. */
export const BPF_F_WRONLY_PROG = 0x100;

/** User space may map the values. */
export const BPF_F_MMAPABLE = 0x400;

/** A map as it was created, with the content that the loader gave it. Sizes in bytes. */
export type MapDefinition = {
  readonly name: string;
  /** `enum bpf_map_type`. */
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: number;
  /** The elements of an array, each at a multiple of `elementStride`. */
  readonly content?: Uint8Array;
  /** What the values are is not known here: to look at one is `not-modelled`. Default false. */
  readonly unknownValues?: boolean;
  /** No further change from outside of the program. */
  readonly frozen: boolean;
};

/** The distance of an array's elements, in bytes. */
export function elementStride(definition: { readonly valueSize: number }): number {
  return Math.ceil(definition.valueSize / 8) * 8;
}

/**
 * Why the kernel would not create this map: the errno and a sentence; undefined where it would.
 * Sources: `array_map_alloc_check`, `htab_map_alloc_check`, `ringbuf_map_alloc` in `kernel/bpf/`.
 */
export function creationProblem(
  map: MapDefinition,
  pageSize: number,
): { readonly errno: number; readonly detail: string } | undefined {
  const invalid = (detail: string) => ({ errno: Errno.EINVAL, detail });
  switch (map.type) {
    case MapType.RINGBUF:
      if (map.keySize !== 0 || map.valueSize !== 0) return invalid("a ring buffer with a key or value size");
      if (map.maxEntries === 0 || (map.maxEntries & (map.maxEntries - 1)) !== 0)
        return invalid(`${map.maxEntries} bytes are no power of two`);
      if (map.maxEntries % pageSize !== 0)
        return invalid(`${map.maxEntries} bytes are no multiple of the page size ${pageSize}`);
      return undefined;
    case MapType.ARRAY:
    case MapType.PERCPU_ARRAY:
      if (map.keySize !== 4) return invalid(`an array with keys of ${map.keySize} bytes`);
      if (map.valueSize === 0 || map.maxEntries === 0) return invalid("an array of nothing");
      if (elementStride(map) * map.maxEntries > 0x40000000)
        return { errno: Errno.E2BIG, detail: `${map.maxEntries} elements of ${map.valueSize} bytes` };
      return undefined;
    case MapType.HASH:
      if (map.keySize === 0 || map.valueSize === 0 || map.maxEntries === 0)
        return invalid("a hash of nothing");
      return undefined;
    default:
      // What else a kernel wants of the types that parsers do not use is not looked at.
      if (map.type > 0 && map.type <= LAST_MAP_TYPE) return undefined;
      return invalid(`map type ${map.type} is none that kernels have`);
  }
}
