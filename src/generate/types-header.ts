import { err, ok, type Result } from "#core/result.ts";
import type { Btf } from "#formats/btf/btf.ts";
import { emitHeader } from "#formats/btf/c/c-header.ts";

/** What libbpf's headers and every parser need; no kernel with BPF is without it. */
const NEEDED: readonly string[] = [
  ...["__u8", "__u16", "__u32", "__u64", "__s8", "__s16", "__s32", "__s64"],
  ...["__be16", "__be32", "__wsum", "bool"],
  ...["enum bpf_map_type", "BPF_RB_NO_WAKEUP"],
  // A record of any kind: clang warns of the header's attribute pragma where it meets none.
  "struct list_head",
];

/** What there is to have only in some kernels: the interface itself, and `true` before C23. */
const WANTED: readonly string[] = ["struct kexec_context", "struct bpf_parser_context", "true"];

/** A warning in what is generated is a fault of the generator, and may well be a struct of another layout. */
const STRICT = `#pragma clang diagnostic push
#pragma clang diagnostic error "-Wall"
#pragma clang diagnostic error "-Wextra"
#pragma clang diagnostic error "-Wmissing-declarations"
`;
const RELAXED = "#pragma clang diagnostic pop\n";

const BOOLEANS = "#define false 0\n#define true 1\n";

/**
 * A vmlinux.h with the few types that parsers reach.
 *
 * @param more names of types or enumerators that targets' descriptions ask for; what the BTF lacks of them, or C cannot say, is left
 *   out, for it may be a target that nobody builds which asks (`missingTypes()`)
 *
 * Errors: `malformed` where the BTF lacks a type that every parser needs.
 */
export function renderTypesHeader(btf: Btf, more: readonly string[]): Result<string> {
  const whole = emitHeader(btf, [...NEEDED, ...more, ...WANTED]);
  // One that C cannot say is another's trouble in the same way.
  const header = whole.ok ? whole : emitHeader(btf, [...NEEDED, ...sayable(btf, more), ...WANTED]);
  if (!header.ok) return header;
  const missing = header.value.missing.filter((name) => !WANTED.includes(name));
  if (missing.some((name) => NEEDED.includes(name))) {
    return err({
      reason: "malformed",
      format: "BTF",
      section: "type section",
      offset: 0,
      detail: `the types ${missing.join(", ")} are missing: this is not a kernel's BTF`,
    });
  }
  const { text, checks } = header.value;
  const booleans = header.value.missing.includes("true") ? `\n${BOOLEANS}` : "";
  return ok(`${STRICT}${text}\n${checks}${RELAXED}${booleans}`);
}

function sayable(btf: Btf, names: readonly string[]): readonly string[] {
  return names.filter((name) => emitHeader(btf, [name]).ok);
}

/**
 * Errors: `bad-target`, with the description, where the BTF lacks a type that it asks for; `malformed` where C cannot say it.
 *
 * @param kernel the file that the types are of
 */
export function missingTypes(
  btf: Btf,
  target: { readonly name: string; readonly types: readonly string[]; readonly file: string },
  kernel: string,
): Result<void> {
  const header = emitHeader(btf, target.types);
  if (!header.ok) return header;
  if (header.value.missing.length === 0) return ok(undefined);
  const detail = `"types" asks for what the types of ${kernel} lack: ${header.value.missing.join(", ")}`;
  return err({ reason: "bad-target", target: target.name, detail, file: target.file });
}
