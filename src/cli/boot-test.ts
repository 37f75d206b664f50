import type { Revision } from "#abi/revisions.ts";
import { inFile } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { writeOutput } from "#files/output.ts";
import { type Container, decodeContainer } from "#formats/elf/container.ts";
import { debianKernel, type GuestKernel } from "#kernel-vm/debian-kernel.ts";
import { GUEST_ARCHS } from "#kernel-vm/guest-arch.ts";
import { findQemu } from "#kernel-vm/qemu.ts";
import { bootSecondKernel, type SecondBootReport } from "#kernel-vm/second-kernel.ts";
import { guestPrograms } from "#kernel-vm/testbed.ts";
import { EXIT } from "#report/exit-code.ts";
import { table } from "#report/table.ts";
import type { Io } from "./io.ts";
import { surroundings } from "./kernel-vm-surroundings.ts";
import { read } from "./read-file.ts";
import { report } from "./report-failure.ts";

/** Paths are absolute, the time is in milliseconds. */
export type BootTestRequest = {
  readonly container: string;
  readonly image: string;
  readonly expect: string | undefined;
  readonly arch: keyof typeof GUEST_ARCHS;
  readonly revision: Revision;
  /** A Debian suite, or a kernel of the user's own. */
  readonly kernel: string | GuestKernel;
  readonly timeout: number;
  readonly output: string | undefined;
  readonly json: boolean;
};

/** Rings of a parser take at most this much, twice mapped. */
const MAP_MEMORY = 512 << 20;
/** Lines of a console that failed. */
const SHOWN = 40;

/** Carries out `kexec-bpf boot-test` and gives the exit status. */
export async function bootTest(request: BootTestRequest, io: Io): Promise<number> {
  const started = performance.now();
  const booted = await boot(request, io);
  if (!booted.ok) return report(io, booted.failure);
  const { value } = booted;
  if (request.output !== undefined) {
    const written = await writeOutput(request.output, value.console);
    if (!written.ok) return report(io, written.failure);
  }
  const expected = request.expect ?? value.cmdline?.trim();
  const seen = expected !== undefined && expected !== "" && value.secondConsole.includes(expected);
  const passed = seen && value.trouble.length === 0;
  const milliseconds = Math.round(performance.now() - started);
  io.stdout(
    request.json
      ? `${JSON.stringify(bootJson(value, { passed, expected, milliseconds }))}\n`
      : bootText(value, { seen, expected, milliseconds }),
  );
  if (!passed) io.stderr(bootTalk(value));
  return passed ? EXIT.ok : EXIT.failed;
}

async function boot(request: BootTestRequest, io: Io): Promise<Result<SecondBootReport>> {
  const container = await read(request.container);
  if (!container.ok) return container;
  const decoded = decodeContainer(container.value);
  if (!decoded.ok) return err(inFile(decoded.failure, request.container));
  const image = await read(request.image);
  if (!image.ok) return image;

  const around = surroundings(io);
  const arch = GUEST_ARCHS[request.arch];
  const qemu = await findQemu(around, arch);
  if (!qemu.ok) return qemu;
  const kernel =
    typeof request.kernel === "string"
      ? await debianKernel(request.kernel, around, arch)
      : ok(request.kernel);
  if (!kernel.ok) return kernel;
  const programs = await guestPrograms(kernel.value, request.revision, around, arch);
  if (!programs.ok) return programs;
  return bootSecondKernel(
    {
      revision: request.revision,
      container: container.value,
      paths: layersOf(decoded.value),
      image: image.value,
      mapMemory: MAP_MEMORY,
    },
    { qemu: qemu.value, kernel: kernel.value, programs: programs.value, timeout: request.timeout },
    around,
  );
}

/** The first parser of each layer. */
function layersOf({ programs, nested }: Container): readonly string[] {
  const own = programs.slice(0, 1).map(({ name }) => name);
  return nested === undefined ? own : [...own, ...layersOf(nested).map((path) => `.bpf.nested/${path}`)];
}

type Judgement = { readonly expected: string | undefined; readonly milliseconds: number };

function bootText(booted: SecondBootReport, { seen, expected, milliseconds }: Judgement & { seen: boolean }) {
  return `${table([
    ["first kernel", booted.release],
    ...booted.commands.map((count, layer) => [`layer ${layer + 1}`, `${count} commands`]),
    ["second kernel", booted.cmdline === undefined ? "not started" : `started with: ${booted.cmdline}`],
    ["its console", seen ? `shows: ${expected}` : `does not show: ${expected ?? "(no command line)"}`],
    ["took", `${(milliseconds / 1000).toFixed(1)} s`],
  ])}\n`;
}

/** What to look at where the second kernel did not come up. */
function bootTalk({ loads, trouble, console }: SecondBootReport): string {
  const refused = loads.filter(({ error }) => error !== 0).map(({ problem, log }) => `${problem}\n${log}`);
  const lines = [...trouble.map((line) => `the kernel says: ${line}`), ...refused];
  const tail = console.split(/\r?\n/).slice(-SHOWN);
  return [...lines, "the end of the console:", ...tail.map((line) => `  ${line}`), ""].join("\n");
}

function bootJson(booted: SecondBootReport, judgement: Judgement & { passed: boolean }): object {
  const { release, commands, cmdline, secondConsole, trouble } = booted;
  return {
    schema: 1,
    ...judgement,
    expected: judgement.expected ?? null,
    release,
    commands,
    cmdline: cmdline ?? null,
    secondConsole,
    trouble,
  };
}
