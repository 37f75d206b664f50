// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's init: loads parsers from .bpf containers, shows them images through the testbed module, and
 * reports to the host what they send. It carries out /job, one command a line, and powers off:
 *
 *   module FILE             load the testbed
 *   recorder TARGET ROOM REVISION
 *                           in its place, in a kernel with the interface: kexec_file_load() has the kernel show images
 *                           to the parsers in them (v6), or to those of the subject's container (v7); the recorder
 *                           (recorder.c) sees what is sent; subjects are loaded to see whether the kernel takes them, and
 *                           unloaded
 *   log LEVEL               the verifier's log level from here on
 *   subject ID FILE PATH    load and attach the parser at PATH (.bpf.1, .bpf.nested/.bpf.1) of a container
 *   image FILE              what the cases below show to it
 *   case ID FLAGS REFUSE RING
 *                           run it once (struct kexec_testbed_run), with the ring in map RING full; -1: none is
 *   carry-out REVISION      from here on, do what parsers send, as the series' loader does; of a layer's
 *                           parsers, those behind the one that is done are passed over
 *   next-layer              show what this layer has queued for the next one
 *   boot                    boot what the parsers have made
 *   boot-by-kernel CONTAINER IMAGE
 *                           with a recorder of v7, the same in one: kexec_file_load() of both
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "../testbed/kexec-testbed.h"
#include "agent.h"
#include "loader.h"

#define LOG_SIZE (16u << 20)
/* Buffers of one image that are remembered, so that none crosses to the host twice. */
#define REMEMBERED 64

static struct {
	int testbed;
	/* Instead of the testbed, in a kernel with the interface: its revision, and the files of the image and the container. */
	unsigned int recorder;
	int file;
	int container;
	int trace;
	uint32_t log_level;
	char *log;
	struct parser parser;
	bool loaded;
	struct bytes image;
	unsigned char *record;
	size_t record_size;
	/* Of the REPORT_BUFFERs so far. */
	uint32_t buffers;
	struct {
		struct bytes bytes;
		uint32_t number;
	} remembered[REMEMBERED];
	unsigned int remembered_count;
	struct loader loader;
} agent;

static void mount_file_systems(void)
{
	static const struct {
		const char *type, *place;
	} mounts[] = {
		{ "proc", "/proc" },
		{ "sysfs", "/sys" },
		{ "devtmpfs", "/dev" },
		{ "tracefs", "/sys/kernel/tracing" },
	};

	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		mkdir(mounts[i].place, 0755);
		if (mount("none", mounts[i].place, mounts[i].type, 0, NULL))
			perror(mounts[i].place);
	}
}

/* Parsers call kfuncs, which takes the JIT; riscv has it off by default. */
static void enable_jit(void)
{
	FILE *file = fopen("/proc/sys/net/core/bpf_jit_enable", "we");

	if (!file || fputs("1", file) < 0 || fclose(file))
		give_up("switching the JIT on");
}

static void load_module(const char *file)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || syscall(SYS_finit_module, fd, "", 0))
		give_up("loading the module %s", file);
	close(fd);
	agent.testbed = open("/dev/kexec-testbed", O_RDWR | O_CLOEXEC);
	if (agent.testbed < 0)
		give_up("/dev/kexec-testbed");
}

static void forget_buffers(void)
{
	for (unsigned int i = 0; i < agent.remembered_count; i++)
		free(agent.remembered[i].bytes.data);
	agent.remembered_count = 0;
}

/* Follows a path of section names, from container to container. */
static bool find_object(struct bytes file, char *path, struct bytes *object)
{
	char *rest = path;

	for (char *name; (name = strsep(&rest, "/"));) {
		if (!find_section(file, name, &file))
			return false;
	}
	*object = file;
	return true;
}

/* Opens @path in place of what *@file was open for. */
static void open_instead(int *file, const char *path)
{
	if (*file > 0)
		close(*file);
	*file = open(path, O_RDONLY | O_CLOEXEC);
	if (*file < 0)
		give_up("%s", path);
}

