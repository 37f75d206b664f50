// SPDX-License-Identifier: GPL-2.0-only
/*
 * As much of ELF as the series' loader knows: a container's sections by name, and in a bytecode object the
 * arrays by symbol, st_value counted from the section and st_size with the NUL of a C string.
 */
#include <elf.h>
#include <string.h>

#include "agent.h"

static bool inside(size_t offset, size_t size, size_t whole)
{
	return offset <= whole && size <= whole - offset;
}

/* The section header table, whole; NULL for what is no ELF64 file with one. */
static const Elf64_Shdr *section_table(struct bytes elf, const Elf64_Ehdr **header)
{
	const Elf64_Ehdr *ehdr = (const Elf64_Ehdr *)elf.data;

	if (elf.size < sizeof(*ehdr) || memcmp(ehdr->e_ident, ELFMAG, SELFMAG) ||
	    ehdr->e_ident[EI_CLASS] != ELFCLASS64 || ehdr->e_shentsize != sizeof(Elf64_Shdr) ||
	    !inside(ehdr->e_shoff, ehdr->e_shnum * sizeof(Elf64_Shdr), elf.size) ||
	    ehdr->e_shstrndx >= ehdr->e_shnum)
		return NULL;
	*header = ehdr;
	return (const Elf64_Shdr *)(elf.data + ehdr->e_shoff);
}

static bool section_bytes(struct bytes elf, const Elf64_Shdr *section, struct bytes *found)
{
	if (section->sh_type == SHT_NOBITS || !inside(section->sh_offset, section->sh_size, elf.size))
		return false;
	*found = (struct bytes){ elf.data + section->sh_offset, section->sh_size };
	return true;
}

static bool same_name(struct bytes strings, size_t offset, const char *name)
{
	size_t size = strlen(name) + 1;

	return inside(offset, size, strings.size) && !memcmp(strings.data + offset, name, size);
}

bool find_section(struct bytes elf, const char *name, struct bytes *found)
{
	const Elf64_Ehdr *header;
	const Elf64_Shdr *sections = section_table(elf, &header);
	struct bytes names;

	if (!sections || !section_bytes(elf, &sections[header->e_shstrndx], &names))
		return false;
	for (unsigned int i = 1; i < header->e_shnum; i++) {
		if (same_name(names, sections[i].sh_name, name))
			return section_bytes(elf, &sections[i], found);
	}
	return false;
}

/* The array that a symbol names, in a relocatable object, without the string's NUL. */
bool find_array(struct bytes elf, const char *name, struct bytes *found)
{
	const Elf64_Ehdr *header;
	const Elf64_Shdr *sections = section_table(elf, &header);
	struct bytes symbols, names, section;

	if (!sections)
		return false;
	for (unsigned int i = 1; i < header->e_shnum; i++) {
		const Elf64_Sym *symbol;

		if (sections[i].sh_type != SHT_SYMTAB || sections[i].sh_link >= header->e_shnum ||
		    !section_bytes(elf, &sections[i], &symbols) ||
		    !section_bytes(elf, &sections[sections[i].sh_link], &names))
			continue;
		symbol = (const Elf64_Sym *)symbols.data;
		for (size_t count = symbols.size / sizeof(*symbol); count; count--, symbol++) {
			if (!same_name(names, symbol->st_name, name))
				continue;
			if (symbol->st_shndx >= header->e_shnum || !symbol->st_size ||
			    !section_bytes(elf, &sections[symbol->st_shndx], &section) ||
			    !inside(symbol->st_value, symbol->st_size, section.size))
				return false;
			*found = (struct bytes){ section.data + symbol->st_value, symbol->st_size - 1 };
			return true;
		}
	}
	return false;
}
