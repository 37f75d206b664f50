// SPDX-License-Identifier: GPL-2.0-only
/*
 * The plain way to pack an envelope, as a measure for bench/pack.mjs: map both inputs, write the pieces
 * one after the other.
 *
 *   pack-peer KERNEL INITRD CMDLINE OUTPUT
 */
#include <elf.h>
#include <err.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const char names[] = "\0.kernel\0.initrd\0.cmdline\0.shstrtab";

struct part {
	const void *bytes;
	size_t size;
};

static struct part map(const char *path)
{
	struct part part = { NULL, 0 };
	struct stat st;
	int fd = open(path, O_RDONLY);

	if (fd < 0 || fstat(fd, &st) < 0)
		err(1, "%s", path);
	part.size = st.st_size;
	if (part.size > 0) {
		part.bytes = mmap(NULL, part.size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (part.bytes == MAP_FAILED)
			err(1, "%s", path);
	}
	close(fd);
	return part;
}

static void put(int fd, const void *bytes, size_t size)
{
	const char *at = bytes;

	while (size > 0) {
		ssize_t done = write(fd, at, size);

		if (done < 0)
			err(1, "write");
		at += done;
		size -= done;
	}
}

static Elf64_Shdr section(unsigned int name, size_t offset, size_t size)
{
	Elf64_Shdr header = {
		.sh_name = name,
		.sh_type = SHT_PROGBITS,
		.sh_flags = SHF_ALLOC,
		.sh_offset = offset,
		.sh_size = size,
		.sh_addralign = 1,
	};

	return header;
}

int main(int argc, char **argv)
{
	static const char zeros[8];
	struct {
		Elf64_Ehdr file;
		Elf64_Shdr sections[5];
	} head;
	struct part kernel, initrd;
	size_t cmdline, at, pad, end_pad;
	int fd;

	if (argc != 5)
		errx(2, "usage: pack-peer KERNEL INITRD CMDLINE OUTPUT");
	kernel = map(argv[1]);
	initrd = map(argv[2]);
	cmdline = strlen(argv[3]) + 1;

	memset(&head, 0, sizeof(head));
	memcpy(head.file.e_ident, ELFMAG, SELFMAG);
	head.file.e_ident[EI_CLASS] = ELFCLASS64;
	head.file.e_ident[EI_DATA] = ELFDATA2LSB;
	head.file.e_ident[EI_VERSION] = EV_CURRENT;
	head.file.e_type = ET_EXEC;
	head.file.e_machine = EM_AARCH64;
	head.file.e_version = EV_CURRENT;
	head.file.e_ehsize = sizeof(head.file);
	head.file.e_shoff = sizeof(head.file);
	head.file.e_shentsize = sizeof(head.sections[0]);
	head.file.e_shnum = 5;
	head.file.e_shstrndx = 4;

	at = sizeof(head);
	head.sections[1] = section(1, at, kernel.size);
	at += kernel.size;
	head.sections[2] = section(9, at, initrd.size);
	at += initrd.size;
	pad = -at & 7;
	at += pad;
	head.sections[3] = section(17, at, cmdline);
	at += cmdline;
	end_pad = -at & 7;
	at += end_pad;
	head.sections[4] = section(26, at, sizeof(names));
	head.sections[4].sh_type = SHT_STRTAB;
	head.sections[4].sh_flags = 0;

	fd = open(argv[4], O_WRONLY | O_CREAT | O_TRUNC, 0666);
	if (fd < 0)
		err(1, "%s", argv[4]);
	put(fd, &head, sizeof(head));
	put(fd, kernel.bytes, kernel.size);
	put(fd, initrd.bytes, initrd.size);
	put(fd, zeros, pad);
	put(fd, argv[3], cmdline);
	put(fd, zeros, end_pad);
	put(fd, names, sizeof(names));
	if (close(fd) < 0)
		err(1, "%s", argv[4]);
	return 0;
}
