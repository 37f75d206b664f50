import { ByteList } from "./code.ts";
import { W } from "./opcodes.ts";

/** Sections of a module. Source: WebAssembly Core Specification, section 5.5. */
const TYPES = 1;
const IMPORTS = 2;
const FUNCTIONS = 3;
const EXPORTS = 7;
const CODE = 10;
const MAGIC_AND_VERSION = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const FUNCTION = 0x00;
const MEMORY = 0x02;
const FUNCTION_TYPE = 0x60;
/** Limits with a maximum. */
const AT_LEAST_AND_MOST = 0x01;

export type Signature = { readonly takes: readonly number[]; readonly gives: readonly number[] };

/** A function: value types of what it takes, gives, and keeps in further locals; its instructions without the last `end`. */
export type WasmFunction = Signature & {
  readonly locals: readonly number[];
  readonly body: readonly number[];
  readonly exportAs?: string;
};

/** A module of functions over one imported memory; its imports, all of `env`, have the first numbers. */
export type ModuleParts = {
  readonly memoryPages: { readonly least: number; readonly most: number };
  readonly imports: readonly (Signature & { readonly name: string })[];
  readonly functions: readonly WasmFunction[];
};

export function encodeModule({ memoryPages, imports, functions }: ModuleParts): Uint8Array {
  const all = [...imports, ...functions];
  const list = new ByteList().append(MAGIC_AND_VERSION);
  section(list, TYPES, all, (part, { takes, gives }) => {
    part.byte(FUNCTION_TYPE).unsigned(takes.length).append(takes).unsigned(gives.length).append(gives);
  });
  section(list, IMPORTS, [undefined, ...imports.keys()], (part, i) => {
    part.name("env");
    if (i === undefined) {
      part.name("memory").byte(MEMORY).byte(AT_LEAST_AND_MOST);
      part.unsigned(memoryPages.least).unsigned(memoryPages.most);
    } else {
      part.name(imports[i]?.name ?? "");
      part.byte(FUNCTION).unsigned(i);
    }
  });
  section(list, FUNCTIONS, [...functions.keys()], (part, i) => part.unsigned(imports.length + i));
  const exported = [...functions.entries()].filter(([, { exportAs }]) => exportAs !== undefined);
  section(list, EXPORTS, exported, (part, [i, { exportAs = "" }]) => {
    part.name(exportAs).byte(FUNCTION);
    part.unsigned(imports.length + i);
  });
  section(list, CODE, functions, (part, { locals, body }) => {
    const code = new ByteList().unsigned(locals.length);
    for (const type of locals) code.unsigned(1).byte(type);
    code.append(body).byte(W.end);
    part.unsigned(code.bytes.length).append(code.bytes);
  });
  return Uint8Array.from(list.bytes);
}

function section<T>(
  list: ByteList,
  id: number,
  entries: readonly T[],
  write: (part: ByteList, entry: T) => void,
): void {
  const part = new ByteList().unsigned(entries.length);
  for (const entry of entries) write(part, entry);
  list.byte(id).unsigned(part.bytes.length).append(part.bytes);
}
