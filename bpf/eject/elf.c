// SPDX-License-Identifier: GPL-2.0-only
/* A writer of ELF64 files (System V gABI, chapter 4): file header, data, section headers. */
#include <string.h>

#include "host.h"

enum { FILE_HEADER_SIZE = 64, SECTION_HEADER_SIZE = 64, RELOCATABLE = 1 };

struct machine {
	const char *arch;
	uint16_t number;
	/* e_flags with which linkers take the object for the machine's usual 64-bit ABI */
	uint32_t flags;
};

static const struct machine machines[] = {
	{ "arm64", 183, 0 },
	{ "loongarch", 258, 0x43 },
	{ "riscv", 243, 0x5 },
	{ "x86", 62, 0 },
};

static const struct machine *machine_of(const char *arch)
{
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++)
		if (!strcmp(machines[i].arch, arch))
			return &machines[i];
	fail("ARCH=%s: arm64, loongarch, riscv or x86", arch);
}

static void align(struct bytes *file, uint64_t to)
{
	static const unsigned char zeroes[8];

	append(file, zeroes, (to - file->size % to) % to);
}

/* Appends the data of a section, and gives its header. */
static void add_section(struct bytes *file, struct bytes *headers, struct bytes *names, const struct section *section)
{
	unsigned char header[SECTION_HEADER_SIZE] = {};

	align(file, section->align);
	put(header, names->size, 4);
	put(header + 0x04, section->type, 4);
	put(header + 0x08, section->flags, 8);
	put(header + 0x18, file->size, 8);
	put(header + 0x20, section->data.size, 8);
	put(header + 0x28, section->link, 4);
	put(header + 0x2c, section->info, 4);
	put(header + 0x30, section->align, 8);
	put(header + 0x38, section->entsize, 8);
	append(headers, header, sizeof(header));
	append(names, section->name, strlen(section->name) + 1);
	append(file, section->data.data, section->data.size);
}

void finish_elf(const char *arch, const struct section *sections, size_t count)
{
	static const unsigned char ident[] = { 0x7f, 'E', 'L', 'F', 2, 1, 1 };
	static const unsigned char empty[FILE_HEADER_SIZE];
	const struct machine *machine = machine_of(arch);
	struct section table = { .name = ".shstrtab", .type = SECTION_STRTAB, .align = 1 };
	struct bytes file = {}, headers = {}, names = {}, all_names = {};

	append(&file, empty, FILE_HEADER_SIZE);
	append(&headers, empty, SECTION_HEADER_SIZE);
	append(&names, "", 1);
	append(&all_names, "", 1);
	for (size_t i = 0; i < count; i++) {
		add_section(&file, &headers, &names, &sections[i]);
		append(&all_names, sections[i].name, strlen(sections[i].name) + 1);
	}
	/* The table of names has its own name, too. */
	append(&all_names, table.name, strlen(table.name) + 1);
	table.data = all_names;
	add_section(&file, &headers, &names, &table);
	align(&file, 8);

	memcpy(file.data, ident, sizeof(ident));
	put(file.data + 0x10, RELOCATABLE, 2);
	put(file.data + 0x12, machine->number, 2);
	put(file.data + 0x14, 1, 4);
	put(file.data + 0x28, file.size, 8);
	put(file.data + 0x30, machine->flags, 4);
	put(file.data + 0x34, FILE_HEADER_SIZE, 2);
	put(file.data + 0x3a, SECTION_HEADER_SIZE, 2);
	put(file.data + 0x3c, count + 2, 2);
	put(file.data + 0x3e, count + 1, 2);
	append(&file, headers.data, headers.size);
	finish(file.data, file.size);
}
