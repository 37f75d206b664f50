import { type Listable, listProgram } from "#bpf-vm/disassembly.ts";
import { encodeProgram } from "#isa/instruction.ts";
import { listingText } from "#isa/listing.ts";
import type { Style } from "#report/style.ts";

/** A program as the verifier's log prints it, behind a line that says which one it is. */
export function disassemblyText(
  program: Listable,
  options: { readonly raw: boolean; readonly style: Style },
): string {
  const { style } = options;
  const lines = listProgram(program).flatMap((line) => {
    const text = listingText([line]);
    if (line.kind !== "instruction") return text.map(style.dim);
    return options.raw ? [...text, style.dim(rawBytes(encodeProgram([line.instruction])))] : text;
  });
  return `${[heading(program), ...lines].join("\n")}\n`;
}

function heading({ section, name, attachedTo, instructions, symbols }: Listable): string {
  // What was not loaded is a section; its functions are named in the listing.
  if (symbols !== undefined) return `${section}: not loaded, ${instructions.length} instructions`;
  const place = section === undefined ? "" : `${section}: `;
  const attached = attachedTo === undefined ? "" : `, attached to ${attachedTo}`;
  return `${place}program ${name}${attached}, ${instructions.length} instructions`;
}

/** As bpftool prints opcodes, under the instruction. */
function rawBytes(bytes: Uint8Array): string {
  return `       ${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ")}`;
}
