import { Unwritten } from "./unwritten.ts";

/** Types inside each other, by members, pointers to what has no name and prototypes; kernels have some tens. */
const MAX_DEPTH = 800;
/** For each type; kernels take three. Prototypes that share prototypes can ask for 2^100. */
const MAX_STEPS_EACH = 100;

/** Bounds walks over types, whose ways a hostile file can make as many and as long as it likes. */
export class Steps {
  #left: number;
  #depth = 0;

  constructor(types: number) {
    this.#left = MAX_STEPS_EACH * (types + 100);
  }

  enter(): void {
    if (++this.#depth > MAX_DEPTH) throw new Unwritten("types that nest too deep");
    if (--this.#left < 0) throw new Unwritten("types that use each other in too many ways");
  }

  leave(): void {
    this.#depth--;
  }
}
