/* SPDX-License-Identifier: GPL-2.0-only */
/* What the programs have in common that run on the building machine. Results go to stdout; a failure ends with status 1. */
#ifndef KEXEC_HOST_H
#define KEXEC_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

struct bytes {
	unsigned char *data;
	size_t size;
};

/* The program's name in front of its words. */
extern const char *program;

_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The whole file, with a NUL after its end that does not count. */
struct bytes read_file(const char *path);

void append(struct bytes *bytes, const void *data, size_t size);

/* Writes to stdout, and ends the program well where all of it has arrived. */
_Noreturn void finish(const void *data, size_t size);

struct section {
	const char *name;
	uint32_t type;
	uint64_t flags;
	uint64_t align;
	struct bytes data;
	uint32_t link;
	uint32_t info;
	uint64_t entsize;
};

enum { SECTION_PROGBITS = 1, SECTION_SYMTAB = 2, SECTION_STRTAB = 3 };

/*
 * Writes a relocatable, little-endian ELF64 file for the machine that the kernel's ARCH names: the null section, those given,
 * and .shstrtab, which comes last.
 */
_Noreturn void finish_elf(const char *arch, const struct section *sections, size_t count);

/* Little-endian, whatever the building machine is. */
void put(unsigned char *to, uint64_t value, size_t size);

#endif
