// SPDX-License-Identifier: GPL-2.0-only
/* Light skeletons, loaded as the series' loader does: the loader program runs over its data. */
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent.h"

int bpf(enum bpf_cmd command, union bpf_attr *attributes)
{
	return syscall(SYS_bpf, command, attributes, sizeof(*attributes));
}

static uint64_t address(const void *pointer)
{
	return (uint64_t)(uintptr_t)pointer;
}

static bool failed(struct parser *parser, const char *problem, int error)
{
	parser->problem = problem;
	parser->report.error = error;
	return false;
}

/* A map whose one value is the loader program's data. */
static int data_map(struct bytes data)
{
	union bpf_attr create = {
		.map_type = BPF_MAP_TYPE_ARRAY,
		.map_name = "__loader.map",
		.key_size = 4,
		.value_size = data.size,
		.max_entries = 1,
	};
	uint32_t key = 0;
	int fd = bpf(BPF_MAP_CREATE, &create);
	union bpf_attr update = { .map_fd = fd, .key = address(&key), .value = address(data.data) };

	return fd < 0 || !bpf(BPF_MAP_UPDATE_ELEM, &update) ? fd : -1;
}

static bool run_loader(struct parser *parser, struct bytes data, struct bytes insns)
{
	struct skeleton *skeleton = &parser->skeleton;
	int map = data_map(data);
	union bpf_attr load = {
		.prog_type = BPF_PROG_TYPE_SYSCALL,
		.prog_name = "__loader.prog",
		.prog_flags = BPF_F_SLEEPABLE,
		.insns = address(insns.data),
		.insn_cnt = insns.size / sizeof(struct bpf_insn),
		.license = address("Dual BSD/GPL"),
		.fd_array = address(&map),
		/* Its verdict goes where the parser's will go: there is only one of them. */
		.log_level = 1,
		.log_size = skeleton->context.log_size,
		.log_buf = skeleton->context.log,
	};
	union bpf_attr run = {};
	int program, status;

	if (map < 0)
		return failed(parser, "the loader program's data", errno);
	program = bpf(BPF_PROG_LOAD, &load);
	if (program < 0)
		return failed(parser, "the loader program", errno);
	*(char *)(uintptr_t)skeleton->context.log = '\0';
	run.test.prog_fd = program;
	run.test.ctx_in = address(skeleton);
	run.test.ctx_size_in = skeleton->context.size;
	status = bpf(BPF_PROG_TEST_RUN, &run) < 0 ? -errno : (int)run.test.retval;
	close(map);
	close(program);
	return status >= 0 || failed(parser, "load", -status);
}

static bool attach(struct parser *parser)
{
	union bpf_attr open = { .raw_tracepoint.prog_fd = parser->skeleton.program };

	/* A skeleton with fewer maps than the kernel's struct has puts its program into a map's place. */
	if (parser->skeleton.program <= 0)
		return failed(parser, "the skeleton has no program where the kernel's struct has it", EINVAL);
	parser->skeleton.link = bpf(BPF_RAW_TRACEPOINT_OPEN, &open);
	return parser->skeleton.link >= 0 || failed(parser, "attach", errno);
}

static bool map_ring(struct ring *ring, int fd, size_t size)
{
	size_t page = sysconf(_SC_PAGESIZE);
	unsigned char *consumer = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	/* The data is there twice, so that a record never wraps. */
	unsigned char *producer = mmap(NULL, page + 2 * size, PROT_READ, MAP_SHARED, fd, page);

	if (consumer == MAP_FAILED || producer == MAP_FAILED)
		return false;
	*ring = (struct ring){
		.consumer = (volatile unsigned long *)consumer,
		.producer = (const volatile unsigned long *)producer,
		.data = producer + page,
		.size = size,
	};
	return true;
}

static void unmap_ring(struct ring *ring)
{
	size_t page = sysconf(_SC_PAGESIZE);

	if (!ring->size)
		return;
	munmap((void *)(uintptr_t)ring->consumer, page);
	munmap((void *)(uintptr_t)ring->producer, page + 2 * ring->size);
}

static bool access_value(enum bpf_cmd command, int fd, const void *value)
{
	uint32_t key = 0;
	union bpf_attr element = { .map_fd = fd, .key = address(&key), .value = address(value) };

	return bpf(command, &element) == 0;
}

