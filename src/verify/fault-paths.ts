import { probeReadSites } from "#vm/helpers/probe-read.ts";
import type { Injection } from "#vm/injection.ts";
import type { Emission } from "./emission.ts";

/**
 * Every way in which a run over an image can be denied something: no parser context, each reserve, each call site of
 * probe_read that the run came by, and the kernel's refusal of each command.
 */
export function faultPaths({ runs }: Emission): readonly Injection[] {
  const most = (count: "reserves" | "buffers") =>
    Math.max(0, ...runs.map(({ outcome }) => outcome.calls[count]));
  const counted = <Name extends keyof Injection>(name: Name, count: number) =>
    Array.from({ length: count }, (_, i): Injection => ({ [name]: i + 1 }));
  // Where a run does not come by without a fault, it does not come by with one.
  const sites = new Set(
    runs.flatMap(({ program, outcome: { coverage } }) =>
      probeReadSites(program).filter((site) => coverage[site] !== 0),
    ),
  );
  return [
    { noContext: true },
    ...counted("failReserve", most("reserves")),
    ...counted("refuseBuffer", most("buffers")),
    ...[...sites].map((failProbeSite) => ({ failProbeSite })),
  ];
}

/** `reserve 2 fails`: an injection in words, for reports and names of cases. */
export function injectionTitle(injection: Injection): string {
  const { noContext, failReserve, refuseBuffer, failProbeCall, failProbeSite } = injection;
  const parts = [
    noContext ? "no parser context" : undefined,
    failReserve === undefined ? undefined : `reserve ${failReserve} fails`,
    refuseBuffer === undefined ? undefined : `command ${refuseBuffer} refused`,
    failProbeCall === undefined ? undefined : `probe_read call ${failProbeCall} fails`,
    failProbeSite === undefined ? undefined : `probe_read at instruction ${failProbeSite} fails`,
  ];
  return parts.filter((part) => part !== undefined).join(", ");
}
