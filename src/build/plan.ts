import type { AbiFinding } from "#abi/detect.ts";
import type { PerPart } from "#abi/parts.ts";
import type { RevisionProfile } from "#abi/revisions.ts";
import type { EventSink } from "#core/events.ts";
import type { Result } from "#core/result.ts";
import type { Btf } from "#formats/btf/btf.ts";
import type { ImageSizes } from "#generate/image-size.ts";
import type { Target } from "#generate/target.ts";
import type { Architecture } from "#kernel-image/architecture.ts";
import type { KernelIdentity } from "#kernel-image/identity.ts";
import type { Toolchain } from "#toolchain/toolchain.ts";
import type { KernelHeaders } from "./kernel-headers/kernel-headers.ts";
import type { SkeletonSigning } from "./request.ts";

/** Where the kernel's types come from. Paths are absolute. */
export type TypesSource =
  /** Raw BTF; `read` decodes it, at most once a run. */
  | { readonly kind: "btf"; readonly file: string; readonly read: () => Promise<Result<Btf>> }
  /** A vmlinux.h of the user's, taken as it is. */
  | { readonly kind: "header"; readonly file: string };

/** What goes into an envelope: absolute paths, and the command line's text. */
export type EnvelopeInputs = PerPart<string>;

/** Proves parsers from outside of the build: `api/` has it, which knows the prover. */
export type Prover = {
  /** Of the prover and its specification: another one proves anew. */
  readonly identity: string;
  /** Writes the certificate of a container. Errors: `not-proven`; those of solvers and files. */
  readonly prove: (container: string, certificate: string, signal: AbortSignal) => Promise<Result<void>>;
};

/** Everything that the rules are made from: the request with all that had to be found out. */
export type Plan = {
  readonly out: string;
  /** The kernel that the build is for: the files that it was made from, and what they say of themselves. */
  readonly kernel: {
    readonly vmlinux: string | undefined;
    readonly image: string | undefined;
    readonly initramfs: string | undefined;
    readonly tree: string | undefined;
    /** By its BTF's file: the kernel that will run the parsers. */
    readonly identity: KernelIdentity;
    /** Of the image that was measured: the kernel that will be parsed. */
    readonly imageRelease: string | undefined;
  };
  /** Folders with targets of the user's own. */
  readonly targetFolders: readonly string[];
  /** What the manifests say of this program. */
  readonly program: { readonly version: string; readonly folder: string };
  readonly sourceDateEpoch: string | undefined;
  readonly arch: Architecture;
  readonly abi: AbiFinding;
  readonly profile: RevisionProfile;
  readonly sizes: ImageSizes;
  readonly targets: ReadonlyMap<string, Target>;
  readonly toolchain: Toolchain;
  /** By target: what its source is made from, the body first. */
  readonly templateFiles: ReadonlyMap<string, readonly string[]>;
  readonly types: TypesSource;
  /** Makes the full `vmlinux.h`, and takes notes about it. Undefined: bpftool does, each time. */
  readonly headers: { readonly maker: KernelHeaders; readonly emit: EventSink } | undefined;
  /** The tree's helper documentation and the script that makes a header of it. */
  readonly helperDocs: { readonly header: string; readonly script: string } | undefined;
  readonly bytecodeObject: "direct" | "compiled";
  readonly seedPayloadSize: boolean;
  readonly signing: SkeletonSigning | undefined;
  /** Undefined where no proof is asked for. */
  readonly prover: Prover | undefined;
  /** Undefined where no goal asks for `zboot_image.elf`. */
  readonly envelope: EnvelopeInputs | undefined;
  /** Whether a goal could. */
  readonly mayPack: boolean;
};
