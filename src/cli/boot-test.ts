import type { Revision } from "#abi/revisions.ts";
import { surroundings } from "#api/guest-surroundings.ts";
import { type Failure, inFile } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { deliver } from "#files/deliver.ts";
import { readInput } from "#files/input-file.ts";
import { type Container, decodeContainer } from "#formats/elf/container.ts";
import { debianKernel, type GuestKernel, usualSuite } from "#guest/debian-kernel.ts";
import { GUEST_ARCHS } from "#guest/guest-arch.ts";
import { findQemu } from "#guest/qemu.ts";
import { bootSecondKernel, type SecondBootReport } from "#guest/second-kernel.ts";
import { guestPrograms } from "#guest/testbed.ts";
import { EXIT } from "#report/exit-code.ts";
import { failureJson } from "#report/failure-json.ts";
import type { Io } from "#report/io.ts";
import { tell } from "#report/report-failure.ts";
import { table } from "#report/table.ts";
import { bootInterface } from "./own-interface.ts";

/** Paths are absolute, the time is in milliseconds. */
export type BootTestRequest = {
  readonly container: string;
  readonly image: string;
  readonly expect: string | undefined;
  readonly arch: keyof typeof GUEST_ARCHS;
  readonly revision: Revision;
  /** A Debian suite, or a kernel of the user's own; undefined: the usual suite. */
  readonly kernel: string | GuestKernel | undefined;
  readonly timeout: number;
  readonly output: string | undefined;
  readonly json: boolean;
};

/** Room for a parser's rings, in bytes; larger ones the kernel refuses when the parser is loaded. */
const MAP_MEMORY = 512 << 20;

/** Carries out `kexec-bpf boot-test` and gives the exit status. */
export async function bootTest(request: BootTestRequest, io: Io): Promise<number> {
  const started = performance.now();
  const booted = await boot(request, io);
  const milliseconds = Math.round(performance.now() - started);
  const kept = await keepConsole(request.output, booted);
  const failed = [booted, kept].filter((result) => !result.ok);
  if (request.json) io.stdout(`${JSON.stringify(bootJson(booted, milliseconds, failed[0]?.failure))}\n`);
  else if (booted.ok) io.stdout(bootText(booted.value, milliseconds));
  return failed.map(({ failure }) => tell(io, failure)).at(-1) ?? EXIT.ok;
}

/** Of a run that went wrong too. */
async function keepConsole(
  file: string | undefined,
  booted: Result<SecondBootReport>,
): Promise<Result<void>> {
  const of = booted.ok ? booted.value : booted.failure;
  return file !== undefined && "console" in of ? deliver(file, of.console) : ok(undefined);
}

async function boot(request: BootTestRequest, io: Io): Promise<Result<SecondBootReport>> {
  const container = await readInput(request.container);
  if (!container.ok) return container;
  const decoded = decodeContainer(container.value);
  if (!decoded.ok) return err(inFile(decoded.failure, request.container));
  const image = await readInput(request.image);
  if (!image.ok) return image;

  const around = surroundings(io);
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
  const revision = own.value === undefined ? request.revision : "v7";
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
    { qemu: qemu.value, kernel: kernel.value, programs: programs.value, timeout: request.timeout },
    around,
  );
}

/** Paths of parsers, by layer. v6 knows but one parser a layer. */
function layersOf({ programs, nested }: Container, revision: Revision): readonly (readonly string[])[] {
  const own = programs.map(({ name }) => name).slice(0, revision === "v6" ? 1 : undefined);
  const inner = nested === undefined ? [] : layersOf(nested, revision);
  return [own, ...inner.map((paths) => paths.map((path) => `.bpf.nested/${path}`))];
}

function bootText({ release, parsers, cmdline, expected }: SecondBootReport, milliseconds: number): string {
  return `${table([
    ["first kernel", release],
    ...parsers.map(({ path, commands }) => [path, `${commands} commands`]),
    ["second kernel", `started with: ${cmdline}`],
    ["its console", `shows: ${expected}`],
    ["took", `${(milliseconds / 1000).toFixed(1)} s`],
  ])}\n`;
}

function bootJson(
  booted: Result<SecondBootReport>,
  milliseconds: number,
  failure: Failure | undefined,
): object {
  const head = { ...(failure && failureJson(failure)), schema: 1, passed: booted.ok, milliseconds };
  if (!booted.ok) return head;
  const { release, parsers, cmdline, expected, secondConsole } = booted.value;
  return { ...head, release, parsers, cmdline, expected, secondConsole };
}
