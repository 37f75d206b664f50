import type { ListedInstruction, ProgramListing } from "#bpf-vm/disassembly.ts";
import type { Style } from "#report/style.ts";

/** A program as the verifier's log prints it, after a line that says which one it is. */
export function programText(
  program: ProgramListing,
  { raw, style }: { readonly raw: boolean; readonly style: Style },
): string {
  const lines = program.lines.flatMap((line) => {
    if (line.kind !== "instruction") return [style.dim(line.text)];
    return raw ? [line.text, style.dim(rawBytes(line.instruction))] : [line.text];
  });
  return `${[heading(program), ...lines].join("\n")}\n`;
}

function heading(program: ProgramListing): string {
  const { section, name, attachedTo, type } = program;
  const count = `${instructionsOf(program).length} instructions`;
  // What was not loaded is a section; its functions are named in the listing.
  if (type === null) return `${section}: not loaded, ${count}`;
  const place = section === null ? "" : `${section}: `;
  const attached = attachedTo === null ? "" : `, attached to ${attachedTo}`;
  return `${place}program ${name}${attached}, ${count}`;
}

/** As bpftool prints opcodes, under the instruction. */
function rawBytes({ raw }: ListedInstruction): string {
  return `       ${raw.match(/../g)?.join(" ")}`;
}

function instructionsOf({ lines }: ProgramListing): readonly ListedInstruction[] {
  return lines.flatMap((line) => (line.kind === "instruction" ? [line.instruction] : []));
}

/** A program for machines. @param raw with the encoded bytes */
export function programJson(program: ProgramListing, raw: boolean) {
  const { lines, ...facts } = program;
  return {
    ...facts,
    instructions: instructionsOf(program).map(({ raw: bytes, ...instruction }) => {
      const { slot, text, source } = instruction;
      return { slot, text, ...(raw && { raw: bytes }), source };
    }),
  };
}
