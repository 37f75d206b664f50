// SPDX-License-Identifier: GPL-2.0-only
/*
 * Puts the bytecode of parsers into a container, as sections .bpf.1, .bpf.2, ... in the order given, which is the order in which
 * the kernel tries them; with the container for what these unpack as .bpf.nested:
 *
 *	container ARCH BYTECODE... [--nested CONTAINER]
 */
#include <string.h>

#include "host.h"

const char *program = "container";

enum { MOST_PROGRAMS = 8 };

static struct section section_of(const char *name, const char *path)
{
	struct section section = { .name = name, .type = SECTION_PROGBITS, .align = 8, .data = read_file(path) };

	if (section.data.size < 64 || memcmp(section.data.data, "\x7f" "ELF", 4))
		fail("%s is not an ELF file", path);
	return section;
}

int main(int argc, char **argv)
{
	static const char *const names[MOST_PROGRAMS] = {
		".bpf.1", ".bpf.2", ".bpf.3", ".bpf.4", ".bpf.5", ".bpf.6", ".bpf.7", ".bpf.8",
	};
	struct section sections[MOST_PROGRAMS + 1];
	size_t count = 0;
	int i;

	for (i = 2; i < argc && strcmp(argv[i], "--nested"); i++) {
		if (count == MOST_PROGRAMS)
			fail("more than %d parsers", MOST_PROGRAMS);
		sections[count] = section_of(names[count], argv[i]);
		count++;
	}
	if (!count || (i < argc && i != argc - 2))
		fail("usage: container ARCH BYTECODE... [--nested CONTAINER]");
	if (i < argc)
		sections[count++] = section_of(".bpf.nested", argv[i + 1]);
	finish_elf(argv[1], sections, count);
}
