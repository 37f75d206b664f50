import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { parentPort } from "node:worker_threads";
import { ok } from "#core/result.ts";
import { digest, digestFile } from "#files/digest.ts";
import { ownReader } from "#kernel-image/reader.ts";
import type { ReadingAnswer, ReadingQuestion } from "./messages.ts";

/** A reading thread's way in: kernels are unpacked and searched here, one after another as the questions come. */
async function answer({ id, kind, file }: ReadingQuestion): Promise<ReadingAnswer> {
  if (kind === "digest") return { id, kind, result: await digestFile(file) };
  if (kind === "measure") return { id, kind, result: await ownReader.measure(file) };
  const btf = await ownReader.btf(file);
  // A copy: what was read is a part of the whole image, which would go along.
  if (!btf.ok) return { id, kind, result: btf };
  const bytes = Uint8Array.from(btf.value.bytes);
  return { id, kind, result: ok({ ...btf.value, bytes, sha256: digest(bytes) }) };
}

// An image is some hundred megabytes outside of a heap of ten, which V8 would collect late: contexts that are made under the flag have it.
setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

async function reply(question: ReadingQuestion): Promise<void> {
  const answered = await answer(question);
  const moved = answered.kind === "btf" && answered.result.ok ? [answered.result.value.bytes.buffer] : [];
  parentPort?.postMessage(answered, moved as ArrayBuffer[]);
  collectGarbage();
}

parentPort?.on("message", (question: ReadingQuestion) => void reply(question));
