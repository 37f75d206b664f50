import { probeReadSites } from "#bpf-vm/helpers/probe-read.ts";
import type { Injection } from "#bpf-vm/injection.ts";
import { type LoadedProgram, sourceOf } from "#bpf-vm/program.ts";
import type { Emission } from "./emission.ts";
import { sourcePlace } from "./finding-record.ts";

/**
 * Every way in which a run over an image can be denied something: no image, no parser context, each reserve, each call site of
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
    { noImage: true },
    { noContext: true },
    ...counted("failReserve", most("reserves")),
    ...counted("refuseBuffer", most("buffers")),
    ...[...sites].map((failProbeSite) => ({ failProbeSite })),
  ];
}

/**
 * `2nd reserve fails`: an injection in words, for reports and names of cases. Commands have their position in the
 * stream, from 0, as everywhere.
 *
 * @param programs name the source line of a call site
 */
export function injectionTitle(injection: Injection, programs: readonly LoadedProgram[] = []): string {
  const { noImage, noContext, failReserve, refuseBuffer, failProbeCall, failProbeSite } = injection;
  const { failReserves = [], failProbeSites = [] } = injection;
  const parts = [
    noImage ? "no image" : undefined,
    noContext ? "no parser context" : undefined,
    failReserve === undefined ? undefined : `${ordinal(failReserve)} reserve fails`,
    ...failReserves.map((count) => `${ordinal(count)} reserve fails`),
    refuseBuffer === undefined ? undefined : `command ${refuseBuffer - 1} refused`,
    failProbeCall === undefined ? undefined : `${ordinal(failProbeCall)} probe_read fails`,
    failProbeSite === undefined ? undefined : `probe_read at ${siteTitle(failProbeSite, programs)} fails`,
    ...failProbeSites.map((site) => `probe_read at ${siteTitle(site, programs)} fails`),
  ];
  return parts.filter((part) => part !== undefined).join(", ");
}

function siteTitle(site: number, programs: readonly LoadedProgram[]): string {
  const program = programs.find((one) => probeReadSites(one).includes(site));
  const source = program && sourcePlace(sourceOf(program, site));
  return source ? `${source.file}:${source.line} (instruction ${site})` : `instruction ${site}`;
}

function ordinal(n: number): string {
  const ending = { one: "st", two: "nd", few: "rd", many: "th", zero: "th", other: "th" };
  return `${n}${ending[ORDINALS.select(n)]}`;
}

const ORDINALS = new Intl.PluralRules("en", { type: "ordinal" });