/* Rings are mapped so that they can be emptied between runs, variables kept so that they can be reset. */
static bool open_maps(struct parser *parser)
{
	for (int i = 0; i < SKELETON_MAPS; i++) {
		int fd = parser->skeleton.maps[i].fd;
		struct bpf_map_info info = {};
		union bpf_attr get = { .info = { fd, sizeof(info), address(&info) } };
		struct bytes *value = &parser->variables[i];

		if (bpf(BPF_OBJ_GET_INFO_BY_FD, &get))
			return failed(parser, "the skeleton lacks a map of the kernel's struct", errno);
		if (info.type == BPF_MAP_TYPE_RINGBUF && !map_ring(&parser->rings[i], fd, info.max_entries))
			return failed(parser, "mapping a ring", errno);
		if (info.type != BPF_MAP_TYPE_ARRAY || info.map_flags & BPF_F_RDONLY_PROG)
			continue;
		*value = (struct bytes){ malloc(info.value_size), info.value_size };
		if (!value->data || !access_value(BPF_MAP_LOOKUP_ELEM, fd, value->data))
			return failed(parser, "reading the variables", errno);
	}
	return true;
}

static void measure(struct parser *parser)
{
	struct bpf_prog_info info = {};
	union bpf_attr get = {
		.info = { parser->skeleton.program, sizeof(info), address(&info) },
	};

	if (bpf(BPF_OBJ_GET_INFO_BY_FD, &get))
		return;
	parser->report.translated = info.xlated_prog_len;
	parser->report.jited = info.jited_prog_len;
}

/* Loads and attaches. @log gets the verifier's; what fails is in @parser. */
bool load_parser(struct parser *parser, struct bytes object, uint32_t log_level, char *log, size_t log_size)
{
	struct bytes data, insns;

	*parser = (struct parser){ .problem = "" };
	parser->skeleton.context.size = offsetof(struct skeleton, link);
	parser->skeleton.context.log_level = log_level;
	parser->skeleton.context.log_size = log_size;
	parser->skeleton.context.log = address(log);
	log[0] = '\0';
	if (!find_array(object, "opts_data", &data) || !find_array(object, "opts_insn", &insns))
		return failed(parser, "no opts_data or opts_insn", ENOEXEC);
	if (!run_loader(parser, data, insns) || !attach(parser) || !open_maps(parser))
		return false;
	measure(parser);
	return true;
}

void unload_parser(struct parser *parser)
{
	struct skeleton *skeleton = &parser->skeleton;

	if (skeleton->link > 0)
		close(skeleton->link);
	if (skeleton->program > 0)
		close(skeleton->program);
	for (int i = 0; i < SKELETON_MAPS; i++) {
		unmap_ring(&parser->rings[i]);
		free(parser->variables[i].data);
		if (skeleton->maps[i].fd > 0)
			close(skeleton->maps[i].fd);
	}
	*parser = (struct parser){};
}

/* Each image gets a fresh skeleton from the series' loader; this makes an old one as good as fresh. */
void reset_variables(struct parser *parser)
{
	for (int i = 0; i < SKELETON_MAPS; i++) {
		if (parser->variables[i].data &&
		    !access_value(BPF_MAP_UPDATE_ELEM, parser->skeleton.maps[i].fd, parser->variables[i].data))
			give_up("resetting map %d", i);
	}
}

/* A consumer who is a whole ring behind leaves no room for a record. drain_rings() ends it. */
void fill_ring(struct parser *parser, int map)
{
	struct ring *ring = map < SKELETON_MAPS ? &parser->rings[map] : NULL;

	if (!ring || !ring->size)
		give_up("map %d is no ring", map);
	__atomic_store_n(ring->consumer, *ring->producer - ring->size, __ATOMIC_RELEASE);
	ring->full = true;
}

/* Empties the rings. Returns how many records were neither submitted nor discarded. */
unsigned int drain_rings(struct parser *parser)
{
	unsigned int busy = 0;

	for (int i = 0; i < SKELETON_MAPS; i++) {
		struct ring *ring = &parser->rings[i];
		unsigned long position, end;

		if (!ring->size)
			continue;
		end = __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE);
		for (position = ring->full ? end : *ring->consumer; position < end;) {
			uint32_t length;

			memcpy(&length, ring->data + (position & (ring->size - 1)), sizeof(length));
			busy += !!(length & BPF_RINGBUF_BUSY_BIT);
			length &= ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
			position += (length + BPF_RINGBUF_HDR_SZ + 7) & ~7ul;
		}
		__atomic_store_n(ring->consumer, end, __ATOMIC_RELEASE);
		ring->full = false;
	}
	return busy;
}
