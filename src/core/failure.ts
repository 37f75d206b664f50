/**
 * The catalogue of expected failures. Each has a `reason` tag and carries facts, never prose with
 * line breaks or colours: `report/failure-text.ts` is the one place that turns them into words.
 */
export type Failure =
  | Malformed
  | Unsupported
  | AbiMismatch
  | SkeletonMismatch
  | MissingArray
  | ToolMissing
  | ToolTooOld
  | ToolFailed
  | InputNotFound
  | FileFailed
  | SizeExceeded
  | NotDecomposed
  | NotLoaded
  | ParserMisbehaved
  | GuestFailed
  | NotBooted
  | SignatureFailed
  | BadTarget
  | BadFleet
  | BadReference
  | NotProven
  | UnknownGoal
  | Usage
  | Cancelled;

/** Bytes that do not keep to their format. */
export type Malformed = {
  readonly reason: "malformed";
  /** The format's name as its specification writes it: `ELF`, `PE`, `BTF`, `zboot`. */
  readonly format: string;
  /** The part of the format: `file header`, `section 3`, `.BTF string section`. */
  readonly section: string;
  /** Byte offset in the outermost file, or in the layer. */
  readonly offset: number;
  readonly detail: string;
  readonly layer?: Layer;
  readonly file?: string;
};

/** What was decompressed on the way to the fault: `the gzip stream at offset 0x0`. Offsets count from its first byte. */
export type Layer = string;

/** Well-formed input that asks for something this version does not do. */
export type Unsupported = {
  readonly reason: "unsupported";
  readonly what: string;
  readonly detail: string;
  readonly layer?: Layer;
  readonly file?: string;
};

/** The target kernel's BTF disagrees with the chosen revision of the interface. */
export type AbiMismatch = {
  readonly reason: "abi-mismatch";
  readonly revision: string;
  /** One line a difference, naming the type and the member or the kfunc. */
  readonly differences: readonly string[];
  readonly file?: string;
};

/** The light skeleton's maps or programs are not the ones that the kernel's fixed struct has. */
export type SkeletonMismatch = {
  readonly reason: "skeleton-mismatch";
  readonly what: "maps" | "programs";
  readonly expected: readonly string[];
  readonly found: readonly string[];
  readonly file: string;
};

/** An array that must be in the light skeleton is absent, empty or of the wrong length. */
export type MissingArray = {
  readonly reason: "missing-array";
  readonly array: string;
  readonly detail: string;
  readonly file?: string;
};

export type ToolMissing = {
  readonly reason: "tool-missing";
  readonly tool: string;
  readonly tried: readonly string[];
  /** The one command that mends it, where the distribution is known. */
  readonly remedy?: string;
};

export type ToolTooOld = {
  readonly reason: "tool-too-old";
  readonly tool: string;
  readonly path: string;
  readonly version: string;
  readonly needed: string;
  readonly remedy?: string;
};

/** A child process that did not end with exit status 0. */
export type ToolFailed = {
  readonly reason: "tool-failed";
  readonly tool: string;
  /** The command as a shell would take it. */
  readonly command: string;
  /** `exit status 1`, `signal SIGSEGV`, `no end after 600 s`. */
  readonly ended: string;
  /** The limit that it was ended at. */
  readonly limit?: "time" | "output";
  /** The environment variable that changes this limit. */
  readonly variable?: string;
  /** All that the tool wrote to stderr (and stdout where it was not data). */
  readonly log: string;
};

export type InputNotFound = {
  readonly reason: "input-not-found";
  readonly what: string;
  readonly tried: readonly string[];
  /** The options or variables that name it. */
  readonly hint: string;
};

/** A system call on a file failed. */
export type FileFailed = {
  readonly reason: "file-failed";
  readonly operation: "open" | "read" | "write" | "rename" | "remove" | "create folder";
  readonly file: string;
  /** The errno's name, such as `ENOENT`. */
  readonly code: string;
  /** How to have another file in its place: an option. */
  readonly hint?: string;
};

