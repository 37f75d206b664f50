import type { PerPart } from "#abi/parts.ts";
import type { Revision } from "#abi/revisions.ts";
import type { SizeStep } from "#generate/image-size.ts";
import type { Architecture } from "#kernel-image/architecture.ts";

export type SkeletonSigning = {
  readonly key: string;
  readonly certificate: string;
  /** Sign with a key that kernels do not take, too. */
  readonly allowWeak: boolean;
};

/** A build as the user asked for it: complete, validated, every path absolute. */
export type BuildRequest = {
  readonly out: string;
  /** Targets (`zboot`) and single outputs (`vmlinux.h`); not empty. */
  readonly goals: readonly string[];
  /** Told by the kernel image where it is not given, else this machine's own. */
  readonly arch: Architecture | undefined;
  readonly abi: Revision | "auto";
  readonly kernel: {
    readonly tree: string | undefined;
    readonly kbuildOutput: string | undefined;
    /** What has the BTF; looked for where it is not given. */
    readonly vmlinux: string | undefined;
    /** A ready vmlinux.h to take as it is. */
    readonly vmlinuxHeader: string | undefined;
    /** The kernel image to measure; looked for in the tree where it is not given. */
    readonly image: string | undefined;
  };
  /** Upper bounds in bytes; measured, or defaults, where not given. */
  readonly limits: PerPart<number | undefined> & {
    /** An initramfs to take the initrd's bound from. */
    readonly initramfs: string | undefined;
  };
  /** Bounds that are not given are rounded up to steps; undefined: they stay as measured. */
  readonly sizeStep: SizeStep | undefined;
  readonly tools: {
    readonly clang: string | undefined;
    readonly llvm: string | undefined;
    readonly bpftool: string | undefined;
    readonly libbpfHeaders: string | undefined;
  };
  /** Folders with targets of the user's own. */
  readonly targetFolders: readonly string[];
  /** `direct`: our encoder writes `<p>_bytecode.o`. `compiled`: clang compiles `<p>_bytecode.c`. */
  readonly bytecodeObject: "direct" | "compiled";
  readonly seedPayloadSize: boolean;
  /** Prove each container, and leave its certificate beside it; what cannot be proven fails the build. */
  readonly prove?: boolean;
  /** What to sign the light skeletons with: a private key and its certificate, in files. */
  readonly signing: SkeletonSigning | undefined;
  /** What the goal `zboot_image.elf` is made of; undefined where there is no such goal. */
  readonly envelope:
    | {
        /** Looked for in the tree where it is not given. */
        readonly kernel: string | undefined;
        readonly initrd: string | undefined;
        readonly cmdline: string;
      }
    | undefined;
  /** At least 1. */
  readonly jobs: number;
  /** After a failure, make what does not need what failed; the failures after the first are told as events. */
  readonly keepGoing?: boolean;
  /** Make what is up to date, too. */
  readonly always?: boolean;
};
