import type { SourcePlace } from "./coverage.ts";
import type { Failure, Malformed } from "./failure.ts";

/**
 * What `kexec-bpf verify` finds, as plain data: `verify/` makes it, `report/` shows it. It is also the JSON that
 * machines get (docs/verify.md), so what is absent is `null`.
 */
export type Verification = {
  readonly schema: 1;
  /** `exact`: streams byte by byte. `effect`: what the kernel makes of them. */
  readonly comparison: "exact" | "effect";
  /** Whether each image was also tried on every fault path. */
  readonly faultPaths: boolean;
  /** What the user says that the images are; null where nothing is said. */
  readonly expect: Acceptance | null;
  readonly parsers: readonly ParserRecord[];
  /** Those that were judged on. */
  readonly images: readonly ImageRecord[];
  /** One for each image and parser, by image. */
  readonly verdicts: readonly VerdictRecord[];
  /** What v7's loader would make of each container and image, by image; those of a corpus are for single parsers. */
  readonly loads: readonly LoadRecord[];
  /** What could not be judged, because it cannot be read, compiled or loaded. */
  readonly errors: readonly ErrorRecord[];
  /** Images. */
  readonly counts: { readonly judged: number; readonly accepted: number; readonly refused: number };
  /** Why the whole proves less than was asked for, whatever the verdicts are. */
  readonly shortfalls: readonly Shortfall[];
};

/** What is right for an image: parts are sent for it, or nothing is. */
export type Acceptance = (typeof ACCEPTANCES)[number];

export const ACCEPTANCES = ["accepted", "refused"] as const;

export type ErrorRecord = {
  readonly what: "parser" | "image" | "verification";
  /** The file as the user named it; that of a verification is empty. */
  readonly name: string;
  readonly failure: Failure;
};

/** A container and an image, walked through as the kernel's loader does. */
export type LoadRecord = {
  /** `file` of a `ParserRecord`. */
  readonly container: string;
  /** `file` of an `ImageRecord`. */
  readonly image: string;
  /** `refused`: as it should be; `fails`: the image is one that the container's own parser is for, and could be loaded. */
  readonly outcome: "loads" | "refused" | "fails";
  /** Why it does not load; null where it does. */
  readonly failure: Failure | null;
};

export type Shortfall =
  /** A container cannot take an image to the end that its own parser is for. */
  | {
      readonly kind: "load-fails";
      readonly container: string;
      readonly image: string;
      readonly failure: Failure;
    }
  /** An image is not what `expect` says. */
  | { readonly kind: "unexpected"; readonly image: string; readonly expected: Acceptance }
  /** No image is one for these parsers. */
  | { readonly kind: "nothing-judged"; readonly images: number }
  /** Every image was refused, and nothing says that this is as it should be. */
  | { readonly kind: "nothing-accepted"; readonly images: number };

export type ParserRecord = {
  /** The file as the user named it, with `.bpf.nested` behind it for the parser of the next layer. */
  readonly name: string;
  readonly file: string;
  readonly sha256: string;
  readonly form: string;
  readonly revision: string;
  readonly reference: string;
  /** The largest parts that its records have room for, in bytes. */
  readonly limits: { readonly kernel: number; readonly initrd: number; readonly cmdline: number };
  /** On whose word: `options`, a path of `image_size.h`, `ring buffers`. */
  readonly limitsFrom: string;
};

export type ImageRecord = {
  readonly file: string;
  /** Bytes. */
  readonly size: number;
  readonly sha256: string;
  /** What the case's description says it is for. */
  readonly why: string | null;
  /** Of the reference parsers, whether one takes it: a parser that disagrees has a finding. */
  readonly outcome: Acceptance;
};

export type VerdictRecord = {
  /** `name` of a `ParserRecord`. */
  readonly parser: string;
  /** `file` of an `ImageRecord`. */
  readonly image: string;
  readonly ok: boolean;
  /** What was sent in the undisturbed run. */
  readonly commands: readonly { readonly title: string; readonly size: number }[];
  /** Why the reference parser sends nothing; null where it does send. */
  readonly refusal: Failure | null;
  /** Runs with something denied: how many there were, and how many without a finding. */
  readonly faultPaths: { readonly passed: number; readonly run: number };
  readonly findings: readonly FindingRecord[];
};

/** One thing that is wrong; the same thing in several runs is one finding. */
export type FindingRecord = {
  /** The runs that show it, in words: `undisturbed`, `2nd reserve fails`. */
  readonly runs: readonly string[];
  /** Null without debug information, and where no line is to blame. */
  readonly source: SourcePlace | null;
  /** Lines of the trace log of the first of the runs. */
  readonly trace: readonly string[];
} & FindingFacts;

export type FindingKind = FindingFacts["kind"];

/** The line that stored the wrong byte, that handed the command over, or where a parser spoke last. */
export type SourceRole = "writer" | "sender" | "last words";

export type FindingFacts =
  /** The program did what no program may do. */
  | {
      readonly kind: "fault";
      readonly reason: string;
      readonly detail: string;
      /** Its 8-byte slot. */
      readonly instruction: number;
      readonly callee: string | null;
    }
  /** The program asked for something of the kernel's that the virtual machine does not follow: nothing is known of it from there on. */
  | {
      readonly kind: "not-modelled";
      readonly detail: string;
      /** Its 8-byte slot. */
      readonly instruction: number;
      readonly callee: string | null;
    }
  /** A record or parser context that was not given back. */
  | { readonly kind: "leak"; readonly what: "record" | "parser-context"; readonly name: string }
  /** A read that reaches beyond the image. Sizes in bytes. */
  | {
      readonly kind: "stray-read";
      readonly offset: number;
      readonly size: number;
      readonly imageSize: number;
    }
  /** A buffer that is no command. */
  | {
      readonly kind: "malformed";
      readonly index: number;
      readonly failure: Malformed;
      /** Hexdump of the buffer around the place. */
      readonly emitted: readonly string[];
    }
  /** A command after one that the kernel had refused. */
  | { readonly kind: "went-on"; readonly index: number }
  /** The reference parser itself is at fault: one of the user's own that throws, or gives what is no answer. */
  | { readonly kind: "bad-reference"; readonly detail: string }
  | {
      readonly kind: "difference";
      /** Position of the command, from 0; null where the difference belongs to no one command. */
      readonly index: number | null;
      /** `command`, `subcommand`, `pipeline`, `payload`; of effects: `kernel`, `next buffer 0`, … */
      readonly field: string;
      /** What each side has there, in words. */
      readonly expected: string;
      readonly emitted: string;
      /** The first byte that differs, with hexdumps of each side around it. */
      readonly bytes: {
        readonly offset: number;
        readonly expected: readonly string[];
        readonly emitted: readonly string[];
      } | null;
      /** What `source` is. */
      readonly sourceIs: SourceRole;
    };
