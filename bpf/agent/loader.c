// SPDX-License-Identifier: GPL-2.0-only
/*
 * The series' loader, as far as a boot needs it: does what a parser's commands say, and keeps what they make
 * (docs/spec.md, "The kernel's end of it"; src/model is the same for the machine). A command that is refused
 * ends its parser, for a parser stops there.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "../testbed/kexec-testbed.h"
#include "loader.h"

enum { DONE = 1, DECOMPRESS = 2, COPY = 3 };
enum { KERNEL = 1, INITRD = 2, CMDLINE = 3 };

#define MOST_QUEUED 16
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

struct command {
	/* As v7 numbers them. */
	unsigned int number, subcommand;
	bool fill;
	struct bytes payload;
};

static void refuse(struct loader *loader, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void refuse(struct loader *loader, const char *format, ...)
{
	size_t room = sizeof(loader->problem);
	int length = snprintf(loader->problem, room, "command %u: ", loader->commands);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(loader->problem + length, room - length, format, arguments);
	va_end(arguments);
	loader->refused = true;
}

/* Reads a buffer of bpf_buffer_parser(). */
static bool read_command(unsigned int revision, struct bytes buffer, struct command *command)
{
	const struct command_v6 *v6 = (const void *)buffer.data;
	const struct command_v7 *v7 = (const void *)buffer.data;
	size_t head = revision == 6 ? sizeof(*v6) : sizeof(*v7);

	if (buffer.size < head)
		return false;
	if (revision == 6) {
		/* It has no DONE, and numbers from DECOMPRESS. */
		command->number = v6->command ? v6->command + 1u : 0;
		command->subcommand = v6->subcommand;
		command->payload.size = v6->payload_size;
	} else {
		command->number = v7->command;
		command->subcommand = v7->subcommand;
		command->fill = v7->pipeline;
		command->payload.size = v7->payload_size;
	}
	command->payload.data = buffer.data + head;
	return command->payload.size <= buffer.size - head;
}

static struct bytes copy_of(struct bytes from)
{
	/* The command line becomes a C string; the others do not mind. */
	struct bytes copy = { malloc(from.size + 1), from.size };

	if (!copy.data)
		give_up("no memory for %zu bytes", from.size);
	memcpy(copy.data, from.data, from.size);
	copy.data[from.size] = '\0';
	return copy;
}

static void keep(struct bytes *part, struct bytes bytes)
{
	free(part->data);
	*part = bytes;
}

/* Puts the result into its part, and into the queue where the command says so. */
static void take(struct loader *loader, const struct command *command, struct bytes *part, struct bytes result)
{
	if (command->fill && loader->queued == MOST_QUEUED) {
		refuse(loader, "%u buffers are queued already", MOST_QUEUED);
		free(result.data);
		return;
	}
	if (command->fill && !loader->queued++)
		keep(&loader->next, copy_of(result));
	keep(part, result);
}

/* With the kernel's own decompressors, in the module. */
static void decompress(struct loader *loader, const struct command *command, int testbed)
{
	struct bytes to = { malloc(LARGEST_KERNEL), 0 };
	struct kexec_testbed_decompress job = {
		.from = (uintptr_t)command->payload.data,
		.from_size = command->payload.size,
		.to = (uintptr_t)to.data,
		.to_size = LARGEST_KERNEL,
	};

	if (!to.data)
		give_up("no memory for a decompressed kernel");
	if (command->subcommand != KERNEL) {
		refuse(loader, "DECOMPRESS: only the kernel is decompressed");
	} else if (ioctl(testbed, KEXEC_TESTBED_DECOMPRESS, &job)) {
		refuse(loader, "DECOMPRESS of %zu bytes: %s", command->payload.size, strerror(errno));
	} else {
		to.size = job.to_size;
		to.data = realloc(to.data, to.size + 1);
		take(loader, command, &loader->kernel, to);
		return;
	}
	free(to.data);
}

static void copy(struct loader *loader, const struct command *command)
{
	struct bytes *const parts[] = {
		[KERNEL] = &loader->kernel,
		[INITRD] = &loader->initrd,
		[CMDLINE] = &loader->cmdline,
	};

	if (command->subcommand < KERNEL || command->subcommand > CMDLINE)
		refuse(loader, "COPY with subcommand %u", command->subcommand);
	else if (command->payload.size)
		take(loader, command, parts[command->subcommand], copy_of(command->payload));
	else if (loader->revision == 6 || command->subcommand != INITRD)
		/* v7 takes an empty initrd for none. */
		refuse(loader, "COPY of nothing");
}

void carry_out_command(struct loader *loader, int testbed, struct bytes buffer)
{
	struct command command = {};

	if (!loader->revision || loader->refused)
		return;
	if (!read_command(loader->revision, buffer, &command))
		refuse(loader, "a payload of %zu bytes in a buffer of %zu", command.payload.size, buffer.size);
	else if (command.number == DONE)
		loader->done = true;
	else if (command.number == DECOMPRESS)
		decompress(loader, &command, testbed);
	else if (command.number == COPY)
		copy(loader, &command);
	else
		refuse(loader, "no such command");
	loader->commands++;
}

/* Of v7: keeps the command line that a buffer brings, where another loader does what it says. */
void note_cmdline(struct loader *loader, struct bytes buffer)
{
	struct command command = {};

	if (read_command(7, buffer, &command) && command.number == COPY && command.subcommand == CMDLINE)
		keep(&loader->cmdline, copy_of(command.payload));
}

/*
 * What a parser without DONE has queued is thrown away; its parts stay. That one before it was refused a command says more
 * about the layer than that others are not for the image.
 */
void begin_parser(struct loader *loader)
{
	keep(&loader->next, (struct bytes){});
	loader->queued = 0;
	loader->commands = 0;
	loader->refused = false;
	if (!loader->problem[0])
		strcpy(loader->problem, loader->revision == 6 ? "it sends nothing" : "it ends without DONE");
}

/*
 * Ends the guest where no parser of the layer got to its end. v6 has no DONE: there, a parser has to have sent
 * something, and nothing of it may have been refused.
 */
void end_layer(const struct loader *loader)
{
	bool good = loader->revision == 6 ? loader->commands && !loader->refused : loader->done;

	errno = 0;
	if (!good)
		give_up("layer %u: no parser takes the image: %s", loader->layer + 1,
			loader->problem[0] ? loader->problem : "none was loaded");
}

/* The image for the next layer. */
struct bytes next_layer(struct loader *loader)
{
	end_layer(loader);
	if (loader->revision == 7 && !loader->next.size)
		give_up("layer %u: nothing was queued for .bpf.nested: no command had FILL", loader->layer + 1);
	loader->layer++;
	loader->done = false;
	loader->commands = 0;
	loader->problem[0] = '\0';
	return loader->revision == 6 ? loader->kernel : loader->next;
}
