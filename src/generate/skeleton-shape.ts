import { err, ok, type Result } from "#core/result.ts";
import type { LightSkeleton } from "#formats/light-skeleton/light-skeleton.ts";

/**
 * `struct kexec_pe_parser_bpf` in the series' kernel (docs/spec.md, "The kernel's side"): the loader
 * program stores file descriptors by position, so another order silently mixes them up.
 */
const KERNEL_MAPS: readonly string[] = [
  "ringbuf_1",
  "ringbuf_2",
  "ringbuf_3",
  "ringbuf_4",
  "rodata",
  "data",
  "rodata_str1_1",
  "bss",
];

const KERNEL_PROGRAMS = 1;

/** Compares the skeleton's shape with the kernel's fixed struct; a difference carries both lists. */
export function checkSkeletonShape(skeleton: LightSkeleton, file: string): Result<void> {
  if (skeleton.maps.join() !== KERNEL_MAPS.join()) {
    return err({
      reason: "skeleton-mismatch",
      what: "maps",
      expected: KERNEL_MAPS,
      found: skeleton.maps,
      file,
    });
  }
  if (skeleton.programs.length !== KERNEL_PROGRAMS) {
    return err({
      reason: "skeleton-mismatch",
      what: "programs",
      expected: ["one program"],
      found: skeleton.programs,
      file,
    });
  }
  return ok(undefined);
}
