import { type BootTestRequest, bootTest } from "#api/boot-test.ts";
import { type CorpusReport, type CorpusRequest, corpus } from "#api/corpus.ts";
import { type FuzzReport, type FuzzRequest, fuzz } from "#api/fuzz.ts";
import { kernelTest } from "#api/kernel-test/kernel-test.ts";
import type { KernelTestReport, KernelTestRequest } from "#api/kernel-test/request.ts";
import { prove } from "#api/prove/prove.ts";
import type { ProveRequest } from "#api/prove/request.ts";
import type { VerifyReport, VerifyRequest } from "#api/verify/request.ts";
import { verify } from "#api/verify/verify.ts";
import type { ProofRecord } from "#core/proof-record.ts";
import { ok, type Result } from "#core/result.ts";
import type { SecondBootReport } from "#guest/second-kernel.ts";
import {
  absolutePath,
  type CallContext,
  completeContext,
  type FileWord,
  fileOf,
  type Sparse,
} from "./context.ts";

const NO_LIMITS = { kernel: undefined, initrd: undefined, cmdline: undefined };

/** The parsers to judge, and on which images. Without images they are judged on the hostile corpus of their references. */
export type VerifyCall = Partial<Omit<VerifyRequest, "parsers" | "images">> & {
  /** `.bpf`, `.o`, `.lskel.h`, `.c`. */
  readonly parsers: readonly FileWord[];
  /** Files and folders. */
  readonly images?: readonly FileWord[];
};

/**
 * Runs parsers over images, undisturbed and with each thing denied that they ask for, and compares what they send with what their
 * references expect. What cannot be judged is in `verification.errors`, and the rest is judged.
 *
 * @returns the verification, whether or not anything is wrong: see `verdicts`, `errors` and `shortfalls`. Failure: `cancelled` alone.
 * @example
 * ```ts
 * const judged = await verify({ parsers: ["out/uki.bpf"], images: ["linux.efi"], expect: "accepted" });
 * const good = judged.ok && judged.value.verification.verdicts.every(({ ok }) => ok);
 * ```
 */
export function verifyParsers(call: VerifyCall, context: CallContext = {}): Promise<Result<VerifyReport>> {
  const around = completeContext(context);
  const request: VerifyRequest = {
    ...{ reference: undefined, expected: undefined, abi: undefined, arch: undefined, btf: undefined },
    ...{ comparison: "exact", faultPaths: true, expect: undefined, limits: NO_LIMITS, include: [] },
    ...{ clang: undefined, libbpfHeaders: undefined, coverage: false, keep: false },
    ...call,
    parsers: call.parsers.map((word) => fileOf(word, around)),
    images: (call.images ?? []).map((word) => fileOf(word, around)),
  };
  return verify(request, around);
}

/** The parsers to prove. */
export type ProveCall = Partial<Omit<ProveRequest, "parsers">> & {
  /** `.bpf`, `.o`, `.lskel.h`, `.c`. */
  readonly parsers: readonly FileWord[];
};

/**
 * Proves for all images that parsers send what is specified and are safe, or finds images that refute it.
 *
 * @returns the record of the proof, whether or not everything is proven: see `programs[].proven` and `errors`. Failures: no solver
 * (`unsupported`, `tool-missing`), `cancelled`.
 * @example
 * ```ts
 * const proof = await prove({ parsers: ["out/uki.bpf"], certificate: "/srv/uki.proof.json" });
 * const proven = proof.ok && proof.value.errors.length === 0 && proof.value.programs.every(({ proven }) => proven);
 * ```
 */
export function proveParsers(call: ProveCall, context: CallContext = {}): Promise<Result<ProofRecord>> {
  const around = completeContext(context);
  const request: ProveRequest = {
    ...{ reference: undefined, safety: false, abi: undefined, arch: undefined, btf: undefined },
    ...{ limits: NO_LIMITS, include: [], clang: undefined, libbpfHeaders: undefined, solver: undefined },
    ...{
      timeout: 60,
      counterexamples: undefined,
      smt2: undefined,
      certificate: undefined,
      html: undefined,
      withTimes: true,
    },
    ...call,
    parsers: call.parsers.map((word) => fileOf(word, around)),
  };
  return prove(request, around);
}

/** The parser to fuzz. Without `runs`, `time` (seconds) or the context's `signal` there is no end. */
export type FuzzCall = Partial<Omit<FuzzRequest, "parser" | "images">> & {
  readonly parser: FileWord;
  /** Good images to start from; default: small built-in ones. */
  readonly images?: readonly FileWord[];
};

/**
 * Looks for images and faults with which a parser does not do what its reference says. Findings are in `saved`, and as files in the
 * corpus folder.
 *
 * @returns the summary of the campaign, or a failure of reading and loading
 */
export function fuzzParser(call: FuzzCall, context: CallContext = {}): Promise<Result<FuzzReport>> {
  const around = completeContext(context);
  const request: FuzzRequest = {
    ...{ corpus: undefined, seed: undefined, runs: undefined, time: undefined, workers: 1, shard: undefined },
    ...{ reference: undefined, abi: undefined, arch: undefined, limits: NO_LIMITS },
    ...call,
    parser: fileOf(call.parser, around),
    images: (call.images ?? []).map((word) => fileOf(word, around)),
  };
  return fuzz(request, around);
}

/**
 * Writes hostile images into a folder, each with its description; all or none.
 *
 * @returns the names of the cases, and what is to be made of each
 */
export function writeCorpus(
  call: Sparse<CorpusRequest, "folder">,
  context: CallContext = {},
): Promise<Result<CorpusReport>> {
  const around = completeContext(context);
  const defaults = {
    format: undefined,
    reference: undefined,
    from: undefined,
    arch: "arm64",
    abi: "v7",
  } as const;
  return corpus({ ...defaults, ...call, folder: absolutePath(call.folder, around) }, around);
}

/**
 * Runs parsers in real kernels (QEMU) and compares with the virtual machine and the references. `kernels` are Debian suites, or
 * kernels of your own.
 *
 * @returns a report for each kernel; a failure where there is no QEMU
 */
export function testInKernels(
  call: Sparse<KernelTestRequest, "containers" | "images">,
  context: CallContext = {},
): Promise<Result<KernelTestReport>> {
  const defaults = {
    ...{ kernels: ["bookworm-backports"], abi: undefined, reference: undefined, limits: NO_LIMITS },
    ...{ logLevel: 5, timeout: 300, output: undefined },
  };
  return kernelTest({ ...defaults, ...call }, completeContext(context));
}

/**
 * Takes an image apart in a real kernel (QEMU), and boots by kexec what comes out of it. `kernel` is a Debian suite, or a kernel of your own.
 *
 * @returns what the second kernel said; a failure where there is no QEMU, and with the console where it does not come up
 */
export async function bootInKernel(
  call: Sparse<BootTestRequest, "container" | "image">,
  context: CallContext = {},
): Promise<Result<SecondBootReport & { readonly milliseconds: number }>> {
  const around = completeContext(context);
  const defaults = { expect: undefined, arch: "x86", abi: "v7", kernel: undefined, timeout: 300 } as const;
  const { booted, kept, milliseconds } = await bootTest(
    {
      ...defaults,
      ...call,
      container: absolutePath(call.container, around),
      image: absolutePath(call.image, around),
      output: absolutePath(call.output, around),
    },
    around,
  );
  if (!booted.ok) return booted;
  return kept.ok ? ok({ ...booted.value, milliseconds }) : kept;
}
