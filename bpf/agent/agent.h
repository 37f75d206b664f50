/* SPDX-License-Identifier: GPL-2.0-only */
/* The guest agent: see agent.c. */
#ifndef AGENT_H
#define AGENT_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
	unsigned char *data;
	size_t size;
};

/* files.c */
bool map_file(const char *path, struct bytes *file);
size_t read_text(const char *path, char *text, size_t size);

/* elf.c */
bool find_section(struct bytes elf, const char *name, struct bytes *found);
bool find_array(struct bytes elf, const char *name, struct bytes *found);

/*
 * report.c: what goes to the host. Each report is a struct report and then its payload; all of it
 * little-endian. src/kernel-vm/reports.ts reads them.
 */
enum report_kind {
	/* Payload: the kernel's release. */
	REPORT_START = 1,
	/* Of a subject. Payload: struct load_report, what went wrong (a C string), the verifier's log. */
	REPORT_LOADED = 2,
	/* Of a case: it is run now. */
	REPORT_BEGIN = 3,
	/* Of a case. Payload: struct kexec_testbed_call, the buffer. */
	REPORT_BUFFER = 4,
	/* The same, but instead of the buffer the number (u32, from 0) of the REPORT_BUFFER that had it. */
	REPORT_SAME_BUFFER = 5,
	/* Of a case. Payload: lines of the trace log. */
	REPORT_TRACE = 6,
	/* Of a case. Payload: struct end_report. */
	REPORT_END = 7,
	/* All is done. Payload: /proc/sys/kernel/tainted. */
	REPORT_FINISH = 8,
	/* The agent cannot go on. Payload: why. */
	REPORT_TROUBLE = 9,
	/* A second kernel is loaded and about to start. Payload: its command line. */
	REPORT_SECOND_KERNEL = 10,
};

struct report {
	uint32_t kind;
	/* Of the subject or case; 0 where it is about neither. */
	uint32_t id;
	/* Bytes of payload. */
	uint32_t size;
};

struct load_report {
	/* An errno, 0 for success. */
	int32_t error;
	/* Bytes of the program as the kernel rewrote it, and of its machine code. */
	uint32_t translated;
	uint32_t jited;
};

struct end_report {
	/* An errno, 0 for success. */
	int32_t error;
	/* Parser contexts that were not put. */
	int32_t references;
	/* Ring-buffer records neither submitted nor discarded. */
	uint32_t records;
	uint32_t calls;
	uint32_t faults;
};

void open_reports(void);
void report(enum report_kind kind, uint32_t id, const void *first, size_t first_size, const void *second,
	    size_t second_size);
void report_text(enum report_kind kind, uint32_t id, const char *text);
void flush_reports(void);
void give_up(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* skeleton.c */
#define SKELETON_MAPS 8

struct ring {
	volatile unsigned long *consumer;
	const volatile unsigned long *producer;
	const unsigned char *data;
	size_t size;
	/* No record has room in it; what is in it is not to be read. */
	bool full;
};

/* The kernel's struct for the light skeleton, as far as its shape is fixed. */
struct skeleton {
	struct {
		uint32_t size, flags, log_level, log_size;
		uint64_t log;
	} context;
	struct {
		int32_t fd;
		uint32_t max_entries;
		uint64_t initial_value;
	} maps[SKELETON_MAPS];
	int32_t program;
	/* The loader's context ends here. */
	int32_t link;
};

struct parser {
	struct skeleton skeleton;
	struct ring rings[SKELETON_MAPS];
	/* What .data and .bss held after loading. */
	struct bytes variables[SKELETON_MAPS];
	struct load_report report;
	/* What went wrong. */
	const char *problem;
};

int bpf(enum bpf_cmd command, union bpf_attr *attributes);
bool load_parser(struct parser *parser, struct bytes object, uint32_t log_level, char *log, size_t log_size);
void unload_parser(struct parser *parser);
void reset_variables(struct parser *parser);
void fill_ring(struct parser *parser, int map);
unsigned int drain_rings(struct parser *parser);

/* recorder.c */
struct kexec_testbed_call;
void open_recorder(uint32_t target, uint32_t room);
int load_by_kernel(int container, int image);
void unload_by_kernel(void);
unsigned int recorded_calls(void);
size_t recorded_call(size_t offset, struct kexec_testbed_call *call, const unsigned char **bytes);

#endif
