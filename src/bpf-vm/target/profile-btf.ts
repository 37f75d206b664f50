import { ANCHOR, KFUNCS, type Revision, revisionProfile } from "#abi/revisions.ts";
import { alignUp } from "#bytes/align.ts";
import type { Btf } from "#formats/btf/btf.ts";
import { decodeBtf } from "#formats/btf/decode.ts";
import { BtfWriter, type WrittenMember } from "./btf-writer.ts";

const POINTER_SIZE = 8;

/**
 * The BTF of a kernel that has the interface and nothing else: the anchor, the kfuncs, the structs, laid
 * out as a 64-bit compiler does. It stands in where the target's own BTF has no such thing.
 *
 * Sources: docs/spec.md, "The kernel's side"; the members are the revision profile's.
 */
export function profileBtf(revision: Revision): Btf {
  const profile = revisionProfile(revision);
  const writer = new BtfWriter();
  const types = new BaseTypes(writer);
  const context = declareContext(writer, types, revision);
  const parser = writer.pointer(writer.forward("bpf_parser_context"));
  writer.struct(
    "cmd_hdr",
    profile.headerSize,
    profile.header.reduce<{ readonly end: number; readonly members: readonly WrittenMember[] }>(
      ({ end, members }, { name, size }) => ({
        end: end + size,
        members: [...members, { name, type: types.unsigned(size), offset: end }],
      }),
      { end: 0, members: [] },
    ).members,
  );
  writer.func(ANCHOR, 0, [
    { name: "context", type: writer.pointer(context) },
    { name: "parser_id", type: types.named("unsigned long").id },
  ]);
  for (const { name } of KFUNCS) {
    const [returns, parameters] = prototypeOf(name, writer, types, parser);
    writer.func(name, returns, parameters);
  }
  const btf = decodeBtf(writer.finish());
  if (!btf.ok) throw new Error(`BTF of our own: ${btf.failure.detail}`);
  return btf.value;
}

function prototypeOf(
  name: string,
  writer: BtfWriter,
  types: BaseTypes,
  parser: number,
): [returns: number, parameters: { readonly name: string; readonly type: number }[]] {
  switch (name) {
    case "bpf_get_parser_context":
      return [parser, [{ name: "id", type: types.named("unsigned long").id }]];
    case "bpf_put_parser_context":
      return [0, [{ name: "context", type: parser }]];
    case "bpf_buffer_parser":
      return [
        types.named("int").id,
        [
          { name: "buf", type: writer.pointer(types.named("char").id) },
          { name: "buf_sz", type: types.named("int").id },
          { name: "context", type: parser },
        ],
      ];
    default:
      throw new Error(`no prototype for ${name}`);
  }
}

function declareContext(writer: BtfWriter, types: BaseTypes, revision: Revision): number {
  const members: WrittenMember[] = [];
  let end = 0;
  const { context, enums } = revisionProfile(revision);
  for (const { name, enumerators } of enums) types.enumeration(name, enumerators);
  for (const { name, declaration } of context) {
    const { id, size, alignment } = types.declared(declaration, name);
    const offset = alignUp(end, alignment);
    members.push({ name, type: id, offset });
    end = offset + size;
  }
  return writer.struct("kexec_context", alignUp(end, POINTER_SIZE), members);
}

type Sized = { readonly id: number; readonly size: number; readonly alignment: number };

/** C's types, each written once. Sizes are of every 64-bit kernel. */
class BaseTypes {
  readonly #writer: BtfWriter;
  readonly #known = new Map<string, Sized>();

  constructor(writer: BtfWriter) {
    this.#writer = writer;
  }

  named(name: string): Sized {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const [size, encoding] = BASE[name] ?? [];
    if (size === undefined || encoding === undefined) throw new Error(`C type ${name}`);
    const made = { id: this.#writer.int(name, size, encoding), size, alignment: size };
    this.#known.set(name, made);
    return made;
  }

  enumeration(name: string, enumerators: readonly string[]): void {
    const id = this.#writer.typedef(name, this.#writer.enumeration("", enumerators));
    this.#known.set(name, { id, size: 4, alignment: 4 });
  }

  unsigned(size: number): number {
    const names: Readonly<Record<number, string>> = {
      1: "unsigned char",
      2: "short unsigned int",
      4: "unsigned int",
    };
    return this.named(names[size] ?? "unsigned long").id;
  }

  /** `char *name[16]`, `unsigned long name`, … */
  declared(declaration: string, name: string): Sized {
    const match = new RegExp(`^(.+?) (\\*?)${name}(?:\\[(\\d+)\\])?$`).exec(declaration);
    if (match === null) throw new Error(`declaration ${declaration}`);
    const [, base = "", star, length] = match;
    const plain = this.named(base);
    const element =
      star === "*"
        ? { id: this.#writer.pointer(plain.id), size: POINTER_SIZE, alignment: POINTER_SIZE }
        : plain;
    if (length === undefined) return element;
    const count = Number(length);
    const id = this.#writer.array(element.id, this.named("unsigned int").id, count);
    return { id, size: count * element.size, alignment: element.alignment };
  }
}

const BASE: Readonly<Record<string, readonly [size: number, encoding: "unsigned" | "signed" | "bool"]>> = {
  bool: [1, "bool"],
  char: [1, "unsigned"],
  int: [4, "signed"],
  "unsigned char": [1, "unsigned"],
  "short unsigned int": [2, "unsigned"],
  "unsigned int": [4, "unsigned"],
  "unsigned long": [8, "unsigned"],
};
