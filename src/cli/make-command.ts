import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join, resolve } from "node:path";
import { REVISIONS } from "#abi/revisions.ts";
import { MAKE_VARIABLES } from "#build/make-variables.ts";
import type { BuildRequest } from "#build/request.ts";
import type { Failure } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { DEFAULT_CMDLINE_LIMIT } from "#generate/image-size.ts";
import { ARCHITECTURES, parseArchitecture } from "#kernel-image/architecture.ts";
import { eventPrinter, quietLine } from "#report/events.ts";
import { EXIT } from "#report/exit-code.ts";
import type { Io } from "#report/io.ts";
import { report } from "#report/report-failure.ts";
import { carryOut } from "./carry-out.ts";
import { clean } from "./make-clean.ts";
import { type MakeWords, parseMakeWords } from "./make-words.ts";
import { parseNumber } from "./numbers.ts";

/** `kexec-bpf make …`. */
export async function runMake(argv: readonly string[], io: Io): Promise<number> {
  const fail = (failure: Failure): number => report(io, failure);
  const words = parseMakeWords(argv.slice(1));
  if (!words.ok) return fail(words.failure);
  const unknown = Object.keys(words.value.variables).filter((name) => MAKE_VARIABLES[name] === undefined);
  for (const name of unknown) io.stderr(`kexec-bpf: warning: variable ${name} means nothing here\n`);

  const request = makeRequest(words.value, io);
  if (!request.ok) return fail(request.failure);
  const { goals, out } = request.value;
  if (goals.includes("clean")) {
    const cleaned = await clean(request.value, io.signal, () =>
      io.stderr(`kexec-bpf: waiting for another build in ${out}\n`),
    );
    if (!cleaned.ok) return fail(cleaned.failure);
    if (!words.value.silent) io.stdout(`${quietLine("CLEAN", out)}\n`);
    for (const file of cleaned.value) io.stderr(`kexec-bpf: ${file} stays: it is given as an input\n`);
  }
  const rest = goals.filter((goal) => goal !== "clean");
  if (rest.length === 0) return EXIT.ok;
  const { silent, variables } = words.value;
  return carryOut(
    { ...request.value, goals: rest },
    argv,
    io,
    eventPrinter({
      name: "kexec-bpf",
      commands: (variables["V"] ?? io.env["V"]) === "1",
      steps: (line) => (silent ? undefined : io.stdout(`${line}\n`)),
      talk: (line) => io.stderr(`${line}\n`),
    }),
    {
      now: () => "",
      nothingToDo: () => (silent ? "" : `kexec-bpf: nothing to be done for '${rest.join(" ")}' in ${out}\n`),
    },
  );
}

function makeRequest(words: MakeWords, io: Io): Result<BuildRequest> {
  const cwd = words.folders.reduce((folder, next) => resolve(folder, next), io.cwd);
  const value = (name: string): string | undefined => {
    const text = words.variables[name] ?? io.env[name];
    return text === undefined || text === "" ? undefined : text;
  };
  const path = (name: string): string | undefined => {
    const text = value(name);
    return text === undefined ? undefined : resolve(cwd, text);
  };
  const arch = value("ARCH");
  if (arch !== undefined && parseArchitecture(arch) === undefined) {
    return usage(`ARCH=${arch}: ${ARCHITECTURES.join(", ")} are known`);
  }
  /** A name is looked for in PATH, a path counts from -C. */
  const tool = (name: string): string | undefined => {
    const text = value(name);
    if (!text?.includes("/")) return text;
    return `${resolve(cwd, text)}${text.endsWith("/") ? "/" : ""}`;
  };
  const abi = value("ABI") ?? "auto";
  const revision = REVISIONS.find((known) => known === abi);
  if (abi !== "auto" && revision === undefined)
    return usage(`ABI=${abi}: auto, ${REVISIONS.join(", ")} are known`);
  const limits: Record<string, number | undefined> = {};
  for (const [name, option] of [
    ["MAX_KERNEL", "max-kernel"],
    ["MAX_INITRD", "max-initrd"],
  ] as const) {
    const text = value(name);
    if (text === undefined) continue;
    const limit = parseNumber(option, text, `${name}=${text}`);
    if (!limit.ok) return limit;
    limits[name] = limit.value;
  }
  const cmdline = value("CMDLINE");
  return ok({
    // As with make, O counts from where the user stands, not from -C.
    out: value("O") === undefined ? cwd : resolve(io.cwd, value("O") ?? ""),
    goals: words.goals.length === 0 ? ["all"] : words.goals,
    arch: arch === undefined ? undefined : parseArchitecture(arch),
    abi: revision ?? "auto",
    kernel: {
      tree: path("srctree") ?? treeAround(cwd),
      kbuildOutput: path("KBUILD_OUTPUT"),
      vmlinux: path("VMLINUX_BTF"),
      vmlinuxHeader: path("VMLINUX_H"),
      image: path("KERNEL_IMAGE") ?? path("EFI_IMAGE"),
    },
    limits: {
      kernel: limits["MAX_KERNEL"],
      initrd: limits["MAX_INITRD"],
      // Its NUL goes along.
      cmdline:
        cmdline === undefined ? undefined : Math.max(Buffer.byteLength(cmdline) + 1, DEFAULT_CMDLINE_LIMIT),
      initramfs: path("INITRAMFS"),
    },
    tools: {
      clang: tool("CLANG"),
      llvm: tool("LLVM"),
      bpftool: tool("BPFTOOL"),
      libbpfHeaders: path("LIBBPF_HEADERS"),
    },
    targetFolders: [path("TARGETS")].filter((folder) => folder !== undefined),
    bytecodeObject: "direct",
    seedPayloadSize: false,
    signing: undefined,
    envelope: { kernel: path("EFI_IMAGE"), initrd: path("INITRAMFS"), cmdline: cmdline ?? "" },
    jobs: words.jobs ?? availableParallelism(),
  });
}

/** The kernel source tree that a folder lies in. */
function treeAround(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const marks = ["tools/include/uapi/linux/bpf.h", "scripts/bpf_doc.py", "Kbuild"];
    if (existsSync(join(at, "arch")) && marks.some((mark) => existsSync(join(at, mark)))) return at;
    if (dirname(at) === at) return undefined;
  }
}

function usage(detail: string): Result<never> {
  return err({ reason: "usage", detail });
}
