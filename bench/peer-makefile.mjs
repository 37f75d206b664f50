// SPDX-License-Identifier: MIT
/**
 * The steps of the series' tools/kexec/Makefile as plain make and the usual tools do them, for the
 * benchmark to compare with. Variables come from make's command line. Two things are not as in
 * the series, so that both sides make the same bytes: the compiler's flags are kexec-bpf's, and image_size.h
 * has the sizes that its parsers ask for.
 *
 * @param targets the parsers' names
 * @param nested the parser whose container goes into that of each; absent where there is none
 * @returns the Makefile's text
 */
export function peerMakefile(targets, nested) {
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

${targets.map((name) => container(name, nested[name])).join("\n")}`;
}

function container(name, inner) {
  const more = inner === undefined ? "" : ` ${inner}.bpf`;
  const nest = inner === undefined ? "" : ` --add-section .bpf.nested=${inner}.bpf`;
  return `${name}.bpf: ${name}_bytecode.o ${name}.base.o${more}
	objcopy --strip-all --remove-section '*' --add-section .bpf.1=$<${nest} ${name}.base.o $@
`;
}
