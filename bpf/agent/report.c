// SPDX-License-Identifier: GPL-2.0-only
/* Reports go to the host through a virtio serial port, which hands them to a file there. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "agent.h"

#define PORT "/dev/vport0p1"

static int port = -1;
static unsigned char waiting[65536];
static size_t waiting_size;

static void send_bytes(const unsigned char *data, size_t size)
{
	while (size) {
		ssize_t sent = write(port, data, size);

		if (sent < 0 && errno != EINTR) {
			perror("kexec-agent: " PORT);
			reboot(RB_POWER_OFF);
		}
		if (sent > 0) {
			data += sent;
			size -= sent;
		}
	}
}

void flush_reports(void)
{
	send_bytes(waiting, waiting_size);
	waiting_size = 0;
}

static void add(const void *data, size_t size)
{
	if (size > sizeof(waiting) - waiting_size)
		flush_reports();
	if (size > sizeof(waiting)) {
		send_bytes(data, size);
		return;
	}
	memcpy(waiting + waiting_size, data, size);
	waiting_size += size;
}

/* The payload comes in two pieces, either of which may be empty. */
void report(enum report_kind kind, uint32_t id, const void *first, size_t first_size, const void *second,
	    size_t second_size)
{
	struct report head = { .kind = kind, .id = id, .size = first_size + second_size };

	add(&head, sizeof(head));
	if (first_size)
		add(first, first_size);
	if (second_size)
		add(second, second_size);
}

void report_text(enum report_kind kind, uint32_t id, const char *text)
{
	report(kind, id, text, strlen(text), NULL, 0);
}

/* The host announces the port while the guest is already running. */
void open_reports(void)
{
	for (int tries = 0; tries < 1000; tries++) {
		port = open(PORT, O_WRONLY | O_CLOEXEC);
		if (port >= 0)
			return;
		usleep(10000);
	}
	perror("kexec-agent: " PORT);
	reboot(RB_POWER_OFF);
	exit(1);
}

/* Ends the guest. What errno says is appended. */
void give_up(const char *format, ...)
{
	int error = errno;
	char text[512];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (length > 0 && (size_t)length < sizeof(text) && error)
		snprintf(text + length, sizeof(text) - length, ": %s", strerror(error));
	report_text(REPORT_TROUBLE, 0, text);
	flush_reports();
	reboot(RB_POWER_OFF);
	exit(1);
}
