import { kernelTestPage } from "#api/explore/kernel-test-page.ts";
import { kernelTest } from "#api/kernel-test/kernel-test.ts";
import type { KernelTestReport } from "#api/kernel-test/request.ts";
import { besideOutput } from "#commands/beside-output.ts";
import { kernelComplaint, ownKernel } from "#commands/guest-options.ts";
import { writeResultPage } from "#commands/result-page.ts";
import { tellEvents } from "#commands/tell-events.ts";
import { err, ok, type Result } from "#core/result.ts";
import { parseShard, type Shard } from "#fleet/shard.ts";
import type { GuestKernel } from "#guest/debian-kernel.ts";
import { EXIT, exitCode } from "#report/exit-code.ts";
import { failureJson } from "#report/failure-json.ts";
import { failureText } from "#report/failure-text.ts";
import type { Io } from "#report/io.ts";
import { report, reportUsage } from "#report/report-failure.ts";
import { kernelTestJson } from "./json.ts";
import { type KernelTestWords, MATRIX } from "./options.ts";
import { kernelTestTalk, kernelTestText } from "./text.ts";

type Given = KernelTestWords["given"];

export async function runKernelTest({ given }: KernelTestWords, io: Io): Promise<number> {
  const { image, corpus, deb, matrix } = given;
  const images = [...image, ...(corpus === undefined ? [] : [corpus])];
  const complaint =
    images.length === 0
      ? "give images by --image or --corpus"
      : kernelComplaint({ ...given, others: { deb: deb.length > 0, matrix } });
  if (complaint !== undefined) return reportUsage(io, complaint);

  const share = sharedOut<string | GuestKernel>(kernelsOf(given), given.shard, io);
  if (!share.ok) return reportUsage(io, failureText(share.failure));
  const { shard } = share.value;

  const beside = given.html === undefined ? ok(io) : besideOutput(io, given.html, given.json);
  if (!beside.ok) return report(io, beside.failure);
  const told = tellEvents(io, ({ what, done, total }) => `${what}: ${done} of ${total}`);
  const { env, cwd, signal } = io;
  const tested = await kernelTest(
    {
      ...given,
      containers: [...new Set(given.containers)],
      images,
      kernels: share.value.kernels,
      limits: { kernel: given.maxKernel, initrd: given.maxInitrd, cmdline: given.maxCmdline },
    },
    { env, cwd, signal, emit: told.emit },
  ).finally(told.end);
  if (!tested.ok) return report(io, tested.failure);
  const kernels = tested.value.kernels.flatMap((kernel) => (kernel.ok ? [kernel.value] : []));
  const status = show(tested.value, shard, given.json, beside.value);
  return (await writeResultPage(given.html, () => kernelTestPage(given, kernels, cwd), io)) ?? status;
}

function kernelsOf(given: Given) {
  const own = ownKernel(given);
  if (own !== undefined) return [own];
  if (given.deb.length > 0) return given.deb;
  return given.matrix ? MATRIX : MATRIX.slice(0, 1);
}

type Share<T> = { readonly kernels: readonly T[]; readonly shard: Shard | null };

/** The kernels of this machine, where several take turns. Errors: `usage`, for a shard that gets none as well. */
function sharedOut<T>(kernels: readonly T[], word: string | undefined, { env }: Io): Result<Share<T>> {
  if (word === undefined) return ok({ kernels, shard: null });
  const shard = parseShard(word, env);
  if (!shard.ok) return shard;
  const { index, count } = shard.value;
  if (count > kernels.length) {
    const detail = `--shard ${word}: ${kernels.length} kernels are too few for ${count} shards`;
    return err({ reason: "usage", detail });
  }
  return ok({ kernels: kernels.filter((_, i) => i % count === index - 1), shard: shard.value });
}

/** Gives the status of the last thing that went wrong. */
function show({ kernels }: KernelTestReport, shard: Shard | null, json: boolean, io: Io): number {
  const tested = kernels.flatMap((kernel) => (kernel.ok ? [kernel.value] : []));
  const [failure] = kernels.flatMap((kernel) => (kernel.ok ? [] : [kernel.failure]));
  io.stderr(kernelTestTalk(tested));
  if (json) {
    const facts = kernelTestJson(tested, kernels.length, shard);
    io.stdout(`${JSON.stringify({ ...(failure && failureJson(failure)), ...facts })}\n`);
  } else if (tested.length > 0) io.stdout(kernelTestText(tested));
  const wrong = kernels.flatMap((kernel) => {
    if (!kernel.ok) return [exitCode(kernel.failure)];
    return kernel.value.verdict.passed ? [] : [EXIT.failed];
  });
  return wrong.at(-1) ?? EXIT.ok;
}
