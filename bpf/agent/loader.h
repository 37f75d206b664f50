/* SPDX-License-Identifier: GPL-2.0-only */
/* The series' loader and what comes after it: see loader.c, fdt.c and second-kernel.c. */
#ifndef AGENT_LOADER_H
#define AGENT_LOADER_H

#include "agent.h"

/* What parsers have sent so far. Each part is memory of its own. */
struct loader {
	/* Whose commands are carried out: 6 or 7; 0: none are. */
	unsigned int revision;
	struct bytes kernel;
	struct bytes initrd;
	struct bytes cmdline;
	/* The first buffer that the layer's parser has queued: the testbed shows one. */
	struct bytes next;
	unsigned int queued;
	/* From 0. */
	unsigned int layer;
	/* Of the parser at work: commands so far, whether one was refused, whether one was DONE. */
	unsigned int commands;
	bool refused;
	bool done;
	/* Why the layer's parsers did not get to their end: the last refusal, if there was one; empty: none ran. */
	char problem[256];
};

/* loader.c */
void begin_parser(struct loader *loader);
void carry_out_command(struct loader *loader, int testbed, struct bytes buffer);
void note_cmdline(struct loader *loader, struct bytes buffer);
struct bytes next_layer(struct loader *loader);
void end_layer(const struct loader *loader);

/* fdt.c */
struct bytes fdt_with(struct bytes fdt, const char *cmdline, uint64_t initrd, uint64_t initrd_end);

/* second-kernel.c */
void start_second_kernel(const char *cmdline) __attribute__((noreturn));
void boot_second_kernel(const struct loader *loader) __attribute__((noreturn));

#endif
