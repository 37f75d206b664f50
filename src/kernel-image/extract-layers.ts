import { KERNEL_PARTS } from "./layer.ts";

/**
 * What is taken: `linux`, `initrd` and `cmdline` are a UKI's or envelope's parts, byte for byte; `image` is what boots, a
 * bzImage or an Image; `vmlinux` is the ELF file, as it stands in a bzImage or compressed.
 */
export const EXTRACT_LAYERS = [...KERNEL_PARTS, "image", "vmlinux"] as const;
export type ExtractLayer = (typeof EXTRACT_LAYERS)[number];