static void load_subject(uint32_t id, const char *file, char *path)
{
	struct parser *parser = &agent.parser;
	struct bytes container, object;
	struct load_report *loaded = &parser->report;
	char head[sizeof(*loaded) + 256];
	size_t size;

	if (agent.loader.done)
		return;
	forget_buffers();
	if (agent.loaded)
		unload_parser(parser);
	if (!map_file(file, &container) || !find_object(container, path, &object))
		give_up("%s has no %s", file, path);
	agent.loaded = load_parser(parser, object, agent.log_level, agent.log, LOG_SIZE);
	memcpy(head, loaded, sizeof(*loaded));
	size = sizeof(*loaded) + snprintf(head + sizeof(*loaded), 256, "%s", parser->problem) + 1;
	report(REPORT_LOADED, id, head, size, agent.log, strnlen(agent.log, LOG_SIZE));
	flush_reports();
	if (!agent.loaded || agent.recorder)
		unload_parser(parser);
	if (agent.recorder)
		open_instead(&agent.container, file);
	munmap(container.data, container.size);
}

static void give_to_testbed(const char *what, struct bytes image)
{
	forget_buffers();
	if (write(agent.testbed, image.data, image.size) != (ssize_t)image.size)
		give_up("giving %s to the testbed", what);
}

static void show_image(const char *file)
{
	if (agent.recorder) {
		forget_buffers();
		open_instead(&agent.file, file);
		return;
	}
	if (agent.image.size)
		munmap(agent.image.data, agent.image.size);
	if (!map_file(file, &agent.image))
		give_up("%s", file);
	give_to_testbed(file, agent.image);
}

static void report_buffer(uint32_t id, const struct kexec_testbed_call *call, const unsigned char *bytes)
{
	unsigned int i;

	for (i = 0; i < agent.remembered_count; i++) {
		struct bytes known = agent.remembered[i].bytes;
		uint32_t *number = &agent.remembered[i].number;

		if (known.size != call->size || memcmp(known.data, bytes, known.size))
			continue;
		report(REPORT_SAME_BUFFER, id, call, sizeof(*call), number, sizeof(*number));
		return;
	}
	if (i < REMEMBERED) {
		unsigned char *copy = malloc(call->size);

		if (copy) {
			memcpy(copy, bytes, call->size);
			agent.remembered[i].bytes = (struct bytes){ copy, call->size };
			agent.remembered[i].number = agent.buffers;
			agent.remembered_count++;
		}
	}
	report(REPORT_BUFFER, id, call, sizeof(*call), bytes, call->size);
	agent.buffers++;
}

static void report_records(uint32_t id, size_t largest)
{
	struct kexec_testbed_call call;
	ssize_t size;

	if (largest > agent.record_size) {
		free(agent.record);
		agent.record_size = largest;
		agent.record = malloc(largest);
		if (!agent.record)
			give_up("no memory for a record of %zu bytes", largest);
	}
	while ((size = read(agent.testbed, agent.record, agent.record_size)) > 0) {
		memcpy(&call, agent.record, sizeof(call));
		report_buffer(id, &call, agent.record + sizeof(call));
		carry_out_command(&agent.loader, agent.testbed,
				  (struct bytes){ agent.record + sizeof(call), call.size });
	}
	if (size < 0)
		give_up("reading a record");
}

/* What the parser printed. The lines are in the trace buffer when bpf_trace_printk() returns. */
static void report_trace(uint32_t id)
{
	static char text[16384];
	ssize_t size;

	while ((size = read(agent.trace, text, sizeof(text))) > 0)
		report(REPORT_TRACE, id, text, size, NULL, 0);
}

static void run_case(uint32_t id, uint32_t flags, uint32_t refuse, int full)
{
	struct kexec_testbed_run run = { .flags = flags, .refuse = refuse };
	struct end_report end = {};

	if (!agent.loaded || agent.loader.done)
		return;
	begin_parser(&agent.loader);
	report(REPORT_BEGIN, id, NULL, 0, NULL, 0);
	/* Should the kernel fall, the host knows in which case. */
	flush_reports();
	reset_variables(&agent.parser);
	if (full >= 0)
		fill_ring(&agent.parser, full);
	if (ioctl(agent.testbed, KEXEC_TESTBED_RUN, &run))
		end.error = errno;
	else
		report_records(id, run.largest);
	report_trace(id);
	end.references = run.references;
	end.records = drain_rings(&agent.parser);
	end.calls = run.calls;
	end.faults = run.faults;
	report(REPORT_END, id, &end, sizeof(end), NULL, 0);
}

