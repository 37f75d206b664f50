// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent.h"

/* The file's bytes, mapped privately. An empty file has a valid address and size 0. */
bool map_file(const char *path, struct bytes *file)
{
	static unsigned char nothing;
	struct stat stat;
	void *data;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &stat) < 0)
		return false;
	*file = (struct bytes){ .data = &nothing };
	if (stat.st_size > 0) {
		data = mmap(NULL, stat.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
		if (data == MAP_FAILED)
			return false;
		*file = (struct bytes){ .data = data, .size = stat.st_size };
	}
	close(fd);
	return true;
}

/* What can be read from the beginning of a file, as a string; returns its length. */
size_t read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? 0 : read(fd, text, size - 1);

	if (length < 0)
		length = 0;
	text[length] = '\0';
	if (fd >= 0)
		close(fd);
	return length;
}
