// SPDX-License-Identifier: MIT
/**
 * The steps of the series' tools/kexec/Makefile as plain make and the usual tools do them, for the
 * benchmark to compare with. Variables come from make's command line. Two things are not as in
 * the series, so that both sides make the same bytes: the compiler's flags are kexec-bpf's, and image_size.h
 * has the sizes that its parsers ask for.
 *
 * @param parsers by name, each with the parsers whose bytecode goes into its container's `.bpf.nested`
 * @returns the Makefile's text
 */
export function peerMakefile(parsers) {
  const targets = [...parsers.keys()];
  return `# Variables: BPFTOOL CLANG FLAGS VMLINUX LIBBPF IMAGE ALLOWANCE INITRD CMDLINE COMMAND_HEADER
HEADERS := vmlinux.h bpf_helper_defs.h image_size.h

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: ${targets.join(" ")}
${targets.map((name) => `${name}: $(HEADERS) ${name}.bpf`).join("\n")}

vmlinux.h: $(VMLINUX)
	$(BPFTOOL) btf dump file $< format c > $@

bpf_helper_defs.h: $(LIBBPF)/bpf/bpf_helper_defs.h
	cp $< $@

image_size.h: $(IMAGE)
	image=$$(stat -L -c %s $<); \\
	ring() { \\
	  size=65536; \\
	  while [ $$size -le $$((($(COMMAND_HEADER) + $$1 + 7) / 8 * 8 + 8)) ]; do size=$$((size * 2)); done; \\
	  echo $$size; \\
	}; \\
	part() { echo "#define $$1_SIZE $$2"; echo "#define $$1_RING_SIZE $$(ring $$2)"; }; \\
	{ \\
	  echo "#define IMAGE_SIZE $$image"; \\
	  echo "#define IMAGE_SIZE_POWER2_ALIGN $$(ring $$image)"; \\
	  part KERNEL $$((image + $(ALLOWANCE))); part INITRD $(INITRD); part CMDLINE $(CMDLINE); \\
	  echo "#define MIN_RING_SIZE 65536"; \\
	} > $@

%_parser_bpf.o: %_parser_bpf.c $(HEADERS)
	$(CLANG) $(FLAGS) -I $(LIBBPF) -c $< -o $@

%_parser_bpf.lskel.h: %_parser_bpf.o
	$(BPFTOOL) gen skeleton -L $< > $@

%_bytecode.c: %_parser_bpf.lskel.h
	sed -n '/static const char opts_data\\[\\]/,/;/p' $< | sed 's/static const/const/' > $@
	sed -n '/static const char opts_insn\\[\\]/,/;/p' $< | sed 's/static const/const/' >> $@

%_bytecode.o: %_bytecode.c
	$(CLANG) -c $< -o $@

%.base.o:
	: | $(CLANG) -x c -c - -o $@

${[...parsers].map(([name, nested]) => container(name, nested)).join("\n")}`;
}

function container(name, nested) {
  const objects = nested.map((inner) => `${inner}_bytecode.o`);
  const inner = nested.length === 0 ? [] : [`${name}.nested.bpf`];
  const rule = `${name}.bpf: ${[`${name}_bytecode.o`, `${name}.base.o`, ...inner].join(" ")}
	${objcopy([`.bpf.1=$<`, ...inner.map((file) => `.bpf.nested=${file}`)])} ${name}.base.o $@
`;
  if (nested.length === 0) return rule;
  return `${rule}
${name}.nested.bpf: ${[...objects, `${name}.nested.base.o`].join(" ")}
	${objcopy(objects.map((file, i) => `.bpf.${i + 1}=${file}`))} ${name}.nested.base.o $@
`;
}

function objcopy(sections) {
  return ["objcopy --strip-all --remove-section '*'", ...sections.map((one) => `--add-section ${one}`)].join(
    " ",
  );
}
