// SPDX-License-Identifier: GPL-2.0-only
/*
 * The series' loader, as far as a boot needs it: does what a parser's commands say, and keeps what they make
 * (docs/spec.md, "The kernel's side"). Streams that it cannot carry out end the guest.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "../testbed/kexec-testbed.h"
#include "loader.h"

enum { SUBCOMMAND_KERNEL = 1, SUBCOMMAND_INITRD = 2, SUBCOMMAND_CMDLINE = 3 };

/* The kernel takes no more either. */
#define LARGEST_KERNEL (512ul << 20)

struct command_v6 {
	uint16_t command, subcommand;
	uint32_t payload_size;
} __attribute__((packed));

struct command_v7 {
	uint16_t command;
	uint8_t subcommand, pipeline;
	uint32_t payload_size;
	uint16_t chunks;
} __attribute__((packed));

static struct bytes copy_of(struct bytes from, size_t extra)
{
	struct bytes copy = { calloc(1, from.size + extra), from.size };

	if (!copy.data)
		give_up("no memory for %zu bytes", from.size);
	memcpy(copy.data, from.data, from.size);
	return copy;
}

/* By the kernel's own zlib, in the module. */
static struct bytes inflated(struct bytes from, int testbed)
{
	struct bytes to = { malloc(LARGEST_KERNEL), LARGEST_KERNEL };
	struct kexec_testbed_inflate job = {
		.from = (uintptr_t)from.data,
		.from_size = from.size,
		.to = (uintptr_t)to.data,
		.to_size = to.size,
	};

	if (!to.data || ioctl(testbed, KEXEC_TESTBED_INFLATE, &job))
		give_up("decompressing %zu bytes (the testbed knows gzip)", from.size);
	to.size = job.to_size;
	return to;
}

static void keep(struct bytes *part, struct bytes bytes)
{
	free(part->data);
	*part = bytes;
}

static void keep_part(struct loaded *loaded, unsigned int subcommand, struct bytes bytes)
{
	switch (subcommand) {
	case SUBCOMMAND_KERNEL:
		keep(&loaded->kernel, bytes);
		break;
	case SUBCOMMAND_INITRD:
		keep(&loaded->initrd, bytes);
		break;
	case SUBCOMMAND_CMDLINE:
		keep(&loaded->cmdline, bytes);
		break;
	default:
		errno = 0;
		give_up("subcommand %u", subcommand);
	}
}

/* One buffer of bpf_buffer_parser(), in the layout of revision 6 or 7. */
void carry_out_command(struct loaded *loaded, unsigned int revision, int testbed, struct bytes buffer)
{
	const struct command_v6 *v6 = (const void *)buffer.data;
	const struct command_v7 *v7 = (const void *)buffer.data;
	bool old = revision == 6;
	size_t head = old ? sizeof(*v6) : sizeof(*v7);
	/* v6 numbers from DECOMPRESS, v7 from DONE. */
	unsigned int command = old ? v6->command + 1u : v7->command;
	unsigned int subcommand = old ? v6->subcommand : v7->subcommand;
	struct bytes payload = { buffer.data + head, old ? v6->payload_size : v7->payload_size };

	errno = 0;
	if (buffer.size < head || payload.size > buffer.size - head)
		give_up("a command of %zu bytes with a payload of %zu", buffer.size, payload.size);
	switch (command) {
	case 1:
		loaded->done = true;
		return;
	case 2:
		payload = inflated(payload, testbed);
		break;
	case 3:
		/* The command line becomes a C string; the others do not mind. */
		payload = copy_of(payload, 1);
		break;
	default:
		give_up("command %u", command);
	}
	keep_part(loaded, subcommand, payload);
	if (!old && v7->pipeline)
		keep(&loaded->next, copy_of(payload, 0));
}
