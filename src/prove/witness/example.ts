import { PROBE_READ_HELPERS } from "#bpf-vm/helpers/probe-read.ts";
import type { Injection } from "#bpf-vm/injection.ts";
import type { LoadedProgram } from "#bpf-vm/program.ts";
import { helperName } from "#isa/helpers.ts";
import { formOf } from "#isa/lookup.ts";
import type { LoopEnd, PathState, Trail } from "#prove/machine/state.ts";

/** An image and what is denied in the run over it. */
export type Example = { readonly image: Uint8Array; readonly injection: Injection };

/**
 * What a path was denied, for the virtual machine.
 *
 * @param turn the one that the path tells of, where it tells of one
 * @param probesATurn calls of probe_read in a turn that goes on
 */
export function injectionOf(
  program: LoadedProgram,
  state: PathState,
  turn: number | undefined,
  probesATurn: number,
): Injection {
  const { noImage, noContext, reserves, probeSites, buffer } = state.denials;
  const denied = state.loops.find((end) => end.kind === "denied");
  return {
    ...(noImage && { noImage }),
    ...(noContext && { noContext }),
    ...(reserves.length > 0 && { failReserves: reserves }),
    ...(probeSites.length > 0 && state.turnOf === undefined && { failProbeSites: probeSites }),
    ...(buffer !== undefined && { refuseBuffer: buffer }),
    ...(denied?.kind === "denied" && {
      failProbeCall: callInTurn(program, state, denied, turn ?? 0, probesATurn),
    }),
  };
}

/** Which call of probe_read, from 1, is the one in the turn that was denied. */
function callInTurn(
  program: LoadedProgram,
  { trail }: PathState,
  { slot, trail: turn, denials }: LoopEnd & { kind: "denied" },
  turns: number,
  probesATurn: number,
): number {
  const site = denials.probeSites[0] ?? -1;
  const before = probeCalls(program, trail, slot);
  const within = slotsOf(turn).filter((one) => isProbe(program, one));
  return before + turns * probesATurn + within.indexOf(site) + 1;
}

/** Calls of probe_read on a trail before it came to a slot. */
export function probeCalls(program: LoadedProgram, trail: Trail, until?: number): number {
  const slots = slotsOf(trail);
  const end = until === undefined ? -1 : slots.indexOf(until);
  return slots.slice(0, end < 0 ? undefined : end).filter((one) => isProbe(program, one)).length;
}

/** In the order in which they were executed. */
export function slotsOf(trail: Trail): readonly number[] {
  const slots: number[] = [];
  for (let one = trail; one !== undefined; one = one.before) slots.push(one.slot);
  return slots.reverse();
}

const PROBES: ReadonlySet<string> = new Set(PROBE_READ_HELPERS.map(({ name }) => name));

function isProbe(program: LoadedProgram, slot: number): boolean {
  const instruction = program.instructions.find(({ index }) => index === slot);
  if (instruction === undefined) return false;
  const { does } = formOf(instruction);
  return does.kind === "call" && does.target === "helper" && PROBES.has(helperName(instruction.imm) ?? "");
}
