import { Errno } from "#bpf-vm/errno.ts";
import type { MapDefinition } from "#bpf-vm/maps/definition.ts";
import type { LoadedProgram } from "#bpf-vm/program.ts";
import type { Btf } from "#formats/btf/btf.ts";
import { Refusal } from "./failure.ts";

/** A map while it is being loaded. Its place among all maps is how programs name it. */
export type MapObject = { readonly kind: "map"; readonly place: number; definition: MapDefinition };
export type BtfObject = { readonly kind: "btf"; readonly btf: Btf };
export type ProgramObject = { readonly kind: "program"; readonly program: LoadedProgram };
export type KernelObject = MapObject | BtfObject | ProgramObject;

/** The first descriptor that is given out: programs take 0 for "none". */
const FIRST_DESCRIPTOR = 3;

/** What file descriptors stand for. */
export class KernelObjects {
  readonly maps: MapObject[] = [];
  readonly #open = new Map<number, KernelObject>();

  /** The lowest free descriptor, as POSIX has it. */
  add(object: KernelObject): number {
    let descriptor = FIRST_DESCRIPTOR;
    while (this.#open.has(descriptor)) descriptor += 1;
    this.#open.set(descriptor, object);
    if (object.kind === "map") this.maps.push(object);
    return descriptor;
  }

  get<K extends KernelObject["kind"]>(kind: K, descriptor: number): Extract<KernelObject, { kind: K }> {
    const object = this.#open.get(descriptor);
    if (object === undefined) throw new Refusal(Errno.EBADF, `descriptor ${descriptor} is not open`);
    if (object.kind !== kind) {
      throw new Refusal(Errno.EINVAL, `descriptor ${descriptor} is a ${object.kind}, not a ${kind}`);
    }
    return object as Extract<KernelObject, { kind: K }>;
  }

  /** False where it was not open. */
  close(descriptor: number): boolean {
    return this.#open.delete(descriptor);
  }

  /** How many descriptors are open. */
  get open(): number {
    return this.#open.size;
  }
}
