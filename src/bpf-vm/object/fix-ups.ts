import { Errno } from "#bpf-vm/errno.ts";
import { Refusal } from "#bpf-vm/loader/failure.ts";
import { type MapDefinition, MapType } from "#bpf-vm/maps/definition.ts";
import { powerOfTwoAtLeast } from "#bytes/align.ts";

/*
 * What libbpf changes in an object, or refuses, on the way to a light skeleton (`bpf_object__open()`, then
 * `bpf_object__load()` with a `gen_loader`), and where each is done here:
 *
 *   maps in the order of their places (btf_fixup_datasec)                      clang's BTF has them so
 *   unknown members of a map's definition, and a map without a type: refused   here (parse_btf_map_def)
 *   a `maps` section of libbpf before 1.0: refused                             here (bpf_object__elf_collect)
 *   ring buffers of a power of two of pages (adjust_ringbuf_sz)                here
 *   a perf event array of no size has a slot a CPU (map_set_def_max_entries)   here
 *   maps in maps hold descriptors of four bytes                                here
 *   `.rodata*` and `.kconfig`: not for programs to write, and frozen           object-maps.ts
 *   data with a variable that others see: BPF_F_MMAPABLE (map_is_mmapable),    object-maps.ts
 *   hidden ones counting as static
 *   `SEC("?…")`: not loaded unless asked for (bpf_object__init_prog)           load-object.ts
 *   a static function in a program's section: refused                          load-object.ts
 *   functions of .text behind the programs that call them, their debug         link.ts, load-object.ts
 *   records moved along
 *   a weak kfunc or symbol that the kernel lacks is 0                          link.ts
 *
 * It does for a light skeleton nothing that depends on the building machine's kernel: every feature is taken to be there.
 * Names of maps, which it cuts to 15 characters, stay whole here, and visibility of functions is for a verifier.
 */

/** Members of a map's definition in `.maps` that libbpf knows. */
const KNOWN: ReadonlySet<string> = new Set([
  ...["type", "max_entries", "map_flags", "numa_node", "map_extra", "pinning"],
  ...["key_size", "key", "value_size", "value", "values"],
]);

/** Of `enum bpf_map_type`, beside those that are modelled. */
const PERF_EVENT_ARRAY = 4;
const ARRAY_OF_MAPS = 12;
const HASH_OF_MAPS = 13;
const USER_RINGBUF = 31;

/** Of the virtual machine. */
const CPUS = 1;

const UINT_MAX = 0xffff_ffff;

/** @throws Refusal (-EOPNOTSUPP) for a member that libbpf does not know */
export function checkMapMember(map: string, member: string): void {
  if (KNOWN.has(member)) return;
  throw new Refusal(Errno.EOPNOTSUPP, `map ${map}: libbpf knows no ${member}`);
}

/** @throws Refusal (-EOPNOTSUPP) for maps that are declared as before libbpf 1.0 */
export function checkSections(names: readonly string[]): void {
  if (!names.includes("maps")) return;
  throw new Refusal(
    Errno.EOPNOTSUPP,
    'libbpf 1.0 and newer takes no maps in SEC("maps"), but in SEC(".maps")',
  );
}

/**
 * A map's definition as libbpf hands it to the kernel.
 *
 * @param pageSize bytes
 * @throws Refusal (-EINVAL) for a map without a type
 */
export function fixedUp(map: MapDefinition, pageSize: number): MapDefinition {
  switch (map.type) {
    case 0:
      throw new Refusal(Errno.EINVAL, `map ${map.name} has no type`);
    case MapType.RINGBUF:
    case USER_RINGBUF:
      return { ...map, maxEntries: ringSize(map.maxEntries, pageSize) };
    case PERF_EVENT_ARRAY:
      return { ...map, maxEntries: map.maxEntries === 0 ? CPUS : map.maxEntries };
    case ARRAY_OF_MAPS:
    case HASH_OF_MAPS:
      return { ...map, valueSize: map.valueSize === 0 ? 4 : map.valueSize };
    default:
      return map;
  }
}

/**
 * The least power of two of pages that holds `size` bytes. Nothing stays nothing, and what has no such size stays as it is: for the
 * kernel to refuse.
 */
function ringSize(size: number, pageSize: number): number {
  if (size === 0) return 0;
  const bytes = pageSize * powerOfTwoAtLeast(Math.ceil(size / pageSize));
  return bytes > UINT_MAX ? size : bytes;
}
