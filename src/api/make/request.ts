import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { REVISIONS, type Revision } from "#abi/revisions.ts";
import type { BuildRequest } from "#api/build.ts";
import { treeAround } from "#api/common/kernel-tree.ts";
import { PART_SIZE } from "#api/common/number-rows.ts";
import type { Context } from "#api/context.ts";
import { err, ok, type Result } from "#core/result.ts";
import { DEFAULT_CMDLINE_LIMIT } from "#generate/image-size.ts";
import { parseNumber } from "#grammar/numbers.ts";
import { ARCHITECTURES, type Architecture, parseArchitecture } from "#kernel-image/architecture.ts";
import { inheritedFlags } from "./make-flags.ts";
import type { MakeSwitches } from "./options-of-make.ts";
import { type MakeWords, makeStartsIn, makeVariable } from "./words.ts";

/** Programs of the series that pack an envelope (`pack envelope` does it here): as goals, there is nothing to build. */
export const HOST_TOOLS: readonly string[] = ["build_zboot_envelop", "build_zboot_image"];

/** The switches that hold: those of the words, else those of the make that runs this. */
export function switchesOf(words: MakeWords, env: Context["env"]): MakeSwitches {
  return { ...inheritedFlags(env).switches, ...words.switches };
}

/** What make's words and variables ask for. Errors: `usage`. */
export function makeRequest(words: MakeWords, io: Pick<Context, "cwd" | "env">): Result<BuildRequest> {
  const inherited = inheritedFlags(io.env);
  const switches = switchesOf(words, io.env);
  const { cwd, out } = makeStartsIn(words, io.env, io.cwd);
  const value = (name: string): string | undefined => makeVariable(words, io.env, name);
  const path = (name: string): string | undefined => {
    const text = value(name);
    return text === undefined ? undefined : resolve(cwd, text);
  };
  const arch = architecture(value("ARCH"));
  if (!arch.ok) return arch;
  const abi = revision(value("ABI"));
  if (!abi.ok) return abi;
  const kernel = partSize("MAX_KERNEL", value("MAX_KERNEL"));
  if (!kernel.ok) return kernel;
  const initrd = initrdSize(value);
  if (!initrd.ok) return initrd;
  const cmdline = value("CMDLINE");
  return ok({
    out,
    goals: words.goals.length === 0 ? ["all"] : words.goals,
    arch: arch.value,
    abi: abi.value,
    kernel: {
      // kbuild leaves a link to the sources where it builds apart from them.
      tree: path("srctree") ?? treeAround(cwd) ?? treeAround(join(out, "source")),
      kbuildOutput: path("KBUILD_OUTPUT"),
      vmlinux: path("VMLINUX_BTF"),
      vmlinuxHeader: path("VMLINUX_H"),
      image: path("KERNEL_IMAGE") ?? path("EFI_IMAGE"),
    },
    limits: {
      kernel: kernel.value,
      initrd: initrd.value,
      // Its NUL goes along.
      cmdline:
        cmdline === undefined ? undefined : Math.max(Buffer.byteLength(cmdline) + 1, DEFAULT_CMDLINE_LIMIT),
      initramfs: path("INITRAMFS"),
    },
    sizeStep: undefined,
    tools: {
      clang: toolIn(cwd, value("CLANG")),
      llvm: toolIn(cwd, value("LLVM")),
      bpftool: toolIn(cwd, value("BPFTOOL")),
      libbpfHeaders: path("LIBBPF_HEADERS"),
    },
    targetFolders: [path("TARGETS")].filter((folder) => folder !== undefined),
    bytecodeObject: "direct",
    seedPayloadSize: false,
    signing: undefined,
    envelope: { kernel: path("EFI_IMAGE"), initrd: path("INITRAMFS"), cmdline: cmdline ?? "" },
    jobs: words.jobs ?? inherited.jobs ?? availableParallelism(),
    keepGoing: switches.keepGoing,
    always: switches.always,
  });
}

function architecture(name: string | undefined): Result<Architecture | undefined> {
  if (name === undefined) return ok(undefined);
  const known = parseArchitecture(name);
  return known === undefined ? usage(`ARCH=${name}: ${ARCHITECTURES.join(", ")} are known`) : ok(known);
}

function revision(name = "auto"): Result<Revision | "auto"> {
  const known = (["auto", ...REVISIONS] as const).find((each) => each === name);
  return known === undefined ? usage(`ABI=${name}: auto, ${REVISIONS.join(", ")} are known`) : ok(known);
}

/** The series' own name for it, unless ours says otherwise. */
function initrdSize(value: (name: string) => string | undefined): Result<number | undefined> {
  const name = value("MAX_INITRD") === undefined ? "INITRD_ESTIMATE_SIZE" : "MAX_INITRD";
  return partSize(name, value(name));
}

function partSize(name: string, text: string | undefined): Result<number | undefined> {
  return text === undefined ? ok(undefined) : parseNumber(PART_SIZE, text, `${name}=${text}`);
}

/** A name is looked for in PATH, a path counts from -C. */
function toolIn(cwd: string, text: string | undefined): string | undefined {
  if (!text?.includes("/")) return text;
  return `${resolve(cwd, text)}${text.endsWith("/") ? "/" : ""}`;
}

function usage(detail: string): Result<never> {
  return err({ reason: "usage", detail });
}
