// SPDX-License-Identifier: MIT
// A program of someone else's: scripts/test-package compiles it against the packed package, and runs it.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type BuildReport,
  bootTest,
  build,
  check,
  corpus,
  diffStreams,
  disasm,
  doctor,
  type Event,
  type Failure,
  failureText,
  inspect,
  make,
  newTarget,
  pack,
  type Result,
  readStream,
  recordStream,
  sign,
  stream,
  unpack,
  verify,
  verifySignature,
} from "kexec-bpf";
import format from "./format.js";

const work = mkdtempSync(join(tmpdir(), "consumer-"));

function value<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new Error(failureText(result.failure));
}

assert.ok(
  "parts" in
    format.parse({ image: new Uint8Array(1), limits: { kernel: 1, initrd: 1, cmdline: 1 }, revision: "v7" }),
);

const folder = join(work, "corpus");
const written = value(
  await corpus({ folder, reference: fileURLToPath(new URL("format.js", import.meta.url)) }),
);
assert.equal(written.cases[0]?.name, "small");
assert.equal(readdirSync(folder).length, 2 * written.cases.length);
assert.ok(value(await corpus({ folder, format: "uki" })).cases.length > 100);

const uki = value(await inspect({ file: join(folder, "uki.img") }));
assert.equal(uki.format, "UKI");
assert.equal(uki.streams.find(({ parser }) => parser === "uki")?.commands?.length, 3);

const missing = await inspect({ file: join(work, "nothing") });
const reason: Failure["reason"] | undefined = missing.ok ? undefined : missing.failure.reason;
assert.equal(reason, "file-failed");

const file = join(work, "not-a-parser.bpf");
writeFileSync(file, "text");
const judged = value(await verify({ parsers: [file], images: [join(folder, "uki.img")] }));
assert.equal(judged.verification.errors.length, 1);

assert.equal(value(await newTarget({ name: "mine", folder: join(work, "mine") })).files.length, 4);

// A container of what is there: packed, looked at, taken apart, compared.
const { signal } = new AbortController();
const streams = ["a.kbs", "b.kbs"].map((name) => join(work, name));
for (const output of streams)
  value(await recordStream({ image: join(folder, "uki.img"), output }, { signal }));
const [a = "", b = ""] = streams;
assert.equal(value(await diffStreams({ a, b })).same, true);
const sent = value(await stream({ image: join(folder, "uki.img") }));
assert.deepEqual(value(await readStream(a)).commands.length, sent.commands.length);
const envelope = join(work, "envelope.elf");
const [kernel, initrd] = [join(folder, "uki.img"), join(work, "initrd")];
writeFileSync(initrd, "initrd");
value(
  await pack({
    kind: "envelope",
    kernel,
    initrd,
    cmdline: { text: "quiet" },
    output: envelope,
    force: true,
    arch: "arm64",
  }),
);
assert.equal(value(await unpack({ file: envelope, folder: join(work, "parts") })).parts.length, 3);
assert.equal(typeof value(await doctor()).healthy, "boolean");
for (const made of [
  await make([`O=${join(work, "made")}`, "clean"]),
  await disasm({ file }),
  await check({ manifest: file }),
  await sign({ file, key: file, certificate: file }),
  await verifySignature({ file, certificate: file }),
  await bootTest({ container: file, image: file }),
])
  assert.equal(typeof made.ok, "boolean");

const events: Event[] = [];
const ended: Result<BuildReport> = await build(
  { out: join(work, "out"), goals: ["nothing-of-that-name"] },
  { emit: (event) => events.push(event), signal: AbortSignal.timeout(60_000) },
);
assert.equal(ended.ok ? undefined : ended.failure.reason, "unknown-goal");
