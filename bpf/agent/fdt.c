// SPDX-License-Identifier: GPL-2.0-only
/*
 * A flattened device tree with another command line and initrd in /chosen (Devicetree Specification,
 * chapter 5). The firmware's seeds are left out: they have been used.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "loader.h"

enum { BEGIN_NODE = 1, END_NODE = 2, PROPERTY = 3, END = 9 };

/* The header, in words. */
enum {
	MAGIC,
	TOTAL_SIZE,
	STRUCTURE,
	STRINGS,
	RESERVATIONS,
	VERSION,
	LAST_COMPATIBLE,
	BOOT_CPU,
	STRINGS_SIZE,
	STRUCTURE_SIZE,
	HEADER_WORDS,
};

#define RESERVATION_SIZE 16

/* Appended to the strings; the properties name their places there. */
static const char new_names[] = "bootargs\0linux,initrd-start\0linux,initrd-end";
enum { BOOTARGS = 0, INITRD_START = 9, INITRD_END = 28 };

static const char *const left_out[] = {
	"bootargs", "linux,initrd-start", "linux,initrd-end", "kaslr-seed", "rng-seed",
};

static uint32_t word(const unsigned char *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return be32toh(value);
}

static void put(struct bytes *to, const void *data, size_t size)
{
	memcpy(to->data + to->size, data, size);
	/* calloc() has made the padding. */
	to->size += (size + 3) & ~(size_t)3;
}

static void put_word(struct bytes *to, uint32_t value)
{
	value = htobe32(value);
	put(to, &value, sizeof(value));
}

static void put_property(struct bytes *to, uint32_t name, const void *value, size_t size)
{
	put_word(to, PROPERTY);
	put_word(to, size);
	put_word(to, name);
	put(to, value, size);
}

static bool is_left_out(const char *name)
{
	for (size_t i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++) {
		if (!strcmp(name, left_out[i]))
			return true;
	}
	return false;
}

static size_t reservations_size(const unsigned char *at)
{
	static const unsigned char last[RESERVATION_SIZE];
	size_t size = 0;

	while (memcmp(at + size, last, RESERVATION_SIZE))
		size += RESERVATION_SIZE;
	return size + RESERVATION_SIZE;
}

/* Copies the tree; @chosen is put to the front of /chosen, which is a child of the root. False: there is none. */
static bool put_structure(struct bytes *to, const unsigned char *at, const char *strings, struct bytes chosen)
{
	bool inside = false, found = false;
	int depth = 0;

	for (;;) {
		uint32_t token = word(at);
		const char *name = (const char *)at + 4;

		at += 4;
		if (token == PROPERTY) {
			uint32_t size = word(at), called = word(at + 4);

			if (!inside || depth != 2 || !is_left_out(strings + called))
				put_property(to, called, at + 8, size);
			at += 8 + ((size + 3) & ~3u);
			continue;
		}
		put_word(to, token);
		if (token == END)
			return found;
		if (token == END_NODE && depth-- == 2)
			inside = false;
		if (token != BEGIN_NODE)
			continue;
		put(to, name, strlen(name) + 1);
		at += (strlen(name) + 4) & ~(size_t)3;
		if (++depth == 2 && !strcmp(name, "chosen")) {
			inside = found = true;
			put(to, chosen.data, chosen.size);
		}
	}
}

struct bytes fdt_with(struct bytes fdt, const char *cmdline, uint64_t initrd, uint64_t initrd_end)
{
	const unsigned char *header = fdt.data;
	const unsigned char *strings = fdt.data + word(header + 4 * STRINGS);
	const unsigned char *reservations = fdt.data + word(header + 4 * RESERVATIONS);
	uint32_t strings_size = word(header + 4 * STRINGS_SIZE);
	struct bytes chosen = { calloc(1, strlen(cmdline) + 256), 0 };
	struct bytes made = { calloc(1, fdt.size + strlen(cmdline) + 1024), 4 * HEADER_WORDS };
	uint64_t start = htobe64(initrd), end = htobe64(initrd_end);
	size_t structure, structure_size, total;

	if (!chosen.data || !made.data)
		give_up("no memory for a device tree");
	put_property(&chosen, strings_size + BOOTARGS, cmdline, strlen(cmdline) + 1);
	put_property(&chosen, strings_size + INITRD_START, &start, sizeof(start));
	put_property(&chosen, strings_size + INITRD_END, &end, sizeof(end));

	put(&made, reservations, reservations_size(reservations));
	structure = made.size;
	if (!put_structure(&made, fdt.data + word(header + 4 * STRUCTURE), (const char *)strings, chosen))
		give_up("the device tree has no /chosen");
	structure_size = made.size - structure;
	/* The new names follow the old ones without padding: places in here are offsets in bytes. */
	memcpy(made.data + made.size, strings, strings_size);
	memcpy(made.data + made.size + strings_size, new_names, sizeof(new_names));
	total = made.size + strings_size + sizeof(new_names);

	const uint32_t words[HEADER_WORDS] = {
		[MAGIC] = word(header),
		[TOTAL_SIZE] = total,
		[STRUCTURE] = structure,
		[STRINGS] = made.size,
		[RESERVATIONS] = 4 * HEADER_WORDS,
		[VERSION] = 17,
		[LAST_COMPATIBLE] = 16,
		[BOOT_CPU] = word(header + 4 * BOOT_CPU),
		[STRINGS_SIZE] = strings_size + sizeof(new_names),
		[STRUCTURE_SIZE] = structure_size,
	};
	made.size = 0;
	for (size_t i = 0; i < HEADER_WORDS; i++)
		put_word(&made, words[i]);
	made.size = total;
	free(chosen.data);
	return made;
}
