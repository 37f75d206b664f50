import { type Bits, variable } from "./term.ts";

/** What variables and memories are called in terms: the machine, the specification and examples agree on them here. */

/** The image's memory: bytes at an offset that only probe_read may take. */
export const IMAGE = "image";

/** The variable that is the image's size, in bytes. */
export const IMAGE_SIZE = "image size";

/** What a memory holds that nobody has written to, as a memory of its own. */
export function initialName(memory: string): string {
  return `initial ${memory}`;
}

/** What the anchor was called with: the context and the parser's id, 8 bytes each. */
export const ARGUMENTS = "the anchor's arguments";

/** The anchor's context. Of it a virtual machine fills in the image alone, and the rest with zeroes. */
export const CONTEXT = "struct kexec_context";

/** What a failed call answers: any error, and in the virtual machine this one. A number after it tells one from another. */
export function errorTitle(errno: number): string {
  return `error, ${errno} in the machine,`;
}

/** The error number that the virtual machine answers with where this variable stands. Undefined for any other. */
export function errnoInMachine(name: string): number | undefined {
  const errno = /^error, (\d+) in the machine, \d+$/.exec(name)?.[1];
  return errno === undefined ? undefined : Number(errno);
}

/** Bytes of the image, 64 bits wide. */
export function imageSize(): Bits {
  return variable(64, IMAGE_SIZE);
}

/** The variable that is a turn's number. */
export function turnName(loop: string): string {
  return `${loop} turn`;
}

/** A state of a loop's search: before the turn that is looked at, or after all of them. */
export type Moment = "before" | "after";

/** What comes before a member's name in the variables of a loop's search. */
export function momentName(loop: string, moment: Moment): string {
  return `${loop} ${moment}`;
}

/** What a variable of a loop is: its turn's number, or a member of its search's state. Undefined for any other name. */
export function loopVariable(
  name: string,
): { readonly kind: "turn" } | { readonly kind: Moment; readonly member: string } | undefined {
  const [, turn, moment, member] = /^loop \d+ (?:(turn)|(before|after) (.+))$/.exec(name) ?? [];
  if (turn !== undefined) return { kind: "turn" };
  if (member === undefined) return undefined;
  return { kind: moment === "after" ? "after" : "before", member };
}
