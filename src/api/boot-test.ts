import type { Revision } from "#abi/revisions.ts";
import { inFile } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { deliver } from "#files/deliver.ts";
import { readInput } from "#files/input-file.ts";
import { type Container, decodeContainer } from "#formats/elf/container.ts";
import { debianKernel, type GuestKernel, usualSuite } from "#guest/debian-kernel.ts";
import { GUEST_ARCHS } from "#guest/guest-arch.ts";
import { findQemu } from "#guest/qemu.ts";
import { bootSecondKernel, type SecondBootReport } from "#guest/second-kernel.ts";
import { guestPrograms } from "#guest/testbed.ts";
import { hostPaths } from "./common/host-paths.ts";
import { bootInterface } from "./common/own-interface.ts";
import type { Context } from "./context.ts";

export type BootTestRequest = {
  /** Absolute, as all paths. */
  readonly container: string;
  readonly image: string;
  /** Text that the second kernel has to write to its console; default: its command line. */
  readonly expect: string | undefined;
  readonly arch: keyof typeof GUEST_ARCHS;
  readonly abi: Revision;
  /** A Debian suite, or a kernel of the user's own; undefined: the usual suite. */
  readonly kernel: string | GuestKernel | undefined;
  /** Seconds. */
  readonly timeout: number;
  /** File for the console. */
  readonly output: string | undefined;
};

export type BootTestReport = {
  readonly booted: Result<SecondBootReport>;
  /** Whether the console, of a run that went wrong too, is in its file. */
  readonly kept: Result<void>;
  readonly milliseconds: number;
};

/** Room for a parser's rings, in bytes; larger ones the kernel refuses when the parser is loaded. */
const MAP_MEMORY = 512 << 20;

/** Takes an image apart in a real kernel, and boots what comes out of it. */
export async function bootTest(
  request: BootTestRequest,
  context: Omit<Context, "emit">,
): Promise<BootTestReport> {
  const started = performance.now();
  const booted = await boot(request, context);
  const milliseconds = Math.round(performance.now() - started);
  return { booted, kept: await keepConsole(request.output, booted), milliseconds };
}

async function keepConsole(
  file: string | undefined,
  booted: Result<SecondBootReport>,
): Promise<Result<void>> {
  const of = booted.ok ? booted.value : booted.failure;
  return file !== undefined && "console" in of ? deliver(file, of.console) : ok(undefined);
}

async function boot(
  request: BootTestRequest,
  context: Omit<Context, "emit">,
): Promise<Result<SecondBootReport>> {
  const container = await readInput(request.container);
  if (!container.ok) return container;
  const decoded = decodeContainer(container.value);
  if (!decoded.ok) return err(inFile(decoded.failure, request.container));
  const image = await readInput(request.image);
  if (!image.ok) return image;

  const around = hostPaths(context);
  const arch = GUEST_ARCHS[request.arch];
  const qemu = await findQemu(around, arch);
  if (!qemu.ok) return qemu;
  const kernel =
    typeof request.kernel === "object"
      ? ok(request.kernel)
      : await debianKernel(request.kernel ?? (await usualSuite(arch)), around, arch);
  if (!kernel.ok) return kernel;
  const own = await bootInterface(kernel.value);
  if (!own.ok) return own;
  const revision = own.value === undefined ? request.abi : "v7";
  const programs = await guestPrograms(kernel.value, own.value ? undefined : revision, around, arch);
  if (!programs.ok) return programs;
  return bootSecondKernel(
    {
      revision,
      own: own.value,
      container: container.value,
      layers: layersOf(decoded.value, revision),
      image: image.value,
      expected: request.expect,
      mapMemory: MAP_MEMORY,
    },
    { qemu: qemu.value, kernel: kernel.value, programs: programs.value, timeout: 1000 * request.timeout },
    around,
  );
}

/** Paths of parsers, by layer. v6 knows but one parser a layer. */
function layersOf({ programs, nested }: Container, revision: Revision): readonly (readonly string[])[] {
  const own = programs.map(({ name }) => name).slice(0, revision === "v6" ? 1 : undefined);
  const inner = nested === undefined ? [] : layersOf(nested, revision);
  return [own, ...inner.map((paths) => paths.map((path) => `.bpf.nested/${path}`))];
}
