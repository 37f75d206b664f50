import { KFUNCS, type Revision, revisionProfile } from "#abi/revisions.ts";

/** C's types by their size in bytes. */
const UNSIGNED: ReadonlyMap<number, string> = new Map([
  [1, "unsigned char"],
  [2, "unsigned short"],
  [4, "unsigned int"],
]);

/** Where bpftool's `vmlinux.h` has the kfuncs of a kernel. */
const KSYM = '__attribute__((section(".ksyms"), weak))';
const RELOCATED = "__attribute__((preserve_access_index))";

/** What is only talked of. */
const STRING = /"(?:\\.|[^"\\\n])*"/g;

/**
 * What a `vmlinux.h` of a kernel with the series has of the parsers' interface and this source has not: declarations of the
 * built-in profile, for clang's `-include`. Undefined where nothing that the source speaks of is missing.
 *
 * @param preprocessed the source after the preprocessor, with all headers
 */
export function missingInterface(preprocessed: string, revision: Revision): string | undefined {
  const source = preprocessed.replaceAll(STRING, '""');
  const profile = revisionProfile(revision);
  const parts: string[] = [];
  if (lacksStruct(source, "kexec_context")) {
    const enums = profile.enums.map(
      ({ name, enumerators }) => `typedef enum { ${enumerators.join(", ")} } ${name};`,
    );
    const members = profile.context.map(({ declaration }) => `\t${declaration.replace(/^bool /, "_Bool ")};`);
    parts.push(...enums, "struct kexec_context {", ...members, `} ${RELOCATED};`);
  }
  if (lacksStruct(source, "cmd_hdr")) {
    const members = profile.header.map(({ name, size }) => `\t${UNSIGNED.get(size)} ${name};`);
    parts.push("struct cmd_hdr {", ...members, `} __attribute__((packed, preserve_access_index));`);
  }
  const kfuncs = KFUNCS.filter(({ name }) => lacksFunction(source, name));
  if (kfuncs.length > 0) parts.push("struct bpf_parser_context;");
  parts.push(...kfuncs.map(({ declaration }) => `extern ${declaration} ${KSYM};`));
  return parts.length === 0 ? undefined : `${parts.join("\n")}\n`;
}

function lacksStruct(source: string, name: string): boolean {
  const struct = `\\bstruct\\s+${name}\\b`;
  return new RegExp(struct).test(source) && !new RegExp(`${struct}[^;{}()]*\\{`).test(source);
}

function lacksFunction(source: string, name: string): boolean {
  const call = `\\b${name}\\s*\\(`;
  return new RegExp(call).test(source) && !new RegExp(`\\bextern\\b[^;{}]*${call}`).test(source);
}
