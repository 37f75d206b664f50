// SPDX-License-Identifier: GPL-2.0-only
/*
 * Boots what the parsers have made. kexec_file_load() where the kernel has it; Debian's arm64 kernels have
 * only kexec_load(), which leaves placing the parts, the device tree and the first instructions to us
 * (Documentation/arch/arm64/booting.rst), and so have those for riscv64, where the kernel finds the device tree among
 * the segments and enters the Image itself (Documentation/arch/riscv/boot.rst).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/kexec.h>
#include <linux/reboot.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include "loader.h"

static int memory_file(const char *name, struct bytes bytes)
{
	int fd = memfd_create(name, MFD_CLOEXEC);

	if (fd < 0)
		return -1;
	for (size_t at = 0; at < bytes.size;) {
		ssize_t size = write(fd, bytes.data + at, bytes.size - at);

		if (size < 0)
			return -1;
		at += size;
	}
	return fd;
}

static long load_by_file(const struct loader *loader, const char *cmdline)
{
	int kernel = memory_file("kernel", loader->kernel);
	int initrd = memory_file("initrd", loader->initrd);

	if (kernel < 0 || initrd < 0)
		give_up("a file in memory");
	return syscall(SYS_kexec_file_load, kernel, initrd, strlen(cmdline) + 1, cmdline, 0ul);
}

#if defined(__aarch64__) || defined(__riscv)

#define PAGE 4096ul
/* The image's base, and places that keep the parts apart. */
#define BLOCK (2ul << 20)

#ifdef __riscv
#define NAME	"riscv64"
#define MAGIC	"RSC\x05"
/* Where the image lies; its code begins further on. */
#define PLACE	": Kernel image"
#define MACHINE	KEXEC_ARCH_RISCV
#else
#define NAME	"arm64"
#define MAGIC	"ARM\x64"
#define PLACE	": Kernel code"
#define MACHINE	KEXEC_ARCH_AARCH64
#endif

static uint64_t up(uint64_t value, uint64_t unit)
{
	return (value + unit - 1) & ~(unit - 1);
}

/*
 * Where the running kernel lies: the new one takes its place. Elsewhere kexec_load() may have to allocate from the
 * very memory that it is to fill, and then looks through all of its pages for each one: a minute in an emulator.
 */
static uint64_t running_kernel(void)
{
	unsigned long long start = 0;
	FILE *file = fopen("/proc/iomem", "re");
	char line[256];

	while (file && !start && fgets(line, sizeof(line), file)) {
		if (strstr(line, PLACE))
			start = strtoull(line, NULL, 16);
	}
	if (!start)
		give_up("no kernel in /proc/iomem");
	fclose(file);
	/* The code begins behind the header, which is at a block's start. */
	return start & ~(BLOCK - 1);
}

static struct bytes read_device_tree(void)
{
	struct bytes fdt = { malloc(4 << 20), 0 };
	FILE *file = fopen("/sys/firmware/fdt", "re");

	if (file && fdt.data)
		fdt.size = fread(fdt.data, 1, 4 << 20, file);
	if (!fdt.size)
		give_up("/sys/firmware/fdt");
	fclose(file);
	return fdt;
}

/* What the first kernel jumps to, at @start. Gives the address to jump to. */
static uint64_t enter(struct kexec_segment *segment, uint64_t start, uint64_t kernel, uint64_t fdt)
{
#ifdef __riscv
	(void)segment, (void)start, (void)fdt;
	return kernel;
#else
	static struct {
		uint32_t code[6];
		uint64_t kernel, fdt;
	} entry = {
		.code = {
			0x580000c4,	/* ldr x4, entry.kernel */
			0x580000e0,	/* ldr x0, entry.fdt */
			0xaa1f03e1,	/* mov x1, xzr */
			0xaa1f03e2,	/* mov x2, xzr */
			0xaa1f03e3,	/* mov x3, xzr */
			0xd61f0080,	/* br x4 */
		},
	};

	entry.kernel = kernel;
	entry.fdt = fdt;
	*segment = (struct kexec_segment){ &entry, sizeof(entry), (void *)start, PAGE };
	return start;
#endif
}

static long load_by_segments(const struct loader *loader, const char *cmdline)
{
	uint64_t text_offset, image_size;

	errno = 0;
	/* The Image's header, of both: text_offset at 8, image_size at 16, the magic number at 56. */
	if (loader->kernel.size < 64 || memcmp(loader->kernel.data + 56, MAGIC, 4))
		give_up("the kernel is no " NAME " Image");
	memcpy(&text_offset, loader->kernel.data + 8, sizeof(text_offset));
	memcpy(&image_size, loader->kernel.data + 16, sizeof(image_size));
#ifdef __riscv
	/* It counts from the start of memory, which the firmware has for itself. */
	text_offset = 0;
#endif

	uint64_t kernel = running_kernel() + text_offset;
	uint64_t initrd = up(kernel + image_size, BLOCK);
	uint64_t tree = up(initrd + loader->initrd.size, BLOCK);
	struct bytes fdt = fdt_with(read_device_tree(), cmdline, initrd, initrd + loader->initrd.size);
	struct kexec_segment segments[4] = {
		{ loader->kernel.data, loader->kernel.size, (void *)kernel, up(image_size, PAGE) },
		{ loader->initrd.data, loader->initrd.size, (void *)initrd, up(loader->initrd.size, PAGE) },
		{ fdt.data, fdt.size, (void *)tree, up(fdt.size, PAGE) },
	};
	uint64_t start = enter(&segments[3], up(tree + fdt.size, BLOCK), kernel, tree);

	return syscall(SYS_kexec_load, start, segments[3].buf ? 4ul : 3ul, segments, (unsigned long)MACHINE);
}

#else

static long load_by_segments(const struct loader *loader, const char *cmdline)
{
	(void)loader;
	(void)cmdline;
	errno = ENOSYS;
	return -1;
}

#endif

/* Starts what is loaded. @cmdline: what it was given, for the report; NULL: nothing. */
void start_second_kernel(const char *cmdline)
{
	report_text(REPORT_SECOND_KERNEL, 0, cmdline ? cmdline : "");
	flush_reports();
	/* The console behind this line is the second kernel's. */
	printf("kexec-agent: starting the second kernel\n");
	fflush(stdout);
	tcdrain(STDOUT_FILENO);
	syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_KEXEC, 0);
	give_up("starting the second kernel");
}

void boot_second_kernel(const struct loader *loader)
{
	const char *cmdline = (const char *)loader->cmdline.data;

	end_layer(loader);
	if (!loader->kernel.size)
		give_up("the parsers made no kernel");
	if (!loader->initrd.size)
		give_up("the parsers made no initrd");
	if (!loader->cmdline.size)
		give_up("the parsers made no command line");
	if (load_by_file(loader, cmdline) && (errno != ENOSYS || load_by_segments(loader, cmdline)))
		give_up("loading the second kernel");
	start_second_kernel(cmdline);
}
