/**
 * kexec-bpf as a library. Every function takes what its command takes, in a call whose other members have defaults, and gives a
 * `Result`: `{ ok: true, value }`, or `{ ok: false, failure }` with a `reason` and facts. Exceptions are bugs. Nothing is printed: what
 * happens meanwhile comes to the context's `emit`, and its `signal` ends the work.
 *
 * @packageDocumentation
 */
export type { Command, CommandStream } from "#abi/command.ts";
export type { Revision } from "#abi/revisions.ts";
export type { BootTestRequest } from "#api/boot-test.ts";
export type { BuildReport, BuildRequest } from "#api/build.ts";
export type { CheckReport, CheckRequest } from "#api/check.ts";
export type { CleanReport } from "#api/clean.ts";
export type { NamedFile } from "#api/common/named-file.ts";
export type { Context } from "#api/context.ts";
export type { CorpusReport, CorpusRequest } from "#api/corpus.ts";
export type { DecomposeReport, DecomposeRequest } from "#api/decompose.ts";
export type { DisasmReport, DisasmRequest } from "#api/disasm.ts";
export type { DoctorReport, DoctorRequest } from "#api/doctor.ts";
export type { EjectReport, EjectRequest } from "#api/eject/eject.ts";
export type { ExtractReport, ExtractRequest } from "#api/extract.ts";
export type { FuzzReport, FuzzRequest } from "#api/fuzz.ts";
export type { InspectRequest } from "#api/inspect.ts";
export type { KernelTestReport, KernelTestRequest } from "#api/kernel-test/request.ts";
export { type NewTargetReport, type NewTargetRequest, newTarget } from "#api/new-target.ts";
export type { PackRequest, Text, UkiPart } from "#api/pack.ts";
export type { ProveRequest } from "#api/prove/request.ts";
export type { SignReport, SignRequest } from "#api/sign.ts";
export type { StreamDiffReport, StreamDiffRequest } from "#api/stream.ts";
export type { UnpackRequest } from "#api/unpack.ts";
export type { VerifyReport, VerifyRequest } from "#api/verify/request.ts";
export type { VerifySignatureReport, VerifySignatureRequest } from "#api/verify-signature.ts";
export type { Event, EventSink } from "#core/events.ts";
export type { Failure } from "#core/failure.ts";
export type { ProofRecord } from "#core/proof-record.ts";
export type { Result } from "#core/result.ts";
export type { FindingRecord, Verification } from "#core/verification.ts";
export type { SecondBootReport } from "#guest/second-kernel.ts";
export type { Inspection } from "#inspect/types.ts";
export type { FormatField, FormatFieldRole, FormatImage, ImageFormat } from "#own-formats/format.ts";
export type { Packed, PackedInput, PackedPart } from "#pack/types.ts";
export type { Unpacked } from "#pack/unpack.ts";
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
  bootInKernel as bootTest,
  type FuzzCall,
  fuzzParser as fuzz,
  type ProveCall,
  proveParsers as prove,
  testInKernels as kernelTest,
  type VerifyCall,
  verifyParsers as verify,
  writeCorpus as corpus,
} from "./judging.ts";
export {
  compareStreams as diffStreams,
  examineMachine as doctor,
  listPrograms as disasm,
  readStreamFile as readStream,
  recordStreamOfImage as recordStream,
  type StreamCall,
  streamOfImage as stream,
} from "./looking.ts";
export { type MakeReport, makeGoals as make } from "./make.ts";
export {
  type BuildCall,
  buildParsers as build,
  decomposeImageFile as decompose,
  type ExploreCall,
  ejectParsers as eject,
  exploreImages as explore,
  extractKernelOf as extract,
  inspectImage as inspect,
} from "./making.ts";
export {
  checkFiles as check,
  checkSignature as verifySignature,
  type PackCall,
  type PackHow,
  packFile as pack,
  signContainer as sign,
  unpackParts as unpack,
  type VerifySignatureCall,
} from "./packing.ts";
