import { ARCHITECTURES } from "#kernel-image/architecture.ts";

/** The Makefile's variables with what they mean here; the environment gives those that are not given. */
export const MAKE_VARIABLES: Readonly<Record<string, string>> = {
  ABI: "auto, v6 or v7",
  ARCH: `${ARCHITECTURES.join(", ")}; default: as the kernel image, else this machine`,
  BPFTOOL: "bpftool to use",
  CLANG: "clang to use",
  CMDLINE: "kernel command line: its length must fit; for zboot_image.elf, its text",
  CROSS_COMPILE: "accepted; clang needs no cross compiler",
  EFI_IMAGE: "zboot or UKI to measure, where there is no uncompressed image; zboot image for zboot_image.elf",
  HOSTCC: "accepted; nothing is compiled for this machine",
  HOSTCFLAGS: "accepted, as HOSTCC",
  INITRAMFS: "initramfs whose size must fit; for zboot_image.elf, its initrd",
  INITRD_ESTIMATE_SIZE: "largest initrd, as the series calls it; MAX_INITRD wins",
  KBUILD_OUTPUT: "where the kernel was built, if not in its tree",
  KERNEL_IMAGE: "kernel image to measure",
  LIBBPF_HEADERS: "folder that has bpf/bpf_helpers.h",
  LLVM: "1, or a version suffix such as -19",
  MAX_INITRD: "largest initrd, such as 128M",
  MAX_KERNEL: "largest kernel, such as 64M",
  O: "output folder, default: the current one; where the kernel was built, too",
  TARGETS: "folder with targets of your own",
  V: "1: show the commands",
  VMLINUX_BTF: "kernel with BTF: ELF, raw BTF, or a compressed kernel",
  VMLINUX_H: "ready vmlinux.h to use",
  srctree: "kernel source tree; default: the one around the current folder",
};
