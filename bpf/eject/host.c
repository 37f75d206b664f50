// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"

void fail(const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "%s: ", program);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	exit(1);
}

void append(struct bytes *bytes, const void *data, size_t size)
{
	/* One more than asked for, so that nothing is never a request for no memory. */
	unsigned char *grown = realloc(bytes->data, bytes->size + size + 1);

	if (!grown)
		fail("out of memory");
	if (size)
		memcpy(grown + bytes->size, data, size);
	bytes->data = grown;
	bytes->size += size;
	grown[bytes->size] = 0;
}

struct bytes read_file(const char *path)
{
	struct bytes file = {};
	unsigned char block[65536];
	size_t count;
	FILE *stream = fopen(path, "rb");

	if (!stream) {
		perror(path);
		fail("%s cannot be read", path);
	}
	append(&file, NULL, 0);
	while ((count = fread(block, 1, sizeof(block), stream)) > 0)
		append(&file, block, count);
	if (ferror(stream))
		fail("%s cannot be read to its end", path);
	fclose(stream);
	return file;
}

void finish(const void *data, size_t size)
{
	if (fwrite(data, 1, size, stdout) != size || fclose(stdout))
		fail("the output cannot be written");
	exit(0);
}

void put(unsigned char *to, uint64_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		to[i] = value >> (8 * i);
}
