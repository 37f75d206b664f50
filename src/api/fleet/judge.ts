import { join } from "node:path";
import type { Context } from "#api/context.ts";
import { verify } from "#api/verify/verify.ts";
import type { LoadedParser } from "#bpf-vm/load-parser.ts";
import type { BuildReport } from "#build/build.ts";
import { PRIVATE } from "#build/state/state.ts";
import { ok, type Result } from "#core/result.ts";
import type { Verification } from "#core/verification.ts";
import { readInput } from "#files/input-file.ts";
import { stampOf } from "#files/stamp.ts";
import type { FleetKernel } from "#fleet/file/fleet-file.ts";
import type { ImagesOutcome, ParserOutcome } from "#fleet/record.ts";
import { loadInput } from "#fuzz/campaign-input.ts";
import { parseArchitecture } from "#kernel-image/architecture.ts";
import { failureText } from "#report/failure-text.ts";
import { findingText, shortfallText } from "#report/finding-text.ts";

/** What a kernel's parsers are, and what they do with its images. */
export type JudgedKernel = {
  readonly parsers: readonly ParserOutcome[];
  readonly verification: ImagesOutcome | null;
};

type Load = Pick<ParserOutcome, "loads" | "instructions">;

/** Judges built parsers: equal ones, on equal images, once. */
export class FleetJudge {
  readonly #loads = new Map<string, Promise<Load>>();
  readonly #verifications = new Map<string, Promise<Result<Verification>>>();
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  /** Errors: `cancelled`. */
  async judge(kernel: FleetKernel, built: BuildReport): Promise<Result<JudgedKernel>> {
    const verified = await this.#verified(kernel, built);
    if (verified !== undefined && !verified.ok) return verified;
    const verification = verified?.value;
    const parsers: ParserOutcome[] = [];
    for (const { name } of built.containers) {
      const output = built.outputs.find((one) => one.name === name);
      if (output === undefined) continue;
      parsers.push({
        target: name.replace(/\.bpf$/, ""),
        file: name,
        sha256: output.sha256,
        size: output.size,
        ...(await this.#load(join(built.out, name), output.sha256)),
        verdict: verification === undefined ? null : verdictOn(name, verification),
        verifierInstructions: null,
        // What cannot be proven fails the build.
        proven: kernel.prove ? true : null,
      });
    }
    return ok({ parsers, verification: verification === undefined ? null : outcomeOf(verification) });
  }

  #load(file: string, sha256: string): Promise<Load> {
    const known = this.#loads.get(sha256) ?? load(file);
    this.#loads.set(sha256, known);
    return known;
  }

  async #verified(kernel: FleetKernel, built: BuildReport): Promise<Result<Verification> | undefined> {
    if (kernel.verify.length === 0) return undefined;
    const containers = built.outputs.filter(({ name }) => name.endsWith(".bpf"));
    // Only a kernel that has the interface tells anything that the built-in profile does not.
    const own = built.abi.source === "target" ? join(built.out, PRIVATE, "vmlinux.btf") : undefined;
    const key = JSON.stringify([
      containers.map(({ name, sha256 }) => [name, sha256]),
      kernel.verify.map((path) => [path, stampOf(path)]),
      [built.arch, own],
    ]);
    const known = this.#verifications.get(key) ?? this.#verify(kernel, built, own);
    this.#verifications.set(key, known);
    return known;
  }

  async #verify(
    kernel: FleetKernel,
    built: BuildReport,
    btf: string | undefined,
  ): Promise<Result<Verification>> {
    const { arch, abi, sizes, out } = built;
    const verified = await verify(
      {
        parsers: built.containers.map(({ name }) => ({ name, file: join(out, name) })),
        images: kernel.verify.map((file) => ({ name: file, file })),
        ...{ reference: undefined, abi: abi.revision, arch: parseArchitecture(arch), btf },
        ...{
          comparison: "exact",
          faultPaths: true,
          expect: undefined,
          expected: undefined,
          coverage: false,
          keep: false,
        },
        limits: { kernel: sizes.kernel, initrd: sizes.initrd, cmdline: sizes.cmdline },
        ...{ include: [], clang: undefined, libbpfHeaders: undefined },
      },
      this.#context,
    );
    return verified.ok ? ok(verified.value.verification) : verified;
  }
}

async function load(file: string): Promise<Load> {
  const bytes = await readInput(file);
  const loaded = bytes.ok ? loadInput(file, bytes.value, undefined) : bytes;
  if (!loaded.ok) return { loads: false, instructions: null };
  return { loads: true, instructions: instructionsOf(loaded.value.parser) };
}

/** Of all its programs, those for the next layer included. */
function instructionsOf({ programs, nested }: LoadedParser): number {
  const own = programs.reduce((sum, { instructions }) => sum + instructions.length, 0);
  return nested === undefined ? own : own + instructionsOf(nested);
}

/** A container's own parsers have names that begin with its file's. */
function verdictOn(container: string, { verdicts, loads }: Verification): ParserOutcome["verdict"] {
  const own = verdicts.filter(({ parser }) => parser === container || parser.startsWith(`${container} `));
  const loaded = loads.filter((one) => one.container === container);
  if (own.length === 0 && loaded.length === 0) return null;
  return own.every(({ ok: good }) => good) && loaded.every(({ outcome }) => outcome !== "fails")
    ? "passed"
    : "failed";
}

function outcomeOf({ verdicts, shortfalls, errors, counts }: Verification): ImagesOutcome {
  const findings = verdicts.flatMap(({ parser, image, findings: found }) =>
    found.map((finding) => `${parser} on ${image}: ${findingText(finding)}`),
  );
  const others = [...shortfalls.map(shortfallText), ...errors.map(({ failure }) => failureText(failure))];
  const all = [...findings, ...others];
  return { passed: verdicts.length > 0 && all.length === 0, images: counts.judged, findings: all };
}
