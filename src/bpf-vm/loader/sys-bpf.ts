import { Errno } from "#bpf-vm/errno.ts";
import { FaultSignal } from "#bpf-vm/fault.ts";
import {
  creationProblem,
  elementStride,
  isModelled,
  type MapDefinition,
  MapType,
} from "#bpf-vm/maps/definition.ts";
import { decodeBtf } from "#formats/btf/decode.ts";
import { Attributes, BpfCommand } from "./attributes.ts";
import { Refusal } from "./failure.ts";
import { type KernelView, readKernel } from "./kernel-view.ts";
import { loadProgram } from "./prog-load.ts";

/** MAP_DELETE_ELEM, MAP_GET_FD_BY_ID, RAW_TRACEPOINT_OPEN, LINK_CREATE: the kernel's bpf_sys_bpf() lets them pass, too. */
const NOT_MODELLED: readonly number[] = [3, 14, 17, 28];

/** `bpf_sys_bpf`, as far as a light skeleton's loader uses it. Source: the kernel's `kernel/bpf/syscall.c`. */
export class SysBpf {
  /** A sentence for each call that failed. */
  readonly log: string[] = [];
  readonly #options: KernelView;

  constructor(options: KernelView) {
    this.#options = options;
  }

  /** A descriptor or 0; a negative errno where the kernel refuses. @throws FaultSignal (`not-modelled`) */
  call(command: number, bytes: Uint8Array): number {
    if (NOT_MODELLED.includes(command)) {
      throw new FaultSignal({
        reason: "not-modelled",
        detail: `bpf() command ${command} is not modelled here`,
      });
    }
    try {
      return this.#carryOut(command, new Attributes(command, bytes));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.log.push(`${nameOf(command)}: ${error.message}`);
      return -error.errno;
    }
  }

  #carryOut(command: number, attributes: Attributes): number {
    switch (command) {
      case BpfCommand.MAP_CREATE:
        return this.#createMap(attributes);
      case BpfCommand.MAP_UPDATE_ELEM:
        return this.#updateElement(attributes);
      case BpfCommand.MAP_FREEZE: {
        const map = this.#options.objects.get("map", attributes.u32(0));
        map.definition = { ...map.definition, frozen: true };
        return 0;
      }
      case BpfCommand.BTF_LOAD:
        return this.#loadBtf(attributes);
      case BpfCommand.PROG_LOAD: {
        const program = loadProgram(attributes, this.#options);
        return this.#options.objects.add({ kind: "program", program });
      }
      default:
        throw new Refusal(Errno.EINVAL, "no command for a loader program");
    }
  }

  #createMap(attributes: Attributes): number {
    const { objects, pageSize } = this.#options;
    const definition: MapDefinition = {
      type: attributes.u32(0),
      keySize: attributes.u32(4),
      valueSize: attributes.u32(8),
      maxEntries: attributes.u32(12),
      flags: attributes.u32(16),
      name: attributes.name(28),
      frozen: false,
    };
    const problem = creationProblem(definition, pageSize);
    if (problem !== undefined) {
      throw new Refusal(problem.errno, `map ${definition.name}: ${problem.detail}`);
    }
    return objects.add({ kind: "map", place: objects.maps.length, definition });
  }

  #updateElement(attributes: Attributes): number {
    const map = this.#options.objects.get("map", attributes.u32(0));
    const { definition } = map;
    if (definition.frozen) throw new Refusal(Errno.EPERM, `map ${definition.name} is frozen`);
    // Such as the inner maps of a map of maps. Nothing here ever looks at them.
    if (!isModelled(definition)) return 0;
    if (definition.type !== MapType.ARRAY) {
      throw new Refusal(Errno.EOPNOTSUPP, `map ${definition.name} is no array`);
    }
    const key = this.#read("key", attributes.u64(8), definition.keySize);
    const value = this.#read("value", attributes.u64(16), definition.valueSize);
    const index = new DataView(key.buffer, key.byteOffset).getUint32(0, true);
    if (index >= definition.maxEntries) throw new Refusal(Errno.E2BIG, `element ${index}`);
    const stride = elementStride(definition);
    const content = Uint8Array.from(definition.content ?? new Uint8Array(stride * definition.maxEntries));
    content.set(value, index * stride);
    map.definition = { ...definition, content };
    return 0;
  }

  #loadBtf(attributes: Attributes): number {
    const bytes = this.#read("btf", attributes.u64(0), attributes.u32(16));
    const btf = decodeBtf(Uint8Array.from(bytes));
    if (!btf.ok) throw new Refusal(Errno.EINVAL, `${btf.failure.section}: ${btf.failure.detail}`);
    return this.#options.objects.add({ kind: "btf", btf: btf.value });
  }

  #read(what: string, address: bigint, size: number): Uint8Array {
    return readKernel(this.#options.memory, what, address, size);
  }
}

function nameOf(command: number): string {
  return Object.entries(BpfCommand).find(([, value]) => value === command)?.[0] ?? `command ${command}`;
}
