import { join } from "node:path";
import type { Plan } from "#build/plan.ts";
import type { Rule } from "#build/rule.ts";
import { PRIVATE } from "#build/state/state.ts";
import { checkToolOutput, isWholeHeader, type OutputCheck } from "#build/tool-output.ts";
import type { Failure } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { readInput } from "#files/input-file.ts";
import { makeFolder, replaceFile, writeOutput } from "#files/output.ts";
import { dumpCost } from "#formats/btf/dump-cost.ts";
import { renderImageSize } from "#generate/image-size.ts";
import { renderTypesHeader } from "#generate/types-header.ts";
import { shellCommand } from "#toolchain/command-line.ts";

/** Words of a full vmlinux.h: a distribution's kernel has half a million. */
const MAX_WORDS = 50_000_000;

/** What the parsers are compiled in: their sources beside small headers, so that all paths are relative. */
export const WORK = PRIVATE;

/** The headers of libbpf that a parser may include as <bpf/NAME>. */
const LIBBPF_HEADERS = ["bpf_helpers.h", "bpf_tracing.h", "bpf_core_read.h"] as const;

/** `vmlinux.h`: all types of the target kernel, for people and for parsers built elsewhere. */
export function vmlinuxHeaderRule(plan: Plan): Rule {
  const output = "vmlinux.h";
  if (plan.types.kind === "header") return copyRule(plan, plan.types.file, output);
  const { bpftool } = plan.toolchain;
  const { file, read } = plan.types;
  const args = ["btf", "dump", "file", file, "format", "c"];
  const dump = stdoutTo(plan, output, { tool: "bpftool", file: bpftool.path, args }, isWholeHeader);
  return {
    label: "GEN",
    outputs: [output],
    inputs: [file],
    aside: true,
    options: [bpftool.identity],
    shared: { tool: bpftool, options: [], reads: [] },
    command: `${shellCommand(bpftool.path, args)} > ${output}`,
    run: async (...work) => {
      const bounded = async (): Promise<Result<readonly string[]>> => {
        const btf = await read();
        if (!btf.ok) return btf;
        // bpftool would write, or think, without an end.
        const words = dumpCost(btf.value);
        return words > MAX_WORDS ? err(tooMuchToDump(words, file)) : dump(...work);
      };
      const sha256 = work[1][file];
      if (plan.headers === undefined || sha256 === undefined) return bounded();
      const { maker, emit } = plan.headers;
      const made = await maker.make({
        sha256,
        types: read,
        bpftool,
        output: join(plan.out, output),
        dump: async () => {
          const dumped = await bounded();
          return dumped.ok ? ok(undefined) : dumped;
        },
        emit,
      });
      return made.ok ? ok([]) : made;
    },
  };
}

function tooMuchToDump(words: number, file: string): Failure {
  const how = words === Number.POSITIVE_INFINITY ? "without an end" : `of more than ${MAX_WORDS} words`;
  const detail = `types without a name that use each other make a C header ${how}`;
  return { reason: "malformed", format: "BTF", section: "type section", offset: 0, detail, file };
}

/** `bpf_helper_defs.h`: by the tree's own script, else libbpf's copy. */
export function helperDefsRule(plan: Plan): Rule {
  const output = "bpf_helper_defs.h";
  const docs = plan.helperDocs;
  const { includeDir, helperDefs } = plan.toolchain.headers;
  if (docs === undefined) {
    return helperDefs
      ? copyRule(plan, join(includeDir, "bpf", output), output)
      : missingDefsRule(plan.kernel.tree ?? includeDir, output);
  }
  const args = [docs.script, "--header", "--file", docs.header];
  return {
    label: "GEN",
    outputs: [output],
    inputs: [docs.header, docs.script],
    options: [],
    command: `${shellCommand("python3", args)} > ${output}`,
    run: stdoutTo(plan, output, { tool: "bpf_doc.py", file: "python3", args }, isWholeHeader),
  };
}

/** Headers without bpf_helper_defs.h are those of a kernel tree, which has the means to make it; this one has not. */
function missingDefsRule(tree: string, output: string): Rule {
  return {
    label: "GEN",
    outputs: [output],
    inputs: [],
    options: [tree],
    command: "<by bpf_doc.py, which is missing>",
    run: async () =>
      err({
        reason: "input-not-found",
        what: `what makes ${output}`,
        tried: ["tools/include/uapi/linux/bpf.h", "scripts/bpf_doc.py"].map((name) => join(tree, name)),
        hint: "LIBBPF_HEADERS=DIR (--libbpf-headers DIR), a folder that has bpf/bpf_helper_defs.h ready",
      }),
  };
}

