import { basename } from "node:path";
import { VERSION } from "#api/common/version.ts";
import type { Context } from "#api/context.ts";
import type { Prover } from "#build/plan.ts";
import type { ProofRecord } from "#core/proof-record.ts";
import { err, ok, type Result } from "#core/result.ts";
import { SPECIFICATION_VERSION } from "#prove/specification/version.ts";

/** Seconds for one query. */
const TIMEOUT = 120;

/** Proves containers as steps of a build. It is loaded where a proof is asked for. */
export function proverFor(context: Context): Prover {
  return {
    identity: `${VERSION}, specification ${SPECIFICATION_VERSION}`,
    prove: (container, certificate, signal) => proveContainer(container, certificate, { ...context, signal }),
  };
}

async function proveContainer(file: string, certificate: string, context: Context): Promise<Result<void>> {
  const { isProof, prove } = await import("./prove.ts");
  const name = basename(file);
  const proven = await prove(
    {
      parsers: [{ name, file }],
      ...{ reference: undefined, safety: false, abi: undefined, arch: undefined, btf: undefined },
      limits: { kernel: undefined, initrd: undefined, cmdline: undefined },
      ...{ include: [], clang: undefined, libbpfHeaders: undefined, solver: undefined, timeout: TIMEOUT },
      ...{ counterexamples: undefined, smt2: undefined, certificate, html: undefined, withTimes: false },
    },
    context,
  );
  if (!proven.ok) return proven;
  if (isProof(proven.value)) return ok(undefined);
  const [error] = proven.value.errors;
  return error === undefined
    ? err({ reason: "not-proven", file: name, detail: whatIsOpen(proven.value) })
    : err(error.failure);
}

function whatIsOpen({ programs }: ProofRecord): string {
  const open = programs.flatMap((one) => one.open);
  const [first] = open;
  if (first !== undefined) return `${first.status}: ${first.kind}: ${first.detail}`;
  const [gap] = programs.flatMap((one) => one.gaps);
  return gap?.detail ?? "not every path could be decided";
}
