/**
 * kexec-bpf as a library. Every function takes what its command takes, in a call whose other members have defaults, and gives a
 * `Result`: `{ ok: true, value }`, or `{ ok: false, failure }` with a `reason` and facts. Exceptions are bugs. Nothing is printed: what
 * happens meanwhile comes to the context's `emit`, and its `signal` ends the work.
 *
 * @packageDocumentation
 */
export type { Command } from "#abi/command.ts";
export type { Revision } from "#abi/revisions.ts";
export type { BuildReport, BuildRequest } from "#api/build.ts";
export type { NamedFile } from "#api/common/named-file.ts";
export type { Context } from "#api/context.ts";
export type { CorpusReport, CorpusRequest } from "#api/corpus.ts";
export type { DecomposeReport, DecomposeRequest } from "#api/decompose.ts";
export type { ExtractReport, ExtractRequest } from "#api/extract.ts";
export type { FuzzReport, FuzzRequest } from "#api/fuzz.ts";
export type { InspectRequest } from "#api/inspect.ts";
export type { KernelTestReport, KernelTestRequest } from "#api/kernel-test/request.ts";
export { type NewTargetReport, type NewTargetRequest, newTarget } from "#api/new-target.ts";
export type { VerifyReport, VerifyRequest } from "#api/verify/request.ts";
export type { Event, EventSink } from "#core/events.ts";
export type { Failure } from "#core/failure.ts";
export type { Result } from "#core/result.ts";
export type { FindingRecord, Verification } from "#core/verification.ts";
export type { Inspection } from "#inspect/types.ts";
export type { FormatField, FormatFieldRole, FormatImage, ImageFormat } from "#own-formats/format.ts";
export type { ImageArchitecture, RecordLimits, ReferenceInput } from "#reference-parsers/input.ts";
export type {
  FormatAnswer,
  FormatCommand,
  FormatParser,
  FormatPart,
  FormatRefusal,
} from "#reference-parsers/own-format.ts";
export { failureText } from "#report/failure-text.ts";
export type { CallContext, FileWord, Sparse } from "./context.ts";
export {
  type FuzzCall,
  fuzzParser as fuzz,
  recordParserStream as recordStream,
  testInKernels as kernelTest,
  type VerifyCall,
  verifyParsers as verify,
  writeCorpus as corpus,
} from "./judging.ts";
export {
  type BuildCall,
  buildParsers as build,
  decomposeImageFile as decompose,
  extractKernelOf as extract,
  inspectImage as inspect,
} from "./making.ts";