/** `image_size.h`, and the same beside the sources. */
export function imageSizeRule(plan: Plan): Rule {
  const outputs: [string, string] = ["image_size.h", `${WORK}/image_size.h`];
  return {
    label: "GEN",
    outputs,
    inputs: [],
    options: [plan.sizes, plan.abi.revision],
    command: "<sizes of the kernel image>",
    run: async () => {
      const text = renderImageSize(plan.sizes, plan.profile);
      return text.ok ? writeAll(plan.out, outputs, text.value) : text;
    },
  };
}

/**
 * The small vmlinux.h that the parsers are compiled against: only the types that they reach. The full
 * one says the same but costs the compiler six times as long, and bpftool has to make it first.
 */
export function typesHeaderRule(plan: Plan): Rule {
  const output = `${WORK}/vmlinux.h`;
  const source = plan.types;
  if (source.kind === "header") return copyRule(plan, source.file, output);
  const types = [...plan.targets.values()].flatMap((target) => target.types);
  return {
    label: "GEN",
    outputs: [output],
    inputs: [source.file],
    options: types,
    command: "<types that the parsers reach, from the kernel's BTF>",
    run: async () => {
      const btf = await source.read();
      if (!btf.ok) return btf;
      const header = renderTypesHeader(btf.value, types);
      return header.ok ? writeAll(plan.out, [output], header.value) : header;
    },
  };
}

/** What `libbpfHeadersRule` leaves. */
export function libbpfCopies(): readonly string[] {
  // Copied too, or generated.
  return [...LIBBPF_HEADERS, "bpf_helper_defs.h"].map((name) => `${WORK}/bpf/${name}`);
}

/** libbpf's headers, copied beside the sources: where they are installed must not show in the program. */
export function libbpfHeadersRule(plan: Plan): Rule {
  const { includeDir, helperDefs } = plan.toolchain.headers;
  const names = [...LIBBPF_HEADERS, ...(helperDefs ? ["bpf_helper_defs.h"] : [])];
  const generated = helperDefs ? [] : ["bpf_helper_defs.h"];
  const [first, ...rest] = libbpfCopies();
  if (first === undefined) throw new Error("libbpf has headers");
  return {
    label: "COPY",
    outputs: [first, ...rest],
    inputs: [...names.map((name) => join(includeDir, "bpf", name)), ...generated],
    options: [],
    command: `<libbpf's headers from ${includeDir}>`,
    run: async () => {
      const folder = await makeFolder(join(plan.out, WORK, "bpf"));
      if (!folder.ok) return folder;
      for (const name of names) {
        const copied = await copyFile(join(includeDir, "bpf", name), join(plan.out, WORK, "bpf", name));
        if (!copied.ok) return copied;
      }
      for (const name of generated) {
        const copied = await copyFile(join(plan.out, name), join(plan.out, WORK, "bpf", name));
        if (!copied.ok) return copied;
      }
      return ok([]);
    },
  };
}

function copyRule(plan: Plan, from: string, output: string): Rule {
  return {
    label: "COPY",
    outputs: [output],
    inputs: [from],
    options: [],
    command: `cp ${from} ${output}`,
    run: async () => {
      const copied = await copyFile(from, join(plan.out, output));
      return copied.ok ? ok([]) : copied;
    },
  };
}

async function copyFile(from: string, to: string): Promise<Result<void>> {
  const content = await readInput(from);
  return content.ok ? writeOutput(to, content.value) : content;
}

/** Writes the same content under several names in the output folder. */
export async function writeAll(
  out: string,
  outputs: readonly string[],
  content: string | Uint8Array,
): Promise<Result<readonly string[]>> {
  for (const output of outputs) {
    const written = await writeOutput(join(out, output), content);
    if (!written.ok) return written;
  }
  return ok([]);
}

/** A rule's work that is a tool whose stdout is the output, if it passes the check. It runs in the output folder. */
export function stdoutTo(
  plan: Plan,
  output: string,
  tool: { readonly tool: string; readonly file: string; readonly args: readonly string[] },
  check: OutputCheck,
): Rule["run"] {
  return (runTool) =>
    replaceFile(join(plan.out, output), async (temporary) => {
      const run = await runTool({ ...tool, cwd: plan.out, stdoutFile: temporary });
      if (!run.ok) return run;
      const whole = checkToolOutput(temporary, output, check);
      return whole.ok ? ok([]) : whole;
    });
}
