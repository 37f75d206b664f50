import { join } from "node:path";
import { type Revision, revisionProfile } from "#abi/revisions.ts";
import { packageRoot } from "#api/common/package-root.ts";
import { COMPILER_FLAGS } from "#build/rules/program.ts";
import { ok, type Result } from "#core/result.ts";
import { readInputText } from "#files/input-file.ts";
import { ARCHITECTURES } from "#kernel-image/architecture.ts";
import { type EjectedParser, parsersFor } from "./parsers.ts";

/** Files of `templates/eject`, in the order in which a reader wants them. */
const FILES = ["README", "Makefile", "bpf_helper_defs.h"] as const;

/** Makefile, README and the list of helpers, by name. Errors: `file-failed`. */
export async function buildFiles(
  parsers: readonly EjectedParser[],
  revision: Revision,
): Promise<Result<ReadonlyMap<string, string>>> {
  const values = placeholders(parsers, revision);
  const texts = new Map<string, string>();
  for (const name of FILES) {
    const text = await readInputText(join(packageRoot(), "templates", "eject", name));
    if (!text.ok) return text;
    texts.set(
      name,
      text.value.replace(/@([A-Z_]+)@/g, (whole, key: string) => values[key] ?? whole),
    );
  }
  return ok(texts);
}

/** What stands for `@NAME@` in the templates. */
function placeholders(
  parsers: readonly EjectedParser[],
  revision: Revision,
): Readonly<Record<string, string>> {
  return {
    REVISION: revision,
    HEADER_SIZE: String(revisionProfile(revision).headerSize),
    // BPF_PROG() and bodies make parameters that are not used.
    FLAGS: [...COMPILER_FLAGS, "-Wno-unused-parameter"].join(" "),
    // As a build of v6 makes them.
    UNNAMED: revision === "v6" ? "bytecode.c bytecode.o" : "",
    PARSERS: parserVariables(parsers, revision).join("\n"),
    NAMES: parsers.map(({ target }) => target.name).join(", "),
    FILES: fileList(parsers),
  };
}

/** `PARSERS-arm64 := plain uki zboot`, and what each nests: `nested-uki-arm64 := zboot plain`. */
function parserVariables(parsers: readonly EjectedParser[], revision: Revision): readonly string[] {
  return ARCHITECTURES.flatMap((arch) => {
    const targets = parsersFor(parsers, { revision, arch });
    const nested = targets.flatMap(({ name, nested: { [arch]: names = [] } }) =>
      names.length === 0 ? [] : [`nested-${name}-${arch} := ${names.join(" ")}`],
    );
    return [`PARSERS-${arch} := ${targets.map(({ name }) => name).join(" ")}`, ...nested];
  });
}

/** Where each parser's source lies, and what it does; the template's own lines begin at column 24. */
function fileList(parsers: readonly EjectedParser[]): string {
  const rows = parsers.map(({ target, sources }) => {
    const file = `${target.name}_parser_bpf.c`;
    return [sources.has(file) ? file : `*/${file}`, target.description] as const;
  });
  const width = Math.max(24, ...rows.map(([file]) => file.length));
  return rows.map(([file, description]) => `${file.padEnd(width)} ${description}`).join("\n");
}