/* Of the last load: what was recorded. The agent itself wants no more of it than the command line. */
static void report_load(uint32_t id, int error)
{
	struct end_report end = { .error = error, .calls = recorded_calls() };
	struct kexec_testbed_call call;
	const unsigned char *bytes;
	unsigned int records = 0;

	for (size_t next, offset = 0; (next = recorded_call(offset, &call, &bytes)); offset = next) {
		report_buffer(id, &call, bytes);
		note_cmdline(&agent.loader, (struct bytes){ (unsigned char *)bytes, call.size });
		records++;
	}
	report_trace(id);
	end.faults = end.calls - records;
	report(REPORT_END, id, &end, sizeof(end), NULL, 0);
}

static int load_in_kernel(uint32_t id)
{
	int error;

	report(REPORT_BEGIN, id, NULL, 0, NULL, 0);
	flush_reports();
	error = load_by_kernel(agent.recorder == 7 ? agent.container : -1, agent.file);
	report_load(id, error);
	return error;
}

/* The same by the kernel's own loader. */
static void run_load(uint32_t id)
{
	if (agent.loaded && !load_in_kernel(id))
		unload_by_kernel();
}

static void boot_by_kernel(const char *container, const char *image)
{
	open_instead(&agent.container, container);
	open_instead(&agent.file, image);
	errno = load_in_kernel(0);
	if (errno)
		give_up("kexec_file_load() of container and image");
	start_second_kernel((const char *)agent.loader.cmdline.data);
}

static void carry_out(const char *line)
{
	static char file[256], path[256];
	unsigned int id, flags, refuse, target, room;
	int full;

	if (sscanf(line, "recorder %u %u %u", &target, &room, &agent.recorder) == 3)
		open_recorder(target, room);
	else if (sscanf(line, "module %255s", file) == 1)
		load_module(file);
	else if (sscanf(line, "log %u", &agent.log_level) == 1)
		return;
	else if (sscanf(line, "subject %u %255s %255s", &id, file, path) == 3)
		load_subject(id, file, path);
	else if (sscanf(line, "image %255s", file) == 1)
		show_image(file);
	else if (sscanf(line, "case %u %u %u %d", &id, &flags, &refuse, &full) == 4)
		agent.recorder ? run_load(id) : run_case(id, flags, refuse, full);
	else if (sscanf(line, "carry-out %u", &agent.loader.revision) == 1)
		return;
	else if (!strcmp(line, "next-layer"))
		give_to_testbed("the next layer's image", next_layer(&agent.loader));
	else if (!strcmp(line, "boot"))
		boot_second_kernel(&agent.loader);
	else if (sscanf(line, "boot-by-kernel %255s %255s", file, path) == 2)
		boot_by_kernel(file, path);
	else
		give_up("no such command: %s", line);
}

int main(void)
{
	struct utsname name;
	char tainted[32];
	char line[1024];
	FILE *job;

	mount_file_systems();
	open_reports();
	uname(&name);
	report_text(REPORT_START, 0, name.release);
	flush_reports();
	enable_jit();
	agent.log = malloc(LOG_SIZE);
	agent.trace = open("/sys/kernel/tracing/trace_pipe", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	job = fopen("/job", "re");
	if (!agent.log || agent.trace < 0 || !job)
		give_up("the guest is not as it should be");
	errno = 0;
	while (fgets(line, sizeof(line), job)) {
		line[strcspn(line, "\n")] = '\0';
		carry_out(line);
		errno = 0;
	}
	read_text("/proc/sys/kernel/tainted", tainted, sizeof(tainted));
	report_text(REPORT_FINISH, 0, tainted);
	flush_reports();
	reboot(RB_POWER_OFF);
	return 0;
}
