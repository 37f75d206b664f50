import { describe, expect, it } from "vitest";
import { missingInterface } from "#generate/interface-header.ts";
import { CLANGS, compile } from "../formats/btf/clang.ts";

const USES = `int use(struct kexec_context *context, struct cmd_hdr *header, unsigned long id)
{
	struct bpf_parser_context *parser = bpf_get_parser_context(id);
	int sent = bpf_buffer_parser((char *)header, sizeof(*header), parser);
	bpf_put_parser_context(parser);
	return sent + context->kdump;
}
`;
const CONTEXT = "struct kexec_context { _Bool kdump; };\n";
const HEADER = "struct cmd_hdr { int cmd; } __attribute__((packed));\n";
const KFUNCS = `struct bpf_parser_context;
extern struct bpf_parser_context *bpf_get_parser_context(unsigned long id);
extern void
bpf_put_parser_context(struct bpf_parser_context *parser);
extern int bpf_buffer_parser(char *, int, struct bpf_parser_context *);
`;

describe("the interface that a source lacks", () => {
  it("is nothing where it declares all that it speaks of, or speaks of none", () => {
    expect(missingInterface(CONTEXT + HEADER + KFUNCS + USES, "v7")).toBeUndefined();
    const talk = 'const char *text = "struct cmd_hdr, bpf_buffer_parser() and \\"struct kexec_context\\"";';
    expect(missingInterface(`${talk} struct cmd_hdr_of_mine *mine;`, "v7")).toBeUndefined();
  });

  it.each([
    [HEADER + KFUNCS, "struct kexec_context {", "cmd_hdr"],
    [CONTEXT + KFUNCS, "struct cmd_hdr {", "kexec_context"],
    [CONTEXT + HEADER, "bpf_put_parser_context(", "kexec_context"],
  ])("is what is missing and nothing else", (declared, added, other) => {
    const text = missingInterface(declared + USES, "v7");
    expect(text).toContain(added);
    expect(text).not.toContain(other);
  });

  it.each(CLANGS.flatMap((clang) => (["v6", "v7"] as const).map((revision) => [clang, revision] as const)))(
    "compiles by %s, with the layout of %s",
    (clang, revision) => {
      const sizes = { v6: { header: 8, kernel: 8 }, v7: { header: 10, kernel: 264 } }[revision];
      const checks = `_Static_assert(sizeof(struct cmd_hdr) == ${sizes.header}, "cmd_hdr");
_Static_assert(__builtin_offsetof(struct kexec_context, kernel) == ${sizes.kernel}, "kexec_context");\n`;
      const source = (missingInterface(USES, revision) ?? "") + checks + USES;
      expect(compile(clang, { "main.c": source }).length).toBeGreaterThan(0);
    },
  );
});