export type SizeExceeded = {
  readonly reason: "size-exceeded";
  readonly what: string;
  readonly size: number;
  readonly limit: number;
  /** The field that gives the size, as in `Malformed`. */
  readonly field?: { readonly section: string; readonly offset: number };
  readonly layer?: Layer;
  readonly file?: string;
};

/** The kernel's loader would not get kernel, initrd and command line out of an image. */
export type NotDecomposed = {
  readonly reason: "not-decomposed";
  /** The parser's stage, as in `layer 1, .bpf.2`; `container`, `image` or `result` outside of one. */
  readonly stage: string;
  /** The command that the kernel refuses: its position in the stage's stream, from 0. */
  readonly command?: number;
  readonly detail: string;
  /** Why, one level down: the decompressor's failure, or that of each parser which was tried. */
  readonly causes: readonly Failure[];
  readonly file?: string;
};

/** A BPF program that the kernel would not load. */
export type NotLoaded = {
  readonly reason: "not-loaded";
  /** Which one of its file: a container's `.bpf.1`. */
  readonly program?: string;
  readonly detail: string;
  /** What the kernel's calls said, the last one last. */
  readonly causes: readonly string[];
  readonly file?: string;
};

/** A parser did, in a run of its bytecode, what no parser may do. */
export type ParserMisbehaved = {
  readonly reason: "parser-misbehaved";
  readonly detail: string;
  /** The line of its source, where debug information tells it. */
  readonly source: { readonly file: string; readonly line: number; readonly text: string } | null;
  readonly file?: string;
};

/** The virtual machine with the kernel under test did not do its work. */
export type GuestFailed = {
  readonly reason: "guest-failed";
  readonly detail: string;
  /** All that the kernel wrote to its console. */
  readonly console: string;
};

/** A kernel that kexec was to boot did not come up, or not as it should. */
export type NotBooted = {
  readonly reason: "not-booted";
  readonly detail: string;
  /** All that the first kernel and this one wrote to the console. */
  readonly console: string;
};

/** A signature that cannot be made, or one that does not hold. */
export type SignatureFailed = {
  readonly reason: "signature-failed";
  readonly detail: string;
  readonly file: string;
  /** Byte offset of the signature in the file, where there is one. */
  readonly signatureAt?: number;
  /** What openssl said, where that tells more. */
  readonly log?: string;
};

/** A target description or template of the user's own that cannot be used. */
export type BadTarget = {
  readonly reason: "bad-target";
  readonly target: string;
  readonly detail: string;
  readonly file?: string;
};

/** A FLEET.json that cannot be used, or folders of a fleet that do not belong together. */
export type BadFleet = {
  readonly reason: "bad-fleet";
  readonly file: string;
  /** One line each, with the place in the file. */
  readonly problems: readonly string[];
};

/** A reference parser of the user's own that is at fault itself: nothing can be judged by it. */
export type BadReference = {
  readonly reason: "bad-reference";
  readonly file: string;
  readonly detail: string;
};

/** A parser that is not proven: something is refuted, or was not decided. */
export type NotProven = {
  readonly reason: "not-proven";
  readonly file: string;
  /** What is open, in one line. */
  readonly detail: string;
};

export type UnknownGoal = {
  readonly reason: "unknown-goal";
  readonly goal: string;
  readonly known: readonly string[];
};

export type Usage = { readonly reason: "usage"; readonly detail: string };

export type Cancelled = { readonly reason: "cancelled"; readonly signal: string };

/** Names the file in a failure that came from pure code, which knows only bytes. */
export function inFile<F extends Failure>(failure: F, file: string): F {
  return "file" in failure && failure.file !== undefined ? failure : { ...failure, file };
}

/** Names the layer in a failure about bytes that were decompressed; undefined leaves the failure to the file itself. */
export function inLayer<F extends Malformed | Unsupported | SizeExceeded>(
  failure: F,
  layer: Layer | undefined,
): F {
  return layer === undefined || failure.layer !== undefined ? failure : { ...failure, layer };
}
