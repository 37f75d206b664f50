/*
 * What Bazel's caches keep of an action in /ac/ (remote_execution.proto of the Remote Execution API, version 2):
 *
 *     ActionResult  2 output_files, repeated OutputFile   4 exit_code   5 stdout_raw
 *     OutputFile    1 path   2 digest   4 is_executable
 *     Digest        1 hash, in hexadecimal   2 size_bytes
 */
import { ByteReader, decoding } from "#bytes/reader.ts";
import type { Malformed } from "#core/failure.ts";
import type { Result } from "#core/result.ts";
import { bytesField, numberField, type WireField, wireFields } from "./wire.ts";

export type ActionFile = {
  /** Relative. */
  readonly path: string;
  /** In hexadecimal. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
};

export type ActionResult = {
  readonly files: readonly ActionFile[];
  readonly exitCode: number;
  /** What the action says on stdout. */
  readonly stdout: string;
};

const RESULT = { files: 2, exitCode: 4, stdout: 5 } as const;
const FILE = { path: 1, digest: 2 } as const;
const DIGEST = { hash: 1, size: 2 } as const;

const SHA256 = /^[0-9a-f]{64}$/;

export function encodeActionResult({ files, exitCode, stdout }: ActionResult): Uint8Array {
  const outputs = files.map(({ path, sha256, size }) => {
    const digest = Buffer.concat([bytesField(DIGEST.hash, sha256), numberField(DIGEST.size, size)]);
    return bytesField(
      RESULT.files,
      Buffer.concat([bytesField(FILE.path, path), bytesField(FILE.digest, digest)]),
    );
  });
  return Buffer.concat([
    ...outputs,
    numberField(RESULT.exitCode, exitCode),
    bytesField(RESULT.stdout, stdout),
  ]);
}

/** Fields that this program has no use for are passed over. Errors: `malformed`. */
export function decodeActionResult(bytes: Uint8Array): Result<ActionResult, Malformed> {
  return decoding(() => {
    const reader = new ByteReader(bytes, { format: "ActionResult", section: "message" });
    const fields = wireFields(reader, "output file");
    return {
      files: all(fields, RESULT.files).map(fileOf),
      exitCode: numberOf(reader, fields, RESULT.exitCode),
      stdout: textOf(fields, RESULT.stdout),
    };
  });
}

function fileOf(message: ByteReader): ActionFile {
  const fields = wireFields(message, "digest");
  const [digest] = all(fields, FILE.digest);
  if (digest === undefined) return message.fail(0, "no digest");
  const inside = wireFields(digest, "digest");
  const sha256 = textOf(inside, DIGEST.hash);
  if (!SHA256.test(sha256)) digest.fail(0, "the hash is not a SHA-256 in hexadecimal");
  return { path: textOf(fields, FILE.path), sha256, size: numberOf(digest, inside, DIGEST.size) };
}

function all(fields: readonly WireField[], number: number): readonly ByteReader[] {
  return fields.flatMap((field) => (field.number === number && field.type === "bytes" ? [field.value] : []));
}

/** Of a field that is there several times, the last counts. */
function textOf(fields: readonly WireField[], number: number): string {
  return Buffer.from(all(fields, number).at(-1)?.bytes ?? []).toString();
}

function numberOf(message: ByteReader, fields: readonly WireField[], number: number): number {
  const last = fields.findLast((field) => field.number === number && field.type === "varint");
  if (last?.type !== "varint") return 0;
  return last.value <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(last.value)
    : message.fail(0, `field ${number} is ${last.value}`);
}
